"""Time indices: their step, their gaps, their future, their calendar."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from skscale.forecasting._offsets import (
    count_steps,
    cycles_of_step,
    describe,
    follows,
    plain,
    season_of_step,
    shifted,
    usual_clock,
)
from skscale.forecasting._positions import blocks_of_rows
from skscale.forecasting._season import detect_season
from skscale.forecasting._step import holidays_between, inner_pairs, read_step, step_of_dates
from skscale.forecasting._times import Times

__all__ = ["TimeStep", "check_times", "detect_season", "season_of_step"]


@dataclass(frozen=True)
class TimeStep:
    """The step between neighbouring time points.

    Parameters
    ----------
    offset : pandas offset or None
        None for an integer index, whose step is one.
    clock : Timedelta or None
        Usual time of the day; None for all but dates with a time zone.
    found : bool
        Whether the step was found in the dates, so that later ones may add holidays to it.
    """

    offset: pd.offsets.BaseOffset | None
    clock: pd.Timedelta | None = field(default=None, compare=False)
    found: bool = field(default=False, compare=False)

    @classmethod
    def of(cls, times: pd.Index | Times, offsets: np.ndarray, freq: object = None) -> TimeStep:
        """Step of the series ``times[offsets[i]:offsets[i + 1]]``, the same for all.

        Parameters
        ----------
        times : Index or Times of shape (n_points,)
        offsets : int64 ndarray of shape (n_series + 1,)
        freq : str, pandas offset or None
            Step of dates; None or ``"auto"`` reads it from the index: its frequency, else the
            step that the dates of all series keep.

        Raises
        ------
        TypeError
            If the index holds neither integers nor periods nor dates.
        ValueError
            If a time is missing, no step can be found, or ``freq`` is no step of this index.
        """
        times = Times.of(times)
        check_times("y", times.level)
        named = None if freq is None or freq == "auto" else read_step(freq)
        if isinstance(times.level, pd.DatetimeIndex):
            clock = None if times.level.tz is None else usual_clock(times.index)
            if named is not None:
                return cls(named, clock)
            dates = times.index
            if len(offsets) == 2 and dates.freq is not None and dates.freq.n > 0:
                return cls(plain(dates.freq), clock)
            return cls(step_of_dates(dates, offsets, clock), clock, found=True)
        own = times.level.freq if isinstance(times.level, pd.PeriodIndex) else None
        if named is not None and named != own:
            what = "integers" if own is None else f"periods of {own.freqstr!r}"
            raise ValueError(
                f"freq={freq!r} names the step of dates, but the index of y holds {what}; leave "
                "freq out"
            )
        return cls(own)

    def check_regular(self, times: pd.Index | Times, offsets: np.ndarray) -> None:
        """Raise ValueError at the first gap, repetition or disorder within a series."""
        follow = ~inner_pairs(offsets, len(times))
        for rows in blocks_of_rows(len(times), overlap=1):
            follow[rows.start : rows.stop - 1] |= self._follows(times[rows])
        if follow.all():
            return
        i = int((~follow).argmax())
        before, after = times[i], times[i + 1]
        if after == before:
            raise ValueError(f"the index of y repeats {after}; every time point must occur once")
        if after < before:
            raise ValueError(
                f"the index of y is not sorted: {after} stands behind {before}; sort it with "
                "y.sort_index()"
            )
        if self.offset is None:
            alone = "use y.reset_index(drop=True)"
            in_panel = "count the points of each series, as y.groupby(level=...).cumcount() does"
            raise ValueError(
                f"an index of integers must count in ones, but {before} is followed by {after} in "
                "that of y; y.reindex(...) makes missing values of the gap, which are fine, or "
                f"{alone if len(offsets) == 2 else in_panel}"
            )
        periods = isinstance(before, pd.Period)
        way_out = "y.reindex(pd.period_range(...))" if periods else "y.asfreq(...)"
        otherwise = (
            "; if the dates are as they should be, name their step with freq=, such as "
            'freq="B" or freq=pd.offsets.CustomBusinessDay(holidays=[...])'
        )
        raise ValueError(
            f"the index of y is not evenly spaced: {before} is followed by {after}, but the step "
            f"is {describe(self.offset)}; {way_out} of each series makes missing values of its "
            f"gap, which are fine{'' if periods else otherwise}"
        )

    def gaps(self, times: pd.Index | Times, offsets: np.ndarray) -> np.ndarray:
        """Positions of the points that lie more than a step behind the one before them."""
        jumps = np.zeros(len(times), dtype=bool)
        for rows in blocks_of_rows(len(times), overlap=1):
            some = times[rows]
            jumps[rows.start + 1 : rows.stop] = self.shift(some[:-1], 1) < some[1:]
        jumps[offsets[:-1]] = False
        return np.flatnonzero(jumps)

    def with_holidays(self, times: pd.Index | Times, offsets: np.ndarray) -> TimeStep:
        """Add the holidays that the series share, if the step is a calendar found in dates."""
        calendar = self.offset
        if not self.found or not isinstance(calendar, pd.offsets.CustomBusinessDay):
            return self
        new = holidays_between(Times.of(times).index, offsets, calendar)
        known = pd.DatetimeIndex(calendar.holidays)
        if not len(new):
            return self
        holidays = list(known.union(new))
        wider = pd.offsets.CustomBusinessDay(weekmask=calendar.weekmask, holidays=holidays)
        return replace(self, offset=wider)

    def _follows(self, times: pd.Index) -> np.ndarray:
        if isinstance(times, pd.DatetimeIndex):
            return follows(times, self.offset, self.clock)
        return np.diff(_numbers(times)) == self._stride

    @property
    def _stride(self) -> int:
        return 1 if self.offset is None else self.offset.n

    def shift(self, times: pd.Index, by: int | np.ndarray) -> pd.Index:
        """Move every one of ``times`` by ``by`` steps, one number for all or one for each."""
        if isinstance(times, pd.DatetimeIndex):
            return shifted(times, self.offset, by, self.clock)
        if isinstance(times, pd.PeriodIndex):
            return times + by  # periods count in their own step, two months for "2M"
        return pd.Index(_numbers(times) + by, name=times.name)

    def after(self, times: pd.Index, steps: np.ndarray) -> pd.Index:
        """Times of ``steps`` (len(times), n_steps) behind each of ``times``, flat, row by row."""
        steps = np.asarray(steps, dtype=np.int64)
        return self.shift(times.repeat(steps.shape[1]), steps.ravel())

    def count(self, start: object, times: pd.Index) -> np.ndarray:
        """Steps from ``start`` to each of ``times``, negative for earlier ones.

        Raises
        ------
        TypeError
            If ``times`` are of another kind than ``start``.
        ValueError
            If one of them lies between the steps.
        """
        origin = pd.Index([start])
        if _kind(origin) != _kind(times):
            raise TypeError(f"fh holds {times.dtype}, but the index of y holds {origin.dtype}")
        if isinstance(times, pd.DatetimeIndex):
            times = times.tz_convert(origin.tz) if times.tz is not None else times
            steps, between = count_steps(start, times, self.offset, self.clock)
        else:
            steps, rest = np.divmod(_numbers(times) - _numbers(origin), self._stride)
            between = rest != 0
        if between.any():
            raise ValueError(
                f"fh asks for {times[int(between.argmax())]}, which is not a whole number of "
                f"steps ({self.offset}) from {start}"
            )
        return steps

    def with_freq(self, times: pd.Index) -> pd.Index:
        """Attach the step to dates that follow each other by it, where pandas can."""
        if not isinstance(times, pd.DatetimeIndex) or not self._follows(times).all():
            return times
        try:
            return pd.DatetimeIndex(times, freq=self.offset)
        except ValueError:  # a midnight that does not exist
            return times

    def matches(self, other: TimeStep) -> bool:
        """Whether both are steps of the same length, whatever index holds them."""
        if self.offset is None or other.offset is None:
            return self.offset is other.offset
        start = pd.Timestamp("2000-01-01")
        one, two = (start + 100 * offset - start for offset in (self.offset, other.offset))
        return bool(abs(one / two - 1) < 0.1)

    def __str__(self) -> str:
        """Describe the step in words, for messages."""
        return "an index of integers" if self.offset is None else f"steps of {self.offset!r}"

    @property
    def season(self) -> int | None:
        """Customary season of the step; None for integers."""
        return None if self.offset is None else season_of_step(self.offset)

    @property
    def cycles(self) -> list[int]:
        """Customary season of the step and what is shorter; none for integers."""
        return [] if self.offset is None else cycles_of_step(self.offset)


def check_times(name: str, times: pd.Index) -> None:
    """Raise if the times of ``name`` are none that a forecaster knows, or one is missing."""
    known = isinstance(times, pd.DatetimeIndex | pd.PeriodIndex)
    if not known and not pd.api.types.is_integer_dtype(times.dtype):
        raise TypeError(
            f"the index of {name} must hold integers, periods or dates, got a "
            f"{type(times).__name__} of {times.dtype}"
        )
    missing = times.isna()
    if missing.any():
        i = int(missing.argmax())
        raise ValueError(
            f"the index of {name} holds {times[i]} in row {i}; every row needs its time"
        )


def _numbers(times: pd.Index) -> np.ndarray:
    """Integers as they are, periods by their ordinals; int64, so that nothing wraps around."""
    return times.asi8 if isinstance(times, pd.PeriodIndex) else times.to_numpy(dtype=np.int64)


def _kind(times: pd.Index) -> object:
    """What times must share to be counted from one another."""
    if isinstance(times, pd.DatetimeIndex):
        return "dates", times.tz is None
    if isinstance(times, pd.PeriodIndex):
        return "periods", times.freq.base
    return "integers" if pd.api.types.is_integer_dtype(times.dtype) else times.dtype
