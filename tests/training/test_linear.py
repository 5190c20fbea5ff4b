import numpy as np
import pytest
import torch

from skscale.nn import reference_maps
from skscale.training import SeriesBuffer, Windows, fit_linear_maps

L, T = 4, 3


def buffer_of(*series):
    values = torch.tensor(np.concatenate(series), dtype=torch.float32).reshape(-1, 1)
    offsets = torch.tensor([0, *np.cumsum([len(one) for one in series])])
    one = torch.ones(len(series), 1, dtype=torch.float64)
    return SeriesBuffer(values, offsets, 0 * one, one)


def windows_of(*series, first=L):
    lengths = torch.tensor([len(one) for one in series])
    return Windows(buffer_of(*series), L, T, torch.full_like(lengths, first), lengths - T)


def noise(n, seed=0):
    return np.random.default_rng(seed).normal(size=n)


def naive():
    return reference_maps(L, T, 1)["naive"]


def plain_ridge(series, prior, penalty):
    """The normal equations, window by window."""
    gram, cross, count = np.zeros((L, L)), np.zeros((L, T)), 0
    for one in series:
        values = np.asarray(one, dtype=np.float32).astype(np.float64)
        for cut in range(L, len(values) - T + 1):
            x, y = values[cut - L : cut], values[cut : cut + T]
            x, y = x - x.mean(), y - x.mean()
            spread = np.sqrt((x**2).mean())
            residual = y - prior @ x
            gram += np.outer(x, x) / spread**2
            cross += np.outer(x, residual) / spread**2
            count += 1
    return prior + np.linalg.solve(gram / count + penalty * np.eye(L), cross / count).T


def test_equals_the_normal_equations():
    series = [noise(40), 5 + 100 * noise(25, 1)]
    prior = naive().numpy()
    found = fit_linear_maps(windows_of(*series), naive(), [0.1, 2.0], batch_size=7)
    for weight, penalty in zip(found, [0.1, 2.0], strict=True):
        np.testing.assert_allclose(
            weight, plain_ridge(series, prior, penalty), rtol=1e-4, atol=1e-5
        )


def test_a_large_penalty_gives_the_prior():
    (weight,) = fit_linear_maps(windows_of(noise(40)), naive(), [1e9])
    torch.testing.assert_close(weight, naive().float())


def test_padded_windows_are_left_out():
    series = noise(40)
    whole = fit_linear_maps(windows_of(series), naive(), [0.1])
    padded = fit_linear_maps(windows_of(series, first=1), naive(), [0.1])
    torch.testing.assert_close(padded, whole)


def test_no_whole_window_gives_the_prior():
    (weight,) = fit_linear_maps(windows_of(noise(L + T - 1), first=1), naive(), [0.1])
    torch.testing.assert_close(weight, naive().float())


def test_a_jump_out_of_a_flat_context_counts_little():
    """Its residual is 10,000 times its context's deviation: unbounded, it would rule."""
    jump = np.concatenate([1e-2 * noise(L, 3), np.full(T, 100.0)])
    series = [np.sin(np.arange(200.0))] * 20
    (clean,) = fit_linear_maps(windows_of(*series), naive(), [0.01])
    (found,) = fit_linear_maps(windows_of(*series, jump), naive(), [0.01])
    assert (found - clean).abs().max() < 0.1 * clean.abs().max()


@pytest.mark.parametrize("season", [1, 2])
def test_reference_maps_by_hand(season):
    maps = reference_maps(L, T, season)
    window = torch.tensor([1.0, 5.0, 2.0, 6.0], dtype=torch.float64)
    expected = [6.0, 6.0, 6.0] if season == 1 else [2.0, 6.0, 2.0]
    assert (maps["seasonal_naive"] @ window).tolist() == expected
    assert (maps["naive"] @ window).tolist() == [6.0, 6.0, 6.0]
    for weight in maps.values():  # forecasts move with the series
        torch.testing.assert_close(weight.sum(1), torch.ones(T, dtype=torch.float64))
