"""Attention within segments is that of every segment alone."""

import pytest
import torch

from skscale.nn.layers.attend import Segments, attend


def draw():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(3, 5, 2, 40, 4, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("causal", [True, False])
def test_segments_are_alone(causal):
    q, k, v = draw()
    found = attend(q, k, v, Segments([7, 18, 40], [2, 1, 2], causal), 0.0)
    for row, points in enumerate((7, 7, 18, 40, 40)):
        for start in range(0, 40, points):
            one, keys, values = (t[row, :, start : start + points] for t in (q, k, v))
            scores = one @ keys.transpose(1, 2) / 2
            if causal:
                later = torch.ones(scores.shape[1:], dtype=torch.bool).triu(1)
                scores = scores.masked_fill(later, -torch.inf)
            expected = scores.softmax(-1) @ values
            torch.testing.assert_close(found[row, :, start : start + points], expected)


def test_dropped_weights_keep_their_mean():
    q, k, v = draw()
    segments = Segments([4, 40], [2, 3], True)
    torch.manual_seed(0)
    found = torch.stack([attend(q, k, v, segments, 0.2) for _ in range(400)]).mean(0)
    assert (found - attend(q, k, v, segments, 0.0)).abs().mean() < 0.05
    assert not torch.equal(found, attend(q, k, v, segments, 0.0))
