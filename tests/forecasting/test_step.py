"""The step that the dates of all series tell."""

import numpy as np
import pandas as pd
import pytest
from pandas.tseries import offsets

from skscale.forecasting._time import TimeStep

WEEKDAYS = "Mon Tue Wed Thu Fri"
HOLIDAYS = ["2023-12-25", "2024-01-01"]
CALENDARS = {
    "trading days": offsets.CustomBusinessDay(holidays=HOLIDAYS),
    "Mon-Sat": offsets.CustomBusinessDay(weekmask="Mon Tue Wed Thu Fri Sat"),
    "Mon/Wed/Fri": offsets.CustomBusinessDay(weekmask="Mon Wed Fri"),
    "Sun-Thu": offsets.CustomBusinessDay(weekmask="Sun Mon Tue Wed Thu"),
    "1st and 15th": offsets.SemiMonthBegin(),
    "10th and last": offsets.SemiMonthEnd(day_of_month=10),
    "mid-month": pd.DateOffset(months=1),
    "mid-quarter": pd.DateOffset(months=3),
    "business months": offsets.BMonthEnd(),
    "every other month": offsets.MonthBegin(2),
    "third Fridays": offsets.WeekOfMonth(week=2, weekday=4),
    "hours": offsets.Hour(),
}


def joined(*parts):
    """Dates of several series, one after the other, and their offsets."""
    ends = np.concatenate(([0], np.cumsum([len(part) for part in parts])))
    return pd.DatetimeIndex(np.concatenate([part.to_numpy() for part in parts])), ends


@pytest.mark.parametrize("name", CALENDARS)
def test_a_panel_tells_its_calendar(name):
    times = pd.date_range("2023-06-15", periods=203, freq=CALENDARS[name])
    step = TimeStep.of(*joined(times[:200], times[:200], times[30:150]))
    step.check_regular(*joined(times[:200], times[:200], times[30:150]))
    assert list(step.shift(times[199:200].repeat(3), np.arange(1, 4))) == list(times[200:])


@pytest.mark.parametrize("freq", ["h", "D", "W-WED", "MS", "ME", "QE-NOV", "YS"])
def test_two_dates_tell_their_step(freq):
    times = pd.date_range("2001-03-07", periods=4, freq=freq)
    step = TimeStep.of(pd.DatetimeIndex(times[:2], freq=None), np.array([0, 2]))
    assert list(step.shift(times[:2], 2)) == list(times[2:])


def test_series_of_another_phase_share_the_step():
    hours = pd.date_range("2024-01-01", periods=30, freq="h")
    times, ends = joined(hours, hours + pd.Timedelta("30min"))
    step = TimeStep.of(times, ends)
    assert step.offset == offsets.Hour()
    step.check_regular(times, ends)


def test_a_gap_that_one_series_has_is_a_gap():
    times = pd.date_range("2023-06-01", periods=100, freq="B")
    times, ends = joined(times, times.delete(40))
    with pytest.raises(ValueError, match=f"{times[39]} is followed by {times[41]}.*step is 'B'"):
        TimeStep.of(times, ends).check_regular(times, ends)


def test_a_day_that_all_series_miss_is_a_gap_where_every_weekday_occurs():
    days = pd.date_range("2023-06-01", periods=100).delete(40)
    times, ends = joined(days, days)
    with pytest.raises(ValueError, match=f"{days[39]} is followed by {days[40]}"):
        TimeStep.of(times, ends).check_regular(times, ends)


def test_a_single_series_does_not_speak_for_holidays():
    days = pd.date_range("2023-06-01", periods=200, freq=CALENDARS["trading days"])
    times, ends = joined(days)
    with pytest.raises(ValueError, match=r"step is 'B'.*freq=pd.offsets.CustomBusinessDay"):
        TimeStep.of(times, ends).check_regular(times, ends)
    TimeStep.of(times, ends, CALENDARS["trading days"]).check_regular(times, ends)


def test_a_few_days_with_a_gap_are_no_week_of_four():
    days = pd.DatetimeIndex(["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05"])
    with pytest.raises(ValueError, match="2024-01-02 00:00:00 is followed by 2024-01-04"):
        TimeStep.of(days, np.array([0, 4])).check_regular(days, np.array([0, 4]))


def test_holidays_of_later_dates_are_added():
    days = pd.date_range("2023-06-01", periods=300, freq=CALENDARS["trading days"])
    later = days.drop("2024-02-19")
    step = TimeStep.of(*joined(days[:170], days[:170]))
    wider = step.with_holidays(*joined(later, later))
    wider.check_regular(*joined(later, later))
    assert step.offset.holidays != wider.offset.holidays
    named = TimeStep.of(*joined(days[:170], days[:170]), CALENDARS["trading days"])
    assert named.with_holidays(*joined(later, later)) is named  # the user knows


def test_one_point_of_each_series_tells_no_step():
    times, ends = joined(*(pd.date_range(f"2024-01-0{i}", periods=1) for i in range(1, 6)))
    with pytest.raises(ValueError, match=r'name it with freq=, for example freq="D"'):
        TimeStep.of(times, ends)
    assert TimeStep.of(times, ends, "D").offset == offsets.Day()
