"""Steps, gaps, horizons and calendars of every kind of index."""

import numpy as np
import pandas as pd
import pytest
from pandas.tseries import offsets

from skscale.forecasting._calendar import calendar_features
from skscale.forecasting._time import TimeStep

MON_SAT = offsets.CustomBusinessDay(weekmask="Mon Tue Wed Thu Fri Sat")
TRADING = offsets.CustomBusinessDay(holidays=["2023-12-25", "2024-01-01"])
STEPS = [
    "s", "10min", "h", "6h", "bh", "D", "B", "W-MON", "2W", "SMS", "MS", "ME", "BME", "2MS", "QS",
    "QE-OCT", "BQE", "YS", "BYE", "WOM-3FRI", "LWOM-FRI", "RE-N-JAN-FRI", MON_SAT, TRADING,
    offsets.Easter(), pd.DateOffset(months=1), pd.DateOffset(hours=6),
]  # fmt: skip


def one(times):
    """Offsets of a single series."""
    return np.array([0, len(times)])


def without_freq(times):
    return pd.DatetimeIndex(times, freq=None)


@pytest.mark.parametrize("freq", STEPS, ids=str)
def test_steps_there_and_back(freq):
    times = pd.date_range("2020-01-15", periods=40, freq=freq)
    for step in (
        TimeStep.of(times, one(times)),
        TimeStep.of(without_freq(times), one(times), freq),
    ):
        step.check_regular(times, one(times))
        assert list(step.shift(times[:30], 3)) == list(times[3:33])
        assert step.count(times[10], times).tolist() == list(range(-10, 30))
        ahead = step.after(times[[5, 8]], np.array([[1, 4, -2], [0, 2, 30]]))
        assert list(ahead) == list(times[[6, 9, 3, 8, 10, 38]])
        assert step.with_freq(without_freq(times[:5])).freq == step.offset


@pytest.mark.parametrize(
    "times",
    [
        pd.period_range("2020-01", periods=40, freq="2M"),
        pd.RangeIndex(3, 43),
        pd.Index(np.arange(40), dtype="uint8"),
    ],
    ids=str,
)
def test_periods_and_integers_there_and_back(times):
    step = TimeStep.of(times, one(times))
    step.check_regular(times, one(times))
    assert list(step.shift(times[:30], 3)) == list(times[3:33])
    assert step.count(times[10], times).tolist() == list(range(-10, 30))
    assert list(step.after(times[[5, 8]], np.array([[1], [-3]]))) == list(times[[6, 5]])


def test_small_integers_do_not_wrap_around():
    times = pd.Index([125, 126, 127], dtype="int8")
    step = TimeStep.of(times, one(times))
    assert step.shift(times, 2).tolist() == [127, 128, 129]
    assert step.count(127, pd.Index([128, 300])).tolist() == [1, 173]
    falling = pd.Index([2, 1], dtype="uint8")
    with pytest.raises(ValueError, match="1 stands behind 2"):
        step.check_regular(falling, one(falling))


@pytest.mark.parametrize("freq", ["15min", "h", "D", "B", "W-WED", "MS", "ME", "QE-NOV", "YE-JUN"])
def test_the_gap_is_named_whatever_the_step(freq):
    times = pd.date_range("2001-03-07", periods=60, freq=freq)
    uneven = without_freq(times.delete([3, 31]))
    with pytest.raises(ValueError, match=rf"{times[2]} is followed by {times[4]}.*freq="):
        TimeStep.of(uneven, one(uneven)).check_regular(uneven, one(uneven))


@pytest.mark.parametrize("freq", ["D", "W-WED", "MS", "BME"])
def test_a_step_with_a_name_tells_where_the_dates_leave_it(freq):
    times = pd.date_range("2001-03-07", periods=9, freq="2D")
    with pytest.raises(ValueError, match=rf"not evenly spaced: 2001-03-07 .* is '{freq}'"):
        TimeStep.of(times, one(times), freq).check_regular(times, one(times))


