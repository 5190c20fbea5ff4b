"""Seasons found in series without dates."""

import numpy as np
import pytest
from sktime.datasets import load_airline, load_lynx, load_PBS_dataset, load_solar

from skscale.forecasting._season import detect_season


def pattern(n, period, seed=0, noise=0.4):
    """Repeat a random pattern over a slow trend."""
    rng, t = np.random.default_rng(seed), np.arange(n)
    return 50 + rng.normal(0, 3, period)[t % period] + 0.02 * t + rng.normal(0, noise, n)


def walk(n, seed):
    return np.random.default_rng(seed).normal(size=n).cumsum()


@pytest.mark.parametrize("period", [4, 7, 12, 24, 48])
@pytest.mark.parametrize("n_seasons", [5, 11, 100, 2000])
def test_the_period_and_no_multiple_of_it(period, n_seasons):
    found = [detect_season(pattern(n_seasons * period, period, seed)) for seed in range(10)]
    assert found.count(period) >= 9


def test_a_noisy_wave_however_long():
    for n in (300, 5000, 100_000):
        t = np.arange(n)
        for seed in range(3):
            noise = np.random.default_rng(seed).normal(0, 0.3, n)
            assert detect_season(10 + 0.05 * t + 3 * np.sin(2 * np.pi * t / 12) + noise) == 12


@pytest.mark.parametrize(
    "values",
    [
        np.arange(50.0),
        np.arange(50.0) * 0.1 + 7,
        np.arange(300.0) ** 2,
        np.ones(50),
        np.ones(1),
        np.zeros(0),
        np.ones((20, 2)),
        np.random.default_rng(0).normal(size=300),
        walk(300, 0),
        walk(5000, 1),
        0.1 * np.arange(500) + np.random.default_rng(1).normal(size=500),
    ],
    ids=["line", "tenths", "parabola", "constant", "point", "nothing", "constants", "noise", "walk",
         "long walk", "noisy trend"],
)  # fmt: skip
def test_no_season_where_none_is(values):
    assert detect_season(values) == 1


def test_real_series():
    assert detect_season(load_airline().to_numpy()) == 12
    assert detect_season(load_lynx().to_numpy()) in (9, 10)  # a cycle of nine and a half years
    assert detect_season(load_solar().to_numpy().ravel()) == 48
    assert detect_season(load_PBS_dataset().to_numpy().ravel()) == 1  # its months differ too little


@pytest.mark.parametrize("place", [0, 3, 6])
def test_columns_without_a_season_decide_nothing(place):
    columns = [pattern(132, 12, seed) for seed in range(6)]
    columns.insert(place, walk(132, 77))
    columns.insert(place, np.full(132, 5.0))
    assert detect_season(np.column_stack(columns)) == 12
    assert detect_season(np.concatenate(columns), np.arange(0, 9 * 132, 132)) == 12


def test_one_clear_season_among_many_walks():
    columns = [walk(400, seed) for seed in range(20)]
    assert detect_season(np.column_stack([*columns, pattern(400, 24)])) == 24
    assert detect_season(np.column_stack(columns)) == 1


def test_the_unit_of_a_column_decides_nothing():
    columns = np.column_stack([1e200 * walk(200, 0), 1e-200 * pattern(200, 7), pattern(200, 7, 1)])
    assert detect_season(columns) == 7


def test_short_series_beside_long_ones():
    parts = [walk(30, seed) for seed in range(20)] + [pattern(480, 24)]
    ends = np.concatenate(([0], np.cumsum([len(part) for part in parts])))
    assert detect_season(np.concatenate(parts), ends) == 24


def test_series_that_agree_say_more_than_one():
    """Too noisy alone, clear together; the multiple that only the long ones reach is not taken."""
    parts = [pattern(n, 12, seed, noise=2.0) for seed, n in enumerate([60] * 20 + [240] * 3)]
    ends = np.concatenate(([0], np.cumsum([len(part) for part in parts])))
    assert detect_season(np.concatenate(parts), ends) == 12


def test_missing_values_are_passed_over():
    values = pattern(240, 12)
    values[::17] = np.nan
    assert detect_season(values) == 12
