import numpy as np
import pandas as pd
import pytest

from skscale.forecasting._time import TimeStep, calendar_features, detect_season, season_of_step

SEASONS = {
    "min": 1440, "10min": 144, "15min": 96, "30min": 48, "h": 24, "6h": 4, "D": 7, "B": 5,
    "W-MON": 52, "2W": 26, "MS": 12, "ME": 12, "2MS": 6, "QS": 4, "QE-OCT": 4, "YS": 1,
}  # fmt: skip


@pytest.mark.parametrize("freq", SEASONS)
def test_season_of_a_step(freq):
    assert season_of_step(pd.tseries.frequencies.to_offset(freq)) == SEASONS[freq]


@pytest.mark.parametrize("freq", [f for f in SEASONS if f != "min"])
def test_steps_there_and_back(freq):
    times = pd.date_range("2020-01-01", periods=40, freq=freq)
    step = TimeStep.of(pd.DatetimeIndex(times, freq=None), np.array([0, 40]))
    step.check_regular(times, np.array([0, 40]))
    assert list(step.shift(times[:30], 3)) == list(times[3:33])
    assert step.count(times[10], times).tolist() == list(range(-10, 30))
    assert step.with_freq(pd.DatetimeIndex(times[:5], freq=None)).freq == step.offset


@pytest.mark.parametrize("freq", ["15min", "h", "D", "B", "W-WED", "MS", "ME", "QE-NOV", "YE-JUN"])
def test_the_gap_is_named_whatever_the_step(freq):
    times = pd.date_range("2001-03-07", periods=60, freq=freq)
    uneven = pd.DatetimeIndex(times.delete([3, 31]), freq=None)
    ends = np.array([0, len(uneven)])
    with pytest.raises(ValueError, match=f"{times[2]} is followed by {times[4]}"):
        TimeStep.of(uneven, ends).check_regular(uneven, ends)


@pytest.mark.parametrize("freq", ["h", "D", "W-WED", "MS", "ME", "QE-NOV", "YS"])
def test_two_dates_tell_their_step(freq):
    times = pd.date_range("2001-03-07", periods=4, freq=freq)
    step = TimeStep.of(pd.DatetimeIndex(times[:2], freq=None), np.array([0, 2]))
    assert list(step.shift(times[:2], 2)) == list(times[2:])


@pytest.mark.parametrize("period", [4, 12, 24])
def test_season_found_in_the_data(period):
    t = np.arange(10 * period)
    noise = np.random.default_rng(0).normal(0, 0.2, len(t))
    assert detect_season(np.sin(2 * np.pi * t / period) + 0.1 * t + noise) == period


@pytest.mark.parametrize(
    "values", [np.arange(50.0), np.ones(50), np.ones(1), np.random.default_rng(0).normal(size=300)]
)
def test_no_season_where_none_is(values):
    assert detect_season(values) == 1


def test_calendar_features_are_bounded_and_follow_the_step():
    counts = {"10min": 5, "h": 4, "D": 3, "W-SUN": 1, "MS": 1, "QS": 1, "YS": 0}
    for freq, count in counts.items():
        times = pd.date_range("2019-12-31", periods=500, freq=freq)
        found = calendar_features(times, TimeStep.of(times, np.array([0, 500])))
        assert found.shape == (500, count)
        assert np.abs(found).max(initial=0) <= 0.5
    hours = pd.date_range("2020-01-01", periods=24, freq="h")
    first = calendar_features(hours, TimeStep.of(hours, np.array([0, 24])))[:, 0]
    np.testing.assert_allclose(first, np.arange(24) / 23 - 0.5)
