"""Time indices: their step, their gaps, their future, their calendar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["TimeStep", "calendar_features", "detect_season", "season_of_step"]


@dataclass(frozen=True)
class TimeStep:
    """The step between neighbouring time points.

    Parameters
    ----------
    offset : pandas offset or None
        None for an integer index, whose step is one.
    """

    offset: pd.offsets.BaseOffset | None

    @classmethod
    def of(cls, times: pd.Index, offsets: np.ndarray) -> TimeStep:
        """Step of the series ``times[offsets[i]:offsets[i + 1]]``, the same for all.

        Raises
        ------
        ValueError
            If a date index has no regular step; says what to do.
        """
        if _integers(times):
            return cls(None)
        if isinstance(times, pd.PeriodIndex):
            return cls(times.freq)
        if not isinstance(times, pd.DatetimeIndex):
            raise TypeError(
                "the index of y must hold integers, periods or dates, got a "
                f"{type(times).__name__} of {times.dtype}"
            )
        longest = int(np.diff(offsets).argmax())
        sample = times[offsets[longest] : offsets[longest + 1]]
        return cls(_datetime_step(sample))

    def check_regular(self, times: pd.Index, offsets: np.ndarray) -> None:
        """Raise ValueError at the first gap, repetition or disorder within a series."""
        if len(times) < 2:
            return
        inner = np.ones(len(times) - 1, dtype=bool)
        inner[offsets[1:-1] - 1] = False
        follows = self._follows(times) | ~inner
        if follows.all():
            return
        i = int((~follows).argmax())
        before, after = times[i], times[i + 1]
        if after == before:
            raise ValueError(f"the index of y repeats {after}; every time point must occur once")
        if after < before:
            raise ValueError(
                f"the index of y is not sorted: {after} stands behind {before}; sort it with "
                "y.sort_index()"
            )
        if self.offset is None:
            raise ValueError(
                f"an index of integers must count in ones, but {before} is followed by {after} in "
                "that of y; fill the gap, or use y.reset_index(drop=True)"
            )
        raise ValueError(
            f"the index of y is not evenly spaced: {before} is followed by {after}, but the step "
            f"is {self.offset.freqstr!r}; resample y, or fill the gap with y.asfreq(...) and "
            "interpolate()"
        )

    def gaps(self, times: pd.Index, offsets: np.ndarray) -> np.ndarray:
        """Positions of the points that lie more than a step behind the one before them."""
        jumps = np.concatenate(([False], self.shift(times[:-1], 1) < times[1:]))
        jumps[offsets[:-1]] = False
        return np.flatnonzero(jumps)

    def _follows(self, times: pd.Index) -> np.ndarray:
        if isinstance(times, pd.DatetimeIndex):
            return np.asarray(times[:-1] + self.offset == times[1:])
        n = 1 if self.offset is None else self.offset.n
        ordinals = times.asi8 if isinstance(times, pd.PeriodIndex) else times.to_numpy()
        return np.diff(ordinals) == n

    def shift(self, times: pd.Index, by: int) -> pd.Index:
        """Move every one of ``times`` by ``by`` steps."""
        if self.offset is None or isinstance(times, pd.PeriodIndex):
            return times + by  # periods count in their own step, two months for "2M"
        # Added to a plain array: an index would insist on a frequency of its own.
        return pd.DatetimeIndex(times, freq=None) + by * self.offset

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
        if type(origin) is not type(times) and not (self.offset is None and _integers(times)):
            raise TypeError(f"fh holds {times.dtype}, but the index of y holds {origin.dtype}")
        if not isinstance(times, pd.DatetimeIndex):
            n = 1 if self.offset is None else self.offset.n
            numbers = (
                i.asi8 if isinstance(i, pd.PeriodIndex) else i.to_numpy() for i in (times, origin)
            )
            steps, rest = np.divmod(np.subtract(*numbers), n)
            between = rest != 0
        else:
            after = pd.date_range(start, max(start, times.max()), freq=self.offset)
            before = pd.date_range(min(start, times.min()), start, freq=self.offset)
            grid = before[:-1].append(after)
            place = grid.get_indexer(times)
            steps, between = place - (len(before) - 1), place < 0
        if between.any():
            raise ValueError(
                f"fh asks for {times[int(between.argmax())]}, which is not a whole number of "
                f"steps ({self.offset}) from {start}"
            )
        return steps

    def with_freq(self, times: pd.Index) -> pd.Index:
        """Attach the step to dates that follow each other by it."""
        if isinstance(times, pd.DatetimeIndex) and (times[:-1] + self.offset == times[1:]).all():
            return pd.DatetimeIndex(times, freq=self.offset)
        return times

    @property
    def season(self) -> int | None:
        """Customary season of the step; None for integers."""
        return None if self.offset is None else season_of_step(self.offset)


def _integers(times: pd.Index) -> bool:
    return pd.api.types.is_integer_dtype(times.dtype)


def _datetime_step(times: pd.DatetimeIndex) -> pd.offsets.BaseOffset:
    if times.freq is not None:
        return times.freq
    if len(times) == 1:
        raise ValueError(
            "y has one time point and its index no frequency; set it with "
            "y.asfreq(...), or pass a longer series"
        )
    inferred = pd.infer_freq(times) if len(times) > 2 else None
    if inferred is not None:
        return pd.tseries.frequencies.to_offset(inferred)
    return _commonest_step(times)


def _commonest_step(times: pd.DatetimeIndex) -> pd.offsets.BaseOffset:
    """Step that most neighbours keep, so that the message about an uneven index names the gap.

    Months, quarters and years are no fixed number of days; two dates a month apart may be one.
    """
    ordered = times.sort_values().unique()
    delta = pd.Series(np.diff(ordered.asi8)).mode()[0] if len(ordered) > 1 else 0
    fixed = pd.Timedelta(int(delta), unit=times.unit).as_unit("ns")
    month = times[0].strftime("%b").upper()
    names = ["MS", "ME", *(f"{kind}-{month}" for kind in ("QS", "QE", "YS", "YE"))]
    calendar = names if fixed >= pd.Timedelta(28, "D") else []
    candidates = [pd.tseries.frequencies.to_offset(step) for step in (*calendar, fixed, "B")]
    kept = [(ordered[:-1] + step == ordered[1:]).sum() for step in candidates]
    return candidates[int(np.argmax(kept))]


def season_of_step(offset: pd.offsets.BaseOffset) -> int:
    """Points of the customary season of a step.

    A day for steps below a day, a week for days (five for business days), a year for weeks,
    months and quarters, 1 for years.

    Examples
    --------
    >>> import pandas as pd
    >>> [season_of_step(pd.tseries.frequencies.to_offset(f)) for f in ("30min", "h", "D", "MS")]
    [48, 24, 7, 12]
    """
    if isinstance(offset, pd.offsets.Tick | pd.offsets.Day):
        seconds = pd.Timedelta(1, "D") / (pd.Timestamp(0) + offset - pd.Timestamp(0))
        if seconds > 1:
            return max(1, round(seconds))
        return {1: 7, 7: 52}.get(round(1 / seconds), 1)
    name = offset.rule_code.split("-")[0]
    year = {"W": 52, "M": 12, "Q": 4, "B": 5, "C": 5, "S": 24}.get(name[0], 1)
    return max(1, year // offset.n) if year % offset.n == 0 else 1


def detect_season(values: np.ndarray, longest: int = 400) -> int:
    """Season of a series without dates: the strongest peak of its autocorrelation.

    Parameters
    ----------
    values : ndarray of shape (n_timepoints,)
    longest : int, default=400
        Longest season looked for; a third of the series at most.

    Returns
    -------
    int
        1 when no peak of the differenced series reaches 0.3, so that a trend is no season.
    """
    steps = np.diff(values)
    steps = steps - steps.mean() if len(steps) else steps
    longest = min(longest, len(values) // 3)
    if longest < 2 or not steps.any():
        return 1
    spectrum = np.abs(np.fft.rfft(steps, 2 * len(steps))) ** 2
    correlation = np.fft.irfft(spectrum)[: longest + 2]
    correlation = correlation / correlation[0]
    inner = correlation[2:-1]
    peaks = (inner >= correlation[1:-2]) & (inner >= correlation[3:]) & (inner > 0.3)
    if not peaks.any():
        return 1
    return 2 + int(np.where(peaks, inner, -1.0).argmax())


def calendar_features(times: pd.Index, step: TimeStep) -> np.ndarray:
    """Calendar position of every time, each column linear in [-0.5, 0.5].

    Only what changes faster than the step can tell: the time of day for steps below a day,
    then weekday, day of the month and day of the year; month of the year for months.

    Returns
    -------
    ndarray of shape (n_points, n_features)
        No columns for an integer index or yearly steps.
    """
    if step.offset is None:
        return np.empty((len(times), 0))
    if isinstance(times, pd.PeriodIndex):
        times = times.to_timestamp()
    days = (times[:1] + step.offset - times[:1]) / pd.Timedelta(1, "D")
    days = float(days[0]) if len(times) else 1.0
    columns = []
    if days < 1 / 24:
        columns.append(times.minute / 59 - 0.5)
    if days < 1:
        columns.append(times.hour / 23 - 0.5)
    if days < 7:
        columns += [times.dayofweek / 6 - 0.5, (times.day - 1) / 30 - 0.5]
    if days < 28:
        columns.append((times.dayofyear - 1) / 365 - 0.5)
    elif days < 360:
        columns.append((times.month - 1) / 11 - 0.5)
    if not columns:
        return np.empty((len(times), 0))
    return np.column_stack([np.asarray(c, dtype=float) for c in columns])
