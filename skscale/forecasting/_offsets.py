"""What a pandas offset says: the length of its step, its cycles, and where it leads."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.tseries import offsets as kinds

__all__ = [
    "count_steps",
    "cycles_of_step",
    "days_of_step",
    "describe",
    "follows",
    "plain",
    "season_of_step",
    "shifted",
    "usual_clock",
]

_DAY = pd.Timedelta(1, "D")
_MONTH = 365.2425 / 12  # days
_FIXED = {"weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds"}


def plain(offset: pd.offsets.BaseOffset) -> pd.offsets.BaseOffset:
    """Write ``DateOffset(hours=6)`` and its like as the offset with a name that they equal."""
    if type(offset) is not pd.DateOffset or not set(offset.kwds) <= _FIXED:
        return offset
    length = pd.Timedelta(**offset.kwds) if offset.kwds else _DAY
    if set(offset.kwds) <= {"weeks", "days"}:
        return kinds.Day(length.days * offset.n)
    return pd.tseries.frequencies.to_offset(length * offset.n)


def describe(offset: pd.offsets.BaseOffset) -> str:
    """Name an offset, its days of the week included."""
    name = repr(getattr(offset, "freqstr", str(offset)))
    days = getattr(offset, "weekmask", None)
    return name if days is None else f"{name} ({days})"


def days_of_step(offset: pd.offsets.BaseOffset) -> float:
    """Days from one step to the next, on average: it does not depend on where one begins."""
    if isinstance(offset, kinds.Tick):
        return pd.Timedelta(offset) / _DAY
    if isinstance(offset, kinds.BusinessHour):
        return offset.n / 24
    if isinstance(offset, kinds.Day):
        return offset.n
    if isinstance(offset, kinds.BusinessDay):
        return 7 * offset.n / _days_of_week(offset)
    start = offset.rollforward(pd.Timestamp("2000-01-01"))
    return (start + 16 * offset - start) / _DAY / 16


def season_of_step(offset: pd.offsets.BaseOffset) -> int:
    """Points of the customary season of a step.

    A day for steps below a day, a week for days (five for business days), a year for weeks,
    months and quarters; 1 for years, and where the step does not divide the season.

    Examples
    --------
    >>> import pandas as pd
    >>> [season_of_step(pd.tseries.frequencies.to_offset(f)) for f in ("30min", "h", "D", "BME")]
    [48, 24, 7, 12]
    """
    return next(iter(cycles_of_step(offset)), 1)


def cycles_of_step(offset: pd.offsets.BaseOffset) -> list[int]:
    """Points of the cycles that a step divides, the customary season first, then shorter ones.

    Examples
    --------
    >>> import pandas as pd
    >>> cycles_of_step(pd.offsets.Second(10))
    [8640, 360, 6]
    """
    offset = plain(offset)
    days = days_of_step(offset)
    if isinstance(offset, kinds.BusinessHour):
        found = [_hours_of_day(offset) / offset.n]
    elif isinstance(offset, kinds.BusinessDay):
        found = [_in_weeks(offset.n / _days_of_week(offset))]
    elif isinstance(offset, kinds.Tick) and days < 1:
        day = 1 / days
        found = [day if _whole(day) else 7 * day, day / 24, day / 24 / 60, day / 24 / 60 / 60]
    elif isinstance(offset, kinds.Tick | kinds.Day | kinds.Week):
        found = [_in_weeks(days / 7)]
    else:
        months = max(round(2 * days / _MONTH) / 2, 0.5)
        found = [12 / months] if abs(days / _MONTH / months - 1) < 0.05 else []
    return [round(points) for points in found if _whole(points)]


def _in_weeks(weeks: float) -> float:
    """Points of a week, of a year for steps of whole weeks."""
    return 52 / weeks if float(weeks).is_integer() else 1 / weeks


def _whole(points: float) -> bool:
    """Whether a cycle has a whole number of points, but for a hundredth of the cycle."""
    return round(points) > 1 and abs(points - round(points)) <= points / 100


def _days_of_week(offset: pd.offsets.BaseOffset) -> int:
    calendar = getattr(offset, "calendar", None)
    return 5 if calendar is None else int(calendar.weekmask.sum())


def _hours_of_day(offset: pd.offsets.BaseOffset) -> float:
    minutes = [
        (60 * (end.hour - start.hour) + end.minute - start.minute) % 1440 or 1440
        for start, end in zip(offset.start, offset.end, strict=True)
    ]
    return sum(minutes) / 60


# Dates with a time zone are moved on the clock on the wall, as calendars are, unless the step is
# a fixed duration. Where the usual time of the day does not exist, as midnight in Cairo on the
# last Friday of April, the point stands at the first time that does, as pandas' resample dates it.


def usual_clock(times: pd.DatetimeIndex) -> pd.Timedelta:
    """Commonest time of the day."""
    naive = times.tz_localize(None)
    clock = (naive - naive.normalize()).to_series()
    return clock.mode().iloc[0]


def shifted(
    times: pd.DatetimeIndex,
    offset: pd.offsets.BaseOffset,
    by: int | np.ndarray,
    clock: pd.Timedelta | None,
) -> pd.DatetimeIndex:
    """Move dates by a number of steps, one for all or one for each.

    Parameters
    ----------
    times : DatetimeIndex
    offset : pandas offset
    by : int or int ndarray of shape (len(times),)
    clock : Timedelta or None
        Usual time of the day; None for dates without a time zone.
    """
    times = pd.DatetimeIndex(times, freq=None)  # a frequency of its own would be in the way
    if isinstance(offset, kinds.Tick):
        return times + by * pd.Timedelta(offset)
    return _placed(_moved(_on_the_wall(times, clock), offset, by), times.tz)


def follows(
    times: pd.DatetimeIndex, offset: pd.offsets.BaseOffset, clock: pd.Timedelta | None
) -> np.ndarray:
    """Whether each of ``times`` but the first lies one step behind the one before it."""
    times = pd.DatetimeIndex(times, freq=None)
    if isinstance(offset, kinds.Tick):
        return np.asarray(times[:-1] + pd.Timedelta(offset) == times[1:])
    wall = _on_the_wall(times, clock)
    return np.asarray(_moved(wall[:-1], offset, 1) == wall[1:])


def count_steps(
    start: pd.Timestamp,
    times: pd.DatetimeIndex,
    offset: pd.offsets.BaseOffset,
    clock: pd.Timedelta | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Steps from ``start`` to each of ``times``, and whether it lies between the steps."""
    both = pd.DatetimeIndex([start]).append(pd.DatetimeIndex(times, freq=None))
    if not isinstance(offset, kinds.Tick):
        both = _on_the_wall(both, clock)
    start, times = both[0], both[1:]
    if isinstance(offset, kinds.Tick | kinds.Day):
        length = _length(offset)
        steps, rest = (times - start) // length, (times - start) % length
        return np.asarray(steps, dtype=np.int64), np.asarray(rest != pd.Timedelta(0))
    grid = {start: 0}
    for way, reached in ((1, lambda t: t >= times.max()), (-1, lambda t: t <= times.min())):
        at, step = start, 0
        while not reached(at):
            step += way
            at = _stepped(start, step, offset)
            grid[at] = step
    steps = [grid.get(time) for time in times]
    between = np.array([step is None for step in steps])
    return np.array([step or 0 for step in steps], dtype=np.int64), between


