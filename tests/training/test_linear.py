from dataclasses import replace

import numpy as np
import pytest
import torch

from skscale.nn import LinearForecast, reference_maps
from skscale.training import SeriesBuffer, Windows, fit_linear_maps, linear

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


def plain_ridge(series, prior, penalty, first=L):
    """The normal equations, window by window; padding repeats the first value."""
    gram, cross, count = np.zeros((L, L)), np.zeros((L, T)), 0
    for one in series:
        values = np.asarray(one, dtype=np.float32).astype(np.float64)
        for cut in range(first, len(values) - T + 1):
            observed, y = values[max(cut - L, 0) : cut], values[cut : cut + T]
            if len(observed) < 2:
                continue
            y, observed = y - observed.mean(), observed - observed.mean()
            x = np.concatenate([np.full(L - len(observed), observed[0]), observed])
            spread = np.sqrt((x**2).mean())
            residual = y - prior @ x
            gram += np.outer(x, x) / spread**2
            cross += np.outer(x, residual) / spread**2
            count += 1
    return prior + np.linalg.solve(gram / count + penalty * np.eye(L), cross / count).T


@pytest.mark.parametrize("first", [L, 1], ids=["whole windows", "padded windows"])
@pytest.mark.parametrize("values_at_once", [1, 60, 10**6])
def test_equals_the_normal_equations(monkeypatch, first, values_at_once):
    monkeypatch.setattr(linear, "_VALUES_AT_ONCE", values_at_once)
    series = [noise(40), 5 + 100 * noise(25, 1)]
    prior = naive().numpy()
    found = fit_linear_maps(windows_of(*series, first=first), naive(), [0.1, 2.0])
    for weight, penalty in zip(found, [0.1, 2.0], strict=True):
        expected = plain_ridge(series, prior, penalty, first)
        np.testing.assert_allclose(weight, expected, rtol=1e-4, atol=1e-5)


def test_channels_are_rows_of_their_own():
    one, two = noise(40), 5 + 100 * noise(40, 1)
    pair = torch.ones(1, 2, dtype=torch.float64)
    values = torch.tensor(np.stack([one, two], 1), dtype=torch.float32)
    cuts = torch.tensor([L]), torch.tensor([40 - T])
    both = Windows(SeriesBuffer(values, torch.tensor([0, 40]), 0 * pair, pair), L, T, *cuts)
    (found,) = fit_linear_maps(both, naive(), [0.1])
    np.testing.assert_allclose(found, plain_ridge([one, two], naive().numpy(), 0.1), atol=1e-5)


def test_very_many_windows_count_in_part(monkeypatch):
    """Windows of a sine are alike, whichever are taken; noise would tell them apart."""
    monkeypatch.setattr(linear, "_FEWEST_WINDOWS", 1)
    for series, alike in ((np.sin(np.arange(600.0)), True), (noise(600), False)):
        monkeypatch.setattr(linear, "_MOST_ROWS", 10_000)
        (whole,) = fit_linear_maps(windows_of(series), naive(), [0.1])
        monkeypatch.setattr(linear, "_MOST_ROWS", 100)
        (part,) = fit_linear_maps(windows_of(series), naive(), [0.1])
        assert ((part - whole).abs().max() < 0.02) == alike


def test_short_series_learn_from_their_padded_windows():
    """Series shorter than the context that alternate: the next value is the one before the last."""
    signs = [np.tile([1.0, -1.0], 4)[k : k + L + T - 1] + noise(L + T - 1, k) / 10 for k in (0, 1)]
    (found,) = fit_linear_maps(windows_of(*signs * 10, first=2), naive(), [0.01])
    window = torch.tensor([1.0, 1.0, -1.0, 1.0])  # the first is padding
    np.testing.assert_allclose(found @ window, [-1.0, 1.0, -1.0], atol=0.4)


def test_a_large_penalty_gives_the_prior():
    (weight,) = fit_linear_maps(windows_of(noise(40)), naive(), [1e9])
    torch.testing.assert_close(weight, naive().float())