@pytest.mark.parametrize("freq", ["nonsense", 3, True, "-1D", pd.DateOffset(day=1), 2.5])
def test_what_is_no_step_is_refused(freq):
    times = pd.date_range("2001", periods=9)
    with pytest.raises(ValueError, match="freq must be a pandas frequency such as"):
        TimeStep.of(times, one(times), freq)


@pytest.mark.parametrize("times", [pd.RangeIndex(9), pd.period_range("2001", periods=9, freq="M")])
def test_a_step_is_named_for_dates_alone(times):
    assert TimeStep.of(times, one(times), "auto") == TimeStep.of(times, one(times))
    with pytest.raises(ValueError, match="freq='D' names the step of dates, but the index of y"):
        TimeStep.of(times, one(times), "D")


@pytest.mark.parametrize(
    ("times", "advice"),
    [
        (pd.Index([0, 1, 2, 4]), r"y\.reset_index\(drop=True\)"),
        (pd.PeriodIndex(["2001-01", "2001-02", "2001-04"], freq="M"), r"reindex\(pd.period_range"),
        (pd.DatetimeIndex(["2001-01-01", "2001-01-02", "2001-01-04"]), r"asfreq\(.*freq="),
    ],
    ids=["integers", "periods", "dates"],
)
def test_the_way_out_suits_the_index(times, advice):
    with pytest.raises(ValueError, match=advice):
        TimeStep.of(times, one(times)).check_regular(times, one(times))


def test_the_way_out_suits_a_panel_of_integers():
    times, ends = pd.Index([0, 1, 2, 0, 1, 3]), np.array([0, 3, 6])
    with pytest.raises(ValueError, match=r"1 is followed by 3.*cumcount\(\)"):
        TimeStep.of(times, ends).check_regular(times, ends)


@pytest.mark.parametrize(
    "times",
    [
        pd.DatetimeIndex(["2001-01-01", None, "2001-01-03"]),
        pd.PeriodIndex(["2001-01", None, "2001-03"], freq="M"),
    ],
    ids=["dates", "periods"],
)
def test_a_missing_time_is_named(times):
    with pytest.raises(ValueError, match="the index of y holds NaT in row 1; every row needs"):
        TimeStep.of(times, one(times))


@pytest.mark.parametrize(
    ("times", "fh"),
    [
        (
            pd.period_range("2001", periods=3, freq="M"),
            pd.period_range("2002", periods=1, freq="Q"),
        ),
        (pd.date_range("2001", periods=3), pd.date_range("2002", periods=1, tz="UTC")),
        (pd.date_range("2001", periods=3), pd.RangeIndex(3)),
    ],
    ids=["quarters", "time zone", "integers"],
)
def test_a_horizon_of_another_kind_is_refused(times, fh):
    with pytest.raises(TypeError, match=r"fh holds .*, but the index of y holds"):
        TimeStep.of(times, one(times)).count(times[-1], fh)


def test_a_horizon_between_the_steps_is_refused():
    for freq in ("h", "D", "MS", MON_SAT):
        times = pd.date_range("2001", periods=9, freq=freq)
        between = times[-1:] + pd.Timedelta("30min")
        with pytest.raises(ValueError, match="not a whole number of steps"):
            TimeStep.of(times, one(times)).count(times[0], between)


NO_MIDNIGHT = [
    ("Africa/Cairo", "2024-04-26"),
    ("America/Santiago", "2024-09-08"),
    ("America/Havana", "2024-03-10"),
    ("Asia/Beirut", "2024-03-31"),
]


