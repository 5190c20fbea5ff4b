"""Pooling, subsampling and segmentation beside plain NumPy, and their refusals."""

import numpy as np
import pytest
import torch

from skscale import ops

X = np.random.default_rng(0).normal(size=(3, 14))
REDUCTIONS = {"average_pool": np.mean, "max_pool": np.max, "min_pool": np.min}


def blocks(x, scale, remainder, align):
    """The definition of Table 1, block by block."""
    n, length = x.shape[-1] // scale, x.shape[-1]
    rest = length % scale
    if align == "end":
        return [b[..., ::-1] for b in blocks(x[..., ::-1], scale, remainder, "start")][::-1]
    cut = [x[..., k * scale : (k + 1) * scale] for k in range(n)]
    if rest and remainder != "drop":
        tail = x[..., n * scale :]
        missing = scale - rest
        modes = {"zero": "constant", "reflect": "symmetric", "replicate": "edge"}
        if remainder in modes:
            tail = np.pad(x, ((0, 0), (0, missing)), modes[remainder])[..., n * scale :]
        cut.append(tail)
    return cut


@pytest.mark.parametrize("align", ["start", "end"])
@pytest.mark.parametrize("remainder", ["drop", "renormalise", "zero", "reflect", "replicate"])
@pytest.mark.parametrize("scale", [1, 2, 3, 4, 9, 14])
@pytest.mark.parametrize("name", REDUCTIONS)
def test_pooling_is_the_reduction_of_every_block(name, scale, remainder, align):
    expected = [REDUCTIONS[name](b, -1) for b in blocks(X, scale, remainder, align)]
    result = getattr(ops, name)(torch.from_numpy(X), scale, remainder, align)
    np.testing.assert_allclose(result, np.stack(expected, -1), atol=1e-14)


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("remainder", ["drop", "renormalise", "zero", "replicate"])
def test_missing_points_are_left_out(name, remainder):
    x = X.copy()
    x[0, :3] = np.nan
    x[1, 4] = np.nan
    reductions = {"average_pool": np.nanmean, "max_pool": np.nanmax, "min_pool": np.nanmin}
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning):
        expected = [reductions[name](b, -1) for b in blocks(x, 3, remainder, "start")]
    result = getattr(ops, name)(torch.from_numpy(x), 3, remainder, ignore_nan=True)
    np.testing.assert_allclose(result, np.stack(expected, -1), atol=1e-14)


@pytest.mark.parametrize(
    ("align", "remainder", "expected"),
    [
        ("start", "drop", [0, 4, 8]),
        ("start", "keep", [0, 4, 8, 12]),
        ("end", "drop", [5, 9, 13]),
        ("end", "keep", [1, 5, 9, 13]),
    ],
)
def test_subsampling_picks_these_points(align, remainder, expected):
    assert ops.subsample(torch.arange(14), 4, remainder, align).tolist() == expected


@pytest.mark.parametrize(
    ("align", "remainder", "expected"),
    [
        ("start", "drop", range(4)),
        ("start", "keep", range(5)),
        ("end", "drop", range(10, 14)),
        ("end", "keep", range(9, 14)),
    ],
)
def test_segmentation_keeps_these_points(align, remainder, expected):
    assert ops.segment(torch.arange(14), 3, remainder, align).tolist() == list(expected)


@pytest.mark.parametrize("align", ["start", "end"])
@pytest.mark.parametrize("remainder", ["drop", "renormalise"])
@pytest.mark.parametrize("scale", [1, 3, 5, 14])
def test_pooling_undoes_hold(scale, remainder, align):
    starts = ops.block_starts(14, scale, remainder, align)
    coarse = torch.randn(2, len(starts), dtype=torch.float64)
    full = ops.hold(coarse, starts, 14)
    torch.testing.assert_close(ops.average_pool(full, scale, remainder, align), coarse)


@pytest.mark.parametrize("scale", [0, -1, 2.5, True, "2", None, float("nan"), float("inf")])
def test_scale_must_be_a_whole_number(scale):
    with pytest.raises(ValueError, match="scale must be a whole number >= 1"):
        ops.average_pool(torch.from_numpy(X), scale)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ops.max_pool(x, 15), "scale=15 is larger than the series: n_features = 14"),
        (lambda x: ops.average_pool(x, 3, "keep"), "remainder must be one of 'drop'"),
        (lambda x: ops.average_pool(x, 3, "error"), "the length 14 is not a multiple of scale=3"),
        (lambda x: ops.subsample(x, 3, "zero"), "remainder must be one of 'drop', 'error', 'keep'"),
        (lambda x: ops.segment(x, 3, align="middle"), "align must be one of 'start', 'end'"),
        (lambda x: ops.extend(x, 1, 1, "wrap"), "edges must be one of 'zero'"),
    ],
)
def test_wrong_options_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(torch.from_numpy(X))


@pytest.mark.parametrize("name", [*REDUCTIONS, "subsample", "segment"])
def test_gradients(name):
    x = torch.from_numpy(X[:, :7]).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: getattr(ops, name)(x, 3), x)


@pytest.mark.parametrize(
    ("edges", "mode"), [("reflect", "symmetric"), ("replicate", "edge"), ("periodic", "wrap")]
)
def test_extension_may_exceed_the_length(edges, mode):
    x = torch.arange(3.0)
    np.testing.assert_array_equal(ops.extend(x, 7, 8, edges), np.pad(x.numpy(), (7, 8), mode))