def _length(offset: pd.offsets.BaseOffset) -> pd.Timedelta:
    return offset.n * _DAY if isinstance(offset, kinds.Day) else pd.Timedelta(offset)


def _moved(
    wall: pd.DatetimeIndex, offset: pd.offsets.BaseOffset, by: int | np.ndarray
) -> pd.DatetimeIndex:
    if isinstance(offset, kinds.Day):
        return wall + by * _length(offset)
    # Each pair of a date and a number of steps once: most offsets move one date at a time.
    date_of, dates = pd.factorize(wall)
    step_of, steps = pd.factorize(np.broadcast_to(by, len(wall)))
    place, pairs = pd.factorize(date_of * len(steps) + step_of)
    moved = [
        _stepped(date, int(step), offset)
        for date, step in zip(dates[pairs // len(steps)], steps[pairs % len(steps)], strict=True)
    ]
    return pd.DatetimeIndex(moved, dtype=wall.dtype)[place]


def _stepped(date: pd.Timestamp, steps: int, offset: pd.offsets.BaseOffset) -> pd.Timestamp:
    if steps == 0:
        return date
    moved = date + steps * offset
    if not isinstance(offset, kinds.BusinessHour):
        return moved
    # Backwards pandas arrives at the close of a day, forwards at the opening of the next.
    behind = moved + pd.Timedelta(1, "us")
    return moved if offset.is_on_offset(behind) else offset.rollforward(behind)


def _on_the_wall(times: pd.DatetimeIndex, clock: pd.Timedelta | None) -> pd.DatetimeIndex:
    """Dates without their time zone; what was moved since it did not exist is moved back."""
    if times.tz is None or clock is None:
        return times.tz_localize(None)
    naive = times.tz_localize(None)
    usual = (naive.normalize() + clock).as_unit(naive.unit)
    odd = np.flatnonzero(naive != usual)
    odd = odd[_placed(usual[odd], times.tz) == times[odd]]
    values = naive.asi8.copy()
    values[odd] = usual.asi8[odd]
    return pd.DatetimeIndex(values.astype(f"M8[{naive.unit}]"))


def _placed(wall: pd.DatetimeIndex, tz: object) -> pd.DatetimeIndex:
    if tz is None:
        return wall
    first = np.ones(len(wall), dtype=bool)  # the first of two equal times, that of summer
    return wall.tz_localize(tz, nonexistent="shift_forward", ambiguous=first)
