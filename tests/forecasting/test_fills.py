"""What stands for the missing values of columns."""

import numpy as np
import pandas as pd
import pytest

from skscale.forecasting import DLinearForecaster
from skscale.forecasting._gaps import filled, persistence_of
from skscale.forecasting._panel import Panel

from .conftest import wave

N, SEEN = 150, 140
TIMES = pd.period_range("2000-01", periods=N, freq="M")


def walk(persistence, n=N, seed=0):
    """Values of deviation one that keep a part of the one before."""
    steps = np.random.default_rng(seed).normal(size=n) * np.sqrt(1 - persistence**2)
    values = np.zeros(n)
    for i in range(1, n):
        values[i] = persistence * values[i - 1] + steps[i]
    return values


def test_a_missing_value_is_drawn_to_the_mean_step_by_step():
    nan = np.nan
    rows = np.array([[nan, 4.0], [2.0, nan], [nan, nan], [nan, 3.0], [nan, nan], [1.0, nan]])
    first = np.array([0, 0, 0, 0, 4, 4])[:, None]
    found = filled(rows, np.array([0.5, 1.0]), first)
    expected = [[0, 4], [2, 4], [1, 4], [0.5, 3], [0, 0], [1, 0]]
    np.testing.assert_allclose(found, expected)
    np.testing.assert_array_equal(filled(rows, np.zeros(2), first), np.nan_to_num(rows))


def test_persistence_is_the_correlation_with_the_row_before():
    parts = {i: pd.DataFrame({"y": np.zeros(600)}) for i in range(3)}
    panel = Panel.from_frames(pd.concat(parts, names=["id", "t"]))
    columns = [[walk(p, 600, i) for i in range(3)] for p in (0.0, 0.6, 0.95, -0.8)]
    rows = np.stack([np.concatenate(c) for c in columns] + [np.full(1800, np.nan)], axis=1)
    rows[::7, 1] = np.nan
    found = persistence_of([(panel, rows)])
    np.testing.assert_allclose(found, [0, 0.6, 0.95, 0, 1], atol=0.06)


def series_and_columns(persistence):
    X = pd.DataFrame({"x": walk(persistence), "z": walk(persistence, seed=1)}, TIMES)
    return pd.Series(50 + wave(N) + 5 * X["x"] + 2 * X["z"], TIMES, name="y"), X


def fitted(y, X):
    settings = {"max_epochs": 1, "random_state": 0, "pretrained": None}
    return DLinearForecaster(**settings).fit(y[:SEEN], X=X[:SEEN], fh=range(1, N - SEEN + 1))


@pytest.mark.parametrize("persistence", [0.0, 0.9])
def test_gaps_ahead_go_on_from_the_last_row(persistence):
    y, X = series_and_columns(persistence)
    forecaster = fitted(y, X)
    scale = forecaster.model_.columns.units
    keeps = scale.persistence[0]
    assert keeps == pytest.approx(persistence, abs=0.15)
    gaps = X[SEEN:].copy()
    gaps.iloc[[0, 1, 4], 0] = np.nan
    mean = X["x"][:SEEN].mean()
    last, fourth = X["x"].iloc[SEEN - 1] - mean, X["x"].iloc[SEEN + 3] - mean
    by_hand = gaps.copy()
    by_hand.iloc[[0, 1, 4], 0] = mean + np.array([last * keeps, last * keeps**2, fourth * keeps])
    found, expected = (forecaster.predict(X=rows) for rows in (gaps, by_hand))
    pd.testing.assert_series_equal(found, expected)


@pytest.mark.parametrize("share", [0.1, 0.4])
@pytest.mark.parametrize("persistence", [0.3, 0.99])
def test_effects_are_found_between_gaps(share, persistence):
    """Few are left out; of many, what was filled tells as well."""
    y, X = series_and_columns(persistence)
    gaps = np.random.default_rng(2).random(X.shape) < share
    effects = fitted(y, X.mask(gaps)).model_.effects.known[0, :, 0]
    np.testing.assert_allclose(effects, [5, 2], rtol=0.05 if share < 0.2 else 0.5)
