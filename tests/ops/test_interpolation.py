import pytest
import torch
from torch.nn.functional import interpolate

from skscale.ops import interpolation_matrix


@pytest.mark.parametrize("n_knots", [1, 2, 3, 7, 24])
@pytest.mark.parametrize("n_points", [1, 2, 5, 24, 97])
def test_rows_are_those_of_torchs_interpolation(n_knots, n_points):
    knots = torch.randn(n_knots, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    row = knots[None, None]
    expected = {
        "linear": interpolate(row, n_points, mode="linear")[0, 0],
        "nearest": interpolate(row, n_points, mode="nearest")[0, 0],
        "cubic": interpolate(row[:, :, None], (1, n_points), mode="bicubic")[0, 0, 0],
    }
    for method, values in expected.items():
        found = interpolation_matrix(n_knots, n_points, method) @ knots
        torch.testing.assert_close(found, values, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("method", ["linear", "nearest", "cubic"])
def test_a_constant_stays_one(method):
    total = interpolation_matrix(5, 12, method).sum(1)
    torch.testing.assert_close(total, torch.ones(12, dtype=torch.float64))


@pytest.mark.parametrize("method", ["spline", None, 1])
def test_unknown_methods_are_named(method):
    with pytest.raises(ValueError, match="method must be one of 'linear', 'nearest', 'cubic'"):
        interpolation_matrix(2, 4, method)
