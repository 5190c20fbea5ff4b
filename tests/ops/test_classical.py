"""Textbook forecasts against plain loops over one series, and on inputs that break such code."""

import itertools

import numpy as np
import pytest
import torch

from skscale.ops import damped_line, seasonal_naive, theta_line
from skscale.ops.classical import textbook_lines
from skscale.ops.seasonal import seasonal_indices

LEVEL = (0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0)
TREND = (0.0, 0.1, 0.3)
DAMPING = (0.8, 0.9, 0.95, 0.98)
METHODS = [seasonal_naive, theta_line, damped_line]


def all_observed(x):
    return torch.ones(x.shape, dtype=torch.bool)


def one(method, y, season=1, horizon=6):
    """Forecast of one series without padding."""
    x = torch.tensor(np.asarray(y, dtype=float)[None])
    return method(x, all_observed(x), season, horizon)[0].numpy()


def seasonal_series(n, season, seed=0, level=50.0):
    """A trend, a season in proportion to the level, and noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    pattern = 1 + 0.3 * np.sin(2 * np.pi * np.arange(season) / season)
    return (level + 0.2 * t) * pattern[t % season] + rng.normal(size=n)


def plain_trend(y, season):
    """Centred moving average by loops, continued at both ends."""
    half, n = season // 2, len(y)
    inner = {}
    for t in range(half, n - half):
        window = y[t - half : t + half + 1]
        total = sum(window) - ((window[0] + window[-1]) / 2 if season % 2 == 0 else 0)
        inner[t] = total / season
    first, last = min(inner), max(inner)
    slope = (inner[last] - inner[first]) / max(last - first, 1)
    nearest = [min(max(t, first), last) for t in range(n)]
    return [inner[p] + slope * (t - p) for t, p in enumerate(nearest)]


def plain_means(d, season):
    """Mean of each phase, shrunk by the F ratio."""
    n = len(d)
    members = [[d[t] for t in range(n) if (t - n) % season == p] for p in range(season)]
    means = [sum(m) / len(m) for m in members]
    means = [m - sum(means) / season for m in means]
    within = sum((d[t] - means[(t - n) % season]) ** 2 for t in range(n)) / max(n - season - 1, 1)
    between = sum(m * m * len(g) for m, g in zip(means, members, strict=True)) / (season - 1)
    return [max(0.0, 1 - within / between) * m for m in means]


def plain_indices(y, season):
    """Indices from the first step ahead, and whether they are factors."""
    if season == 1 or len(y) < 2 * season:
        return [0.0] * season, False
    trend = plain_trend(y, season)
    if min(y) > 0 and min(trend) > 0:
        ratios = plain_means([v / t - 1 for v, t in zip(y, trend, strict=True)], season)
        if min(ratios) + 1 > 0.1:
            return [1 + r for r in ratios], True
    return plain_means([v - t for v, t in zip(y, trend, strict=True)], season), False


def plain_forecast(y, season, horizon, line):
    """Deseasonalise, forecast with ``line``, put the season back."""
    indices, multiplicative = plain_indices(y, season)
    parts = [indices[(t - len(y)) % season] for t in range(len(y))]
    z = [v / p if multiplicative else v - p for v, p in zip(y, parts, strict=True)]
    found = line(z, season, horizon)
    ahead = [indices[h % season] for h in range(horizon)]
    return [v * p if multiplicative else v + p for v, p in zip(found, ahead, strict=True)]


def by_likelihood(candidates, n):
    """Mean of forecasts (errors, forecast), weighted by errors ** (-n / 2)."""
    least = min(errors for errors, _ in candidates)
    weights = [(errors / least) ** (-n / 2) for errors, _ in candidates]
    columns = zip(*(forecast for _, forecast in candidates), strict=True)
    return [sum(w * v for w, v in zip(weights, c, strict=True)) / sum(weights) for c in columns]


def plain_theta(z, season, horizon):
    n = len(z)
    slope = np.polyfit(np.arange(n), z, 1)[0] / 2
    candidates = []
    for alpha in LEVEL:
        level, errors = z[0], 0.0
        for value in z[1:]:
            errors += (value - level) ** 2
            level += alpha * (value - level)
        lag = (1 - (1 - alpha) ** n) / alpha
        candidates.append((errors, [level + slope * (h + lag) for h in range(horizon)]))
    return by_likelihood(candidates, n)


def plain_damped(z, season, horizon):
    n = len(z)
    first = np.mean(np.diff(z)[:4]) if season == 1 else 0.0
    candidates = []
    for alpha, beta, phi in itertools.product(LEVEL, TREND, DAMPING):
        level, slope, errors = z[0], first, 0.0
        for value in z[1:]:
            error = value - level - phi * slope
            errors += error**2
            level += phi * slope + alpha * error
            slope = phi * slope + alpha * beta * error
        sums = np.cumsum([phi**h for h in range(1, horizon + 1)])
        candidates.append((errors, [level + slope * s for s in sums]))
    return by_likelihood(candidates, n)


@pytest.mark.parametrize(
    ("method", "line"), [(theta_line, plain_theta), (damped_line, plain_damped)]
)
@pytest.mark.parametrize(
    ("y", "season"),
    [
        (seasonal_series(40, 1), 1),
        (seasonal_series(48, 4), 4),
        (seasonal_series(50, 7), 7),
        (seasonal_series(48, 4) - 60, 4),
        (np.random.default_rng(1).normal(size=40), 4),
        (np.array([3.0, 5.0, 4.0]), 4),
        (seasonal_series(8, 4), 4),
        (seasonal_series(15, 7), 7),
    ],
    ids=[
        "trend",
        "factors",
        "odd season",
        "summands",
        "no season",
        "three points",
        "two seasons",
        "two odd seasons",
    ],
)
def test_forecasts_equal_the_plain_form(method, line, y, season):
    expected = plain_forecast(list(y), season, 6, line)
    np.testing.assert_allclose(one(method, y, season), expected, rtol=1e-8)


def test_seasonal_naive_repeats_the_last_season_or_the_last_value():
    y = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert one(seasonal_naive, y, 3, 5).tolist() == [3.0, 4.0, 5.0, 3.0, 4.0]
    assert one(seasonal_naive, y, 9, 2).tolist() == [5.0, 5.0]


@pytest.mark.parametrize("method", METHODS)
def test_padding_and_batch_mates_change_nothing(method):
    long, short = seasonal_series(60, 4), seasonal_series(30, 4, seed=1)
    x = torch.full((2, 60), 1e6, dtype=torch.float64)
    x[0], x[1, 30:] = torch.tensor(long), torch.tensor(short)
    mask = all_observed(x)
    mask[1, :30] = False
    found = method(x, mask, 4, 6).numpy()
    np.testing.assert_allclose(found[0], one(method, long, 4), rtol=1e-10)
    np.testing.assert_allclose(found[1], one(method, short, 4), rtol=1e-10)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scale", [1e-200, 1e-3, 1e12, 1e300])
def test_units_do_not_matter(method, scale):
    y = seasonal_series(48, 4)
    np.testing.assert_allclose(one(method, y * scale, 4), one(method, y, 4) * scale, rtol=1e-8)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("value", [0.0, -2.5, 1e12, 1e-300])
@pytest.mark.parametrize("n", [1, 3, 30])
def test_a_constant_is_forecast_as_itself(method, value, n):
    assert one(method, [value] * n, 4).tolist() == [value] * 6


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "y",
    [
        [1.0, 1e300, -1e300] * 10,
        [1e-300, 1.0, 1e-12, 1e12] * 10,
        [1.7e308, -1.7e308, 1.7e308],
        [0.0] * 30 + [1.0],
    ],
    ids=["alternating", "positive", "largest numbers", "one jump"],
)
def test_forecasts_are_finite(method, y):
    assert np.isfinite(one(method, y, 4, horizon=50)).all()


def test_a_line_goes_on():
    y = 10 + 2.0 * np.arange(40)
    np.testing.assert_allclose(one(damped_line, y, 1, 3), [90.0, 91.9, 93.7], atol=0.2)
    # Half the slope, as the Theta method has it.
    np.testing.assert_allclose(np.diff(one(theta_line, y, 1, 3)), [1.0, 1.0], rtol=1e-6)


@pytest.mark.parametrize("shift", [0.0, -60.0], ids=["factors", "summands"])
def test_indices_of_a_clean_season_are_found(shift):
    pattern = np.array([1.3, 0.9, 0.7, 1.1])
    y = torch.tensor(50 * np.tile(pattern, 10) + shift)[None]
    found = seasonal_indices(y, all_observed(y), 4)
    assert bool(found.multiplicative) is (shift == 0)
    expected = pattern if shift == 0 else 50 * (pattern - 1)
    np.testing.assert_allclose(found.indices[0], expected, rtol=1e-10)


def test_a_season_in_noise_is_shrunk():
    y = torch.tensor(np.random.default_rng(0).normal(size=(200, 60)))
    found = seasonal_indices(y, all_observed(y), 4).indices
    plain = y.reshape(200, 15, 4).mean(1)  # four means of 15 values, their spread all noise
    assert (found == 0).all(1).double().mean() > 0.4
    assert found.square().mean() < 0.3 * (plain - plain.mean(1, keepdim=True)).square().mean()


def test_float32_stays_float32():
    x = torch.tensor(seasonal_series(48, 4), dtype=torch.float32)[None]
    for method in METHODS:
        found = method(x, all_observed(x), 4, 6)
        assert found.dtype == torch.float32
        np.testing.assert_allclose(found[0], one(method, x[0].numpy(), 4), rtol=1e-3)


def test_both_lines_at_once_are_the_lines():
    y = torch.rand(3, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).cumsum(1)
    mask = torch.arange(40) >= torch.tensor([[0], [9], [37]])
    for season in (1, 4):
        found = textbook_lines(y, mask, season, 6)
        for place, line in enumerate((theta_line, damped_line)):
            assert torch.equal(found[:, place], line(y, mask, season, 6))
