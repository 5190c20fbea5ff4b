"""Bump weights, blends and forecastability."""

import math

import numpy as np
import pytest
import torch

from skscale import ops


def phi(u):
    return math.exp(-1 / (1 - u * u)) if abs(u) < 1 else 0.0


@pytest.mark.parametrize("scale", [1.0, 1.3, 2.0, 2.999, 4.5, 5.0])
def test_weights_are_those_of_appendix_d(scale):
    bumps = np.array([phi(scale - j) for j in range(1, 6)])
    result = ops.bump_weights(torch.tensor(scale, dtype=torch.float64), 5)
    np.testing.assert_allclose(result, bumps / bumps.sum(), atol=1e-15)


def test_weights_are_smooth_also_at_whole_scales():
    scale = torch.tensor([1.0, 1.5, 2.0, 2.001, 3.0], dtype=torch.float64, requires_grad=True)
    weights = ops.bump_weights(scale, 3)
    (gradient,) = torch.autograd.grad(weights[:, 1].sum(), scale)
    assert torch.isfinite(gradient).all()
    assert gradient[[0, 2, 4]].abs().max() == 0
    assert torch.autograd.gradcheck(
        lambda s: ops.bump_weights(s, 3), scale[1:2].detach().requires_grad_()
    )


@pytest.mark.parametrize("align", ["start", "end"])
@pytest.mark.parametrize("remainder", ["drop", "renormalise"])
def test_no_finer_cell_is_used_twice(align, remainder):
    for length in range(5, 60):
        for scale in range(1, length):
            fine, coarse = (
                ops.block_starts(length, s, remainder, align) for s in (scale, scale + 1)
            )
            cells = ops.nearest_cells(fine, scale, coarse, scale + 1)
            assert (cells.diff() > 0).all()
            assert cells.min() >= 0
            assert cells.max() < len(fine)


def test_a_finer_grid_than_the_fine_one_is_refused():
    with pytest.raises(ValueError, match="coarse must not have more cells"):
        ops.nearest_cells(range(0, 4, 2), 2, range(4), 1)


def test_forecastability_of_known_spectra():
    t = torch.arange(128, dtype=torch.float64)
    wave = torch.sin(2 * math.pi * t / 16)
    impulse = (t == 5).double()
    constant = torch.full_like(t, 7.3)
    result = ops.forecastability(torch.stack((wave, impulse, constant)), detrend="none")
    # Two lines of equal power, a flat spectrum, one line.
    expected = [1 - math.log(2) / math.log(128), 0.0, 1.0]
    np.testing.assert_allclose(result, expected, atol=1e-12)
    assert ops.forecastability(constant) == 1.0


def test_normalisations_differ_by_a_factor():
    x = torch.randn(4, 50, dtype=torch.float64)
    ratio = ops.forecastability(x, normalisation="density") / ops.forecastability(x)
    np.testing.assert_allclose(ratio, math.log(50) / math.log(2 * math.pi))


def test_forecastability_is_invariant_to_level_and_unit():
    x = torch.randn(4, 51, dtype=torch.float64).cumsum(-1)
    np.testing.assert_allclose(ops.forecastability(-3 * x + 100), ops.forecastability(x))


def test_linear_detrending_removes_a_line():
    x = torch.randn(4, 51, dtype=torch.float64)
    line = 20 * torch.linspace(0, 1, 51, dtype=torch.float64)
    same = ops.forecastability(x, "linear")
    np.testing.assert_allclose(ops.forecastability(x + line, "linear"), same)


def test_forecastability_has_gradients():
    x = torch.randn(2, 12, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(ops.forecastability, x)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.forecastability(torch.ones(3, 1)), "at least 2 time points, got 1"),
        (lambda: ops.forecastability(torch.ones(3), "quadratic"), "detrend must be one of"),
        (lambda: ops.forecastability(torch.ones(3), "mean", "log"), "normalisation must be one"),
    ],
)
def test_wrong_options_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_blend_with_nothing_is_the_other():
    fine, coarse = torch.tensor([1.0, torch.nan, 3.0]), torch.tensor([5.0, 6.0, torch.nan])
    cells = torch.tensor([0, 1, 2])
    found = ops.blend_scales(fine, coarse, cells, 1.5, ignore_nan=True)
    assert found.tolist() == [3.0, 6.0, 3.0]


def test_a_full_blend_weighs_what_is_there():
    outputs = {1: [1.0, torch.nan, torch.nan], 2: [3.0, 4.0, torch.nan]}
    found = ops.blend_full(lambda j: torch.tensor(outputs[j]), torch.tensor(1.5), ignore_nan=True)
    torch.testing.assert_close(found, torch.tensor([2.0, 4.0, torch.nan]), equal_nan=True)
