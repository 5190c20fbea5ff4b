"""Decompositions against NumPy and SciPy, and against what the published modules get wrong."""

import numpy as np
import pytest
import torch

from skscale.nn import DFTDecomposition, SeriesDecomposition


def _moving_average(x: np.ndarray, kernel_size: int) -> np.ndarray:
    before = (kernel_size - 1) // 2
    padded = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(before, kernel_size - 1 - before)], "edge")
    return np.lib.stride_tricks.sliding_window_view(padded, kernel_size, axis=-1).mean(-1)


@pytest.mark.parametrize("length", [1, 2, 7, 96, 97])
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 24, 25, 201])
def test_moving_average_repeats_the_ends(length, kernel_size):
    x = np.random.default_rng(0).normal(size=(2, 3, length))
    season, trend = SeriesDecomposition(kernel_size)(torch.from_numpy(x))
    np.testing.assert_allclose(trend, _moving_average(x, kernel_size), atol=1e-13)
    np.testing.assert_allclose(season + trend, x, atol=1e-13)


@pytest.mark.parametrize("length", [5, 24, 97])
def test_counts_are_multiples_of_season_and_trend(length):
    decomposition = SeriesDecomposition(7)
    x = torch.randn(3, length, dtype=torch.float64)
    for counts, part in zip(decomposition.counts(length), decomposition(x), strict=True):
        torch.testing.assert_close(x @ counts.double() / 7, part, atol=1e-13, rtol=0)


@pytest.mark.parametrize("length", [1, 2, 12, 97])
@pytest.mark.parametrize("top_k", [1, 3, 100])
def test_fourier_keeps_the_strongest_frequencies_of_each_series(length, top_k):
    x = np.random.default_rng(1).normal(size=(4, 3, length)) + 5
    spectrum = np.fft.rfft(x)
    amplitude = np.abs(spectrum)
    amplitude[..., 0] = -1
    rank = (-amplitude).argsort(-1).argsort(-1)
    kept = (rank < min(top_k, amplitude.shape[-1] - 1)) & (amplitude >= 0)
    expected = np.fft.irfft(np.where(kept, spectrum, 0), n=length)
    season, trend = DFTDecomposition(top_k)(torch.from_numpy(x))
    np.testing.assert_allclose(season, expected, atol=1e-12)
    np.testing.assert_allclose(season + trend, x, atol=1e-12)


def test_fourier_split_is_not_degenerate():
    """Published: trend all or nothing, `top_k` inert, results tied to the place in the batch."""
    time = torch.arange(48, dtype=torch.float64)
    x = 5 + torch.stack([torch.sin(time * torch.pi / k) for k in (3, 4, 6)])
    x = x + 0.1 * torch.cos(time * torch.pi / 2)
    one, two = DFTDecomposition(1), DFTDecomposition(2)
    season, trend = one(x)
    torch.testing.assert_close(trend.mean(-1), torch.full((3,), 5.0, dtype=torch.float64))
    assert (season - two(x)[0]).abs().max() > 0.05
    torch.testing.assert_close(one(x[1:2])[0], season[1:2])


@pytest.mark.parametrize("module", [SeriesDecomposition(5), DFTDecomposition(2)])
def test_gradients(module):
    torch.manual_seed(0)
    x = torch.randn(2, 12, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: module(x), (x,))
