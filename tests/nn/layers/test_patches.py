import pytest
import torch

from skscale.nn.layers.patches import count_patches, unfold_patches

SIZES = [(12, 4, 4, 0), (13, 4, 3, 0), (13, 4, 3, 3), (5, 8, 4, 4), (1, 2, 1, 1), (7, 2, 5, 5)]


def by_hand(x, length, stride, padding):
    """Every patch that fits, point by point."""
    points = [*x.unbind(-1)] + [x[..., -1]] * padding
    starts = range(0, len(points) - length + 1, stride)
    return torch.stack([torch.stack(points[s : s + length], -1) for s in starts], dim=-2)


@pytest.mark.parametrize("sizes", SIZES)
def test_patches_by_hand(sizes):
    time, length, stride, padding = sizes
    x = torch.randn(2, 3, time, dtype=torch.float64)
    patches = unfold_patches(x, length, stride, padding)
    assert torch.equal(patches, by_hand(x, length, stride, padding))
    assert patches.shape == (2, 3, count_patches(time, length, stride, padding), length)


@pytest.mark.parametrize("time", range(1, 20))
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_the_newest_point_is_in_a_patch_if_the_stride_is_padded(time, stride):
    x = torch.zeros(time)
    x[-1] = 1.0
    length = min(4, time + stride)
    assert unfold_patches(x, length, stride, padding=stride).any()


def test_a_window_without_room_for_a_patch_is_named():
    message = "patch_length must be at most 9 for 6 points, the last of them repeated 3 times; got"
    with pytest.raises(ValueError, match=message):
        count_patches(6, length=10, stride=3, padding=3)
    with pytest.raises(ValueError, match="width must be at most 6"):
        count_patches(6, length=7, stride=1, name="width")