@pytest.mark.parametrize(("zone", "day"), NO_MIDNIGHT)
@pytest.mark.parametrize("freq", ["D", "W"])
def test_a_midnight_that_does_not_exist_is_dated_as_resample_dates_it(zone, day, freq):
    start = pd.Timestamp(day) - pd.Timedelta(70, "D")
    hours = pd.date_range(start, periods=24 * 140, freq="h", tz=zone)
    freq = freq if freq == "D" else f"W-{pd.Timestamp(day):%a}".upper()
    times = pd.Series(0.0, index=hours).resample(freq).mean().index
    odd = int((times.hour == 1).argmax())
    assert times[odd].date() == pd.Timestamp(day).date()
    for known in (times, without_freq(times)):
        step = TimeStep.of(known, one(known))
        step.check_regular(known, one(known))
        assert list(step.shift(times[:-3], 3)) == list(times[3:])
        assert step.count(times[odd], times).tolist() == list(np.arange(len(times)) - odd)
        assert not len(step.gaps(times, one(times)))
        assert list(step.with_freq(times[odd - 3 : odd + 3])) == list(times[odd - 3 : odd + 3])


def test_days_that_begin_at_one_o_clock_stay_so_on_the_short_day():
    times = pd.date_range("2024-04-20 01:00", periods=9, tz="Africa/Cairo")
    step = TimeStep.of(times, one(times))
    assert step.shift(times[6:7], 1)[0] == pd.Timestamp("2024-04-27 01:00", tz="Africa/Cairo")


def test_hours_are_absolute_across_daylight_saving():
    times = pd.date_range("2024-03-30", periods=60, freq="h", tz="Europe/Berlin")
    step = TimeStep.of(without_freq(times), one(times))
    step.check_regular(times, one(times))
    assert list(step.shift(times[:-5], 5)) == list(times[5:])


FEATURES = {"10min": 5, "h": 4, "bh": 4, "D": 3, "B": 3, "W-SUN": 1, "SMS": 1, "MS": 1, "BME": 1,
            "QS": 1, "YS": 0, "BYE": 0, "RE-N-JAN-FRI": 0}  # fmt: skip


@pytest.mark.parametrize("freq", FEATURES)
def test_calendar_features_are_bounded_and_follow_the_step(freq):
    times = pd.date_range("2019-12-31 09:00", periods=200, freq=freq)
    step = TimeStep.of(times, one(times))
    found = calendar_features(times, step)
    assert found.shape == (200, FEATURES[freq])
    assert np.abs(found).max(initial=0) <= 0.5
    for start in range(200):  # wherever one begins
        np.testing.assert_array_equal(calendar_features(times[start:], step), found[start:])
    assert calendar_features(times[:0], step).shape == (0, FEATURES[freq])


def test_the_hour_runs_from_minus_to_plus_one_half():
    hours = pd.date_range("2020-01-01", periods=24, freq="h")
    first = calendar_features(hours, TimeStep.of(hours, one(hours)))[:, 0]
    np.testing.assert_allclose(first, np.arange(24) / 23 - 0.5)


@pytest.mark.parametrize("freq", ["h", "D", "W-SUN", "W-WED", "M", "2M", "Q-DEC", "Q-OCT", "Y"])
@pytest.mark.parametrize("start", ["2021-01", "2021-02", "2024-02"])
def test_the_same_times_have_the_same_features_as_periods_and_as_dates(freq, start):
    periods = pd.period_range(start, periods=30, freq=freq)
    dates = periods.to_timestamp()
    found, expected = (calendar_features(t, TimeStep.of(t, one(t))) for t in (periods, dates))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("freq", ["D", "W-MON", "MS"])
def test_a_time_zone_makes_no_difference_to_the_features(freq):
    naive = pd.date_range("2023-01-01", periods=120, freq=freq)
    aware = naive.tz_localize("Europe/Berlin")
    step = TimeStep.of(aware, one(aware))
    expected = calendar_features(naive, TimeStep.of(naive, one(naive)))
    for first in range(0, 120, 7):
        np.testing.assert_array_equal(calendar_features(aware[first:], step), expected[first:])
