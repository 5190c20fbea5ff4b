"""The step of dates, found in the dates of all series."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import BaseOffset, CustomBusinessDay, SemiMonthBegin, SemiMonthEnd

from skscale.forecasting._offsets import follows, plain

__all__ = ["holidays_between", "read_step", "step_of_dates"]

_WEEKDAYS = np.array(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
_MOST_HOLIDAYS = 0.1  # of the days of a calendar; stock exchanges close on 4 to 8 of 100
_FEWEST_DATES = 20


def read_step(freq: object) -> BaseOffset:
    """Step that the user names.

    Raises
    ------
    ValueError
        If ``freq`` is none that pandas knows, or does not lead forward.
    """
    allowed = (
        'must be a pandas frequency such as "D", "B" or "MS", or an offset such as '
        f"pd.offsets.CustomBusinessDay(holidays=[...]); got {freq!r}"
    )
    if isinstance(freq, bool) or not isinstance(freq, str | BaseOffset):
        raise ValueError(f"freq {allowed}")
    try:
        offset = plain(to_offset(freq))
        start = offset.rollforward(pd.Timestamp("2001-01-01"))
        forward = start + offset > start
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"freq {allowed}") from error
    if not forward:
        raise ValueError(f"freq {allowed}, which does not lead forward")
    return offset


def step_of_dates(
    times: pd.DatetimeIndex, offsets: np.ndarray, clock: pd.Timedelta | None
) -> BaseOffset:
    """Step that most neighbours keep, all of them if there is such a step.

    Where there is none, it is the step that the message about the gap names. Months, quarters and
    years are no fixed number of days; two dates a month apart may be one.

    Raises
    ------
    ValueError
        If no series has two points.
    """
    inner = inner_pairs(offsets, len(times))
    if not inner.any():
        raise ValueError(
            "no series of y has more than one time point, and its index no frequency: nothing "
            'tells the step; name it with freq=, for example freq="D", or pass longer series'
        )
    best, most = None, -1
    for candidate in _candidates(times, offsets, inner):
        kept = int(follows(times, candidate, clock)[inner].sum())
        if kept > most:
            best, most = candidate, kept
        if most == inner.sum():
            break
    return best


def inner_pairs(offsets: np.ndarray, n: int) -> np.ndarray:
    """Which neighbours belong to one series, shape (n - 1,)."""
    inner = np.ones(max(n - 1, 0), dtype=bool)
    inner[offsets[1:-1] - 1] = False
    return inner


def _candidates(
    times: pd.DatetimeIndex, offsets: np.ndarray, inner: np.ndarray
) -> Iterator[BaseOffset]:
    """Steps worth a try; what pandas infers first, what needs more faith later."""
    longest = int(np.diff(offsets).argmax())
    sample = pd.DatetimeIndex(times[offsets[longest] : offsets[longest + 1]], freq=None)
    days = times.tz_localize(None).normalize().unique().sort_values()
    for dates in (sample, sample.tz_localize(None).normalize(), days):
        inferred = pd.infer_freq(dates) if len(dates) > 2 and dates.is_unique else None
        if inferred is not None and to_offset(inferred).n > 0:
            yield to_offset(inferred)
    delta = pd.Series(np.diff(times.asi8)[inner]).mode()[0]
    fixed = abs(pd.Timedelta(int(delta), unit=times.unit).as_unit("ns")) or pd.Timedelta(1, "D")
    if fixed >= pd.Timedelta(28, "D"):
        yield from _months(sample, days)
    yield to_offset(fixed)
    if pd.Timedelta(1, "D") <= fixed <= pd.Timedelta(4, "D"):
        yield to_offset("B")
        yield from _working_days(times, offsets, days)
    elif pd.Timedelta(4, "D") < fixed < pd.Timedelta(28, "D"):
        yield from _half_months(days)


def _months(sample: pd.DatetimeIndex, days: pd.DatetimeIndex) -> Iterator[BaseOffset]:
    month = sample[0].strftime("%b").upper()
    anchored = (f"{kind}-{month}" for kind in ("QS", "QE", "YS", "YE"))
    yield from map(to_offset, ("MS", "ME", *anchored, "BMS", "BME"))
    numbers = 12 * days.year + days.month
    apart = int(pd.Series(np.diff(np.unique(numbers))).mode().get(0, 1))
    yield from (to_offset(f"{apart}{kind}") for kind in ("MS", "ME", "BMS", "BME"))
    yield pd.DateOffset(months=apart)


def _half_months(days: pd.DatetimeIndex) -> Iterator[BaseOffset]:
    """The 1st and one other day of the month, or the last and one other."""
    first, last = days[days.is_month_start], days[days.is_month_end]
    for ends, kind in ((first, SemiMonthBegin), (last, SemiMonthEnd)):
        others = days.difference(ends).day.unique()
        if len(ends) and len(others) == 1 and 1 < others[0] < 28:
            yield kind(day_of_month=int(others[0]))


def _working_days(
    times: pd.DatetimeIndex, offsets: np.ndarray, days: pd.DatetimeIndex
) -> Iterator[BaseOffset]:
    """The days of the week that occur, with and without the holidays that all series share."""
    seen = np.bincount(days.dayofweek, minlength=7)
    if not 2 <= (seen > 0).sum() <= 6 or seen[seen > 0].min() < 3:
        return
    weekmask = " ".join(_WEEKDAYS[seen > 0])
    yield CustomBusinessDay(weekmask=weekmask)
    holidays = holidays_between(times, offsets, CustomBusinessDay(weekmask=weekmask))
    if len(days) >= _FEWEST_DATES and 0 < len(holidays) <= _MOST_HOLIDAYS * len(days):
        yield CustomBusinessDay(weekmask=weekmask, holidays=list(holidays))


def holidays_between(
    times: pd.DatetimeIndex, offsets: np.ndarray, calendar: CustomBusinessDay
) -> pd.DatetimeIndex:
    """Days of a calendar that no series has, though at least two began before and went on."""
    naive = pd.DatetimeIndex(times, freq=None).tz_localize(None).normalize()
    days = naive.unique()
    missing = pd.date_range(days.min(), days.max(), freq=calendar).difference(days)
    first, last = naive[offsets[:-1]], naive[offsets[1:] - 1]
    begun = np.searchsorted(np.sort(first), missing, side="left")
    ended = np.searchsorted(np.sort(last), missing, side="left")
    return missing[begun - ended >= 2]