def test_steps_that_short_series_do_not_show_are_learned_from_the_others():
    """One long series, and a hundred of which only the first step ahead is known."""
    long, short = noise(60), [noise(L + 1, seed) for seed in range(1, 101)]
    lengths = torch.tensor([60] + [L + 1] * 100)
    last = torch.tensor([60 - T] + [L] * 100)
    both = Windows(buffer_of(long, *short), L, T, torch.full_like(lengths, L), last)
    (found,) = fit_linear_maps(both, naive(), [0.1])
    alone = plain_ridge([long], naive().numpy(), 0.1)
    np.testing.assert_allclose(found[1:], alone[1:], rtol=1e-4, atol=1e-5)
    assert np.abs(found[0].numpy() - alone[0]).max() > 0.01


def test_many_channels_take_little_memory():
    """A pass of 1,024 windows of 200 channels would be 150 MB in float32, twice that in float64."""
    sizes = []

    class Watched(Windows):
        def at(self, series, cut):
            sizes.append(len(series) * self.sample_size)
            return super().at(series, cut)

    n, channels = 1200, 200
    values, unit = torch.zeros(n, channels), torch.ones(1, channels)
    buffer = SeriesBuffer(values, torch.tensor([0, n]), 0 * unit, unit)
    fit_linear_maps(Watched(buffer, L, T, torch.tensor([L]), torch.tensor([n - T])), naive(), [0.1])
    assert max(sizes) <= 2**18


def test_without_a_window_that_counts_the_prior_stays():
    """One point of context tells nothing, and no other window observes its whole target."""
    (weight,) = fit_linear_maps(windows_of(noise(1 + T), first=1), naive(), [0.1])
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


def gappy(share, *series, length=L):
    """Windows with a share of the values missing; 1e9 stands there."""
    buffer = buffer_of(*series)
    observed = torch.from_numpy(np.random.default_rng(0).random(buffer.values.shape) > share)
    buffer = replace(buffer, values=buffer.values.masked_fill(~observed, 1e9), observed=observed)
    first = torch.full_like(buffer.lengths, length)
    return Windows(buffer, length, T, first, buffer.lengths - T)


@pytest.mark.parametrize(("share", "tolerance"), [(0.0, 1e-6), (0.1, 0.25), (0.3, 0.65)])
def test_a_season_is_learned_through_gaps(share, tolerance):
    """A sine goes on, nearly, by what gappy windows give; the last value would be 0.85 off."""
    series = [np.sin(np.arange(400.0) / 2 + phase) for phase in range(4)]
    (whole,) = fit_linear_maps(windows_of(*series), naive(), [0.003])
    (found,) = fit_linear_maps(gappy(share, *series), naive(), [0.003])
    window = torch.sin(torch.arange(L) / 2.0).reshape(1, L, 1)
    ahead = torch.sin((L + torch.arange(T)) / 2.0)
    whole, found = (LinearForecast(weight, 1)(window).flatten() for weight in (whole, found))
    assert (whole - ahead).abs().max() < 0.1
    assert (found - whole).abs().max() <= tolerance


def test_contexts_with_few_values_do_not_count():
    """Some of a walk's last values: lines and constants, whose deviations divide by little."""
    prior = reference_maps(24, T, 1)["naive"]
    windows = gappy(0.9, noise(300).cumsum(), length=24)
    (found,) = fit_linear_maps(windows, prior, [0.003])
    assert (found - prior).abs().sum(dim=1).max() < 5  # 160 with all that show two values


def test_a_series_of_weight_two_counts_twice():
    one, other = noise(30), noise(20, seed=1)
    twice = fit_linear_maps(windows_of(one, other, other), naive(), [0.1])[0]
    windows = windows_of(one, other)
    windows.buffer = replace(windows.buffer, weight=torch.tensor([[1.0] * T, [1.5, 2.0, 2.5]]))
    torch.testing.assert_close(fit_linear_maps(windows, naive(), [0.1])[0], twice)


def test_series_without_weight_leave_the_prior():
    windows = windows_of(noise(30))
    windows.buffer = replace(windows.buffer, weight=torch.zeros(1, T))
    torch.testing.assert_close(fit_linear_maps(windows, naive(), [0.1])[0], naive().float())
