"""What a time tells by itself: its place in day, week and year, and whether it is a holiday."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from skscale.forecasting._offsets import days_of_step
from skscale.forecasting._panel import Panel
from skscale.forecasting._time import TimeStep

__all__ = ["Calendar", "calendar_features", "check_time_features", "cyclic_features"]

_HOLIDAYS = "holidays:"
_NAMES = ("calendar", "cyclic")
_DAYS = {"day": 1.0, "week": 7.0, "year": 365.2425}


def check_time_features(value: object) -> None:
    """Raise ValueError unless ``value`` is True, False, "auto" or a list of kinds of features.

    Raises
    ------
    ImportError
        If holidays are asked for, and the library of that name is missing.
    """
    if isinstance(value, bool | np.bool_) or (isinstance(value, str) and value == "auto"):
        return
    listed = value if isinstance(value, list | tuple) else [None]
    for name in listed:
        if isinstance(name, str) and name.startswith(_HOLIDAYS):
            _holidays_in(name, 2000)
        elif not isinstance(name, str) or name not in _NAMES:
            raise ValueError(
                f'time_features must be True, False, "auto" or a list of "calendar", "cyclic" and '
                f'"holidays:<place>", such as "holidays:DE"; got {value!r}'
            )


@dataclass(frozen=True)
class Calendar:
    """Columns that follow from the times alone, of the past and of any future.

    Attributes
    ----------
    step : TimeStep
    kinds : tuple of str
        Of ``"calendar"``, ``"cyclic"`` and ``"holidays:<place>"``.
    """

    step: TimeStep
    kinds: tuple[str, ...] = ()

    @classmethod
    def of(cls, time_features: object, panel: Panel) -> Calendar:
        """Read the parameter ``time_features`` for the times of a panel.

        Raises
        ------
        ValueError
            If these are integers, or their step is too long for holidays.
        """
        kinds: tuple[str, ...] = ()
        if isinstance(time_features, list | tuple):
            kinds = tuple(dict.fromkeys(time_features))
        elif not isinstance(time_features, str) and time_features:
            kinds = ("calendar",)
        if kinds and panel.step.offset is None:
            raise ValueError(
                f"time_features={time_features!r} needs dates, but the index of y holds integers; "
                'pass time_features="auto" or give y a DatetimeIndex or PeriodIndex'
            )
        found = cls(panel.step, kinds)
        if found.places and days_of_step(panel.step.offset) >= _DAYS["week"]:
            raise ValueError(
                f"time_features={time_features!r} must not name holidays for {panel.step}: a "
                "holiday is a day, which so long a step does not show; pass their number in each "
                "step as a column of X"
            )
        return found

    @property
    def places(self) -> list[str]:
        """Kinds that are holidays."""
        return [kind for kind in self.kinds if kind.startswith(_HOLIDAYS)]

    @property
    def n_features(self) -> int:
        """Number of columns beside holidays."""
        return self.features(pd.DatetimeIndex(["2000-01-01"])).shape[1]

    def features(self, times: pd.Index) -> np.ndarray:
        """Place of every time in its day, week and year, (n_points, n_features)."""
        parts = [np.empty((len(times), 0))]
        if "calendar" in self.kinds:
            parts.append(calendar_features(times, self.step))
        if "cyclic" in self.kinds:
            parts.append(cyclic_features(times, self.step))
        return np.concatenate(parts, axis=1)

    def holidays(self, times: pd.Index) -> np.ndarray:
        """One for every point on a holiday, else zero, (n_points, n_places), float32."""
        found = np.zeros((len(times), len(self.places)), dtype=np.float32)
        if not found.size:
            return found
        wall = _dates(times)
        days = wall.to_numpy().astype("datetime64[D]")
        for column, place in enumerate(self.places):
            known = [_holidays_in(place, year) for year in wall.year.unique()]
            found[:, column] = np.isin(days, np.concatenate(known))
        return found


def calendar_features(times: pd.Index, step: TimeStep) -> np.ndarray:
    """Calendar position of every time, each column linear in [-0.5, 0.5].

    Only what changes faster than the step can tell: the time of day for steps below a day,
    then weekday, day of the month and day of the year; month of the year for months. Which
    columns there are follows from the step alone. Periods count from their start.

    Returns
    -------
    ndarray of shape (n_points, n_features)
        No columns for an integer index or yearly steps.
    """
    if step.offset is None:
        return np.empty((len(times), 0))
    times = _dates(times)
    days = days_of_step(step.offset)
    columns = []
    if days < 1 / 24:
        columns.append(times.minute / 59 - 0.5)
    if days < 1:
        columns.append(times.hour / 23 - 0.5)
    if days < 7:
        columns += [times.dayofweek / 6 - 0.5, (times.day - 1) / 30 - 0.5]
    if days < 28:
        columns.append((times.dayofyear - 1) / 365 - 0.5)
    elif days < 350:
        columns.append((times.month - 1) / 11 - 0.5)
    return _beside(columns, len(times))


def cyclic_features(times: pd.Index, step: TimeStep) -> np.ndarray:
    """Sine and cosine of the place of every time in its day, week and year.

    Of the cycles that hold two steps or more: the last hour of a year stands beside the first
    one. Periods count from their start, dates with a time zone by the clock on the wall.

    Returns
    -------
    ndarray of shape (n_points, n_features)
        No columns for an integer index or yearly steps.
    """
    if step.offset is None:
        return np.empty((len(times), 0))
    times = _dates(times)
    in_day = (times.hour + times.minute / 60 + times.second / 3600) / 24
    in_year = np.where(times.is_leap_year, 366, 365)
    place = {
        "day": in_day,
        "week": (times.dayofweek + in_day) / 7,
        "year": (times.dayofyear - 1 + in_day) / in_year,
    }
    days = days_of_step(step.offset)
    angles = [2 * np.pi * place[cycle] for cycle in place if 2 * days <= _DAYS[cycle] * 1.01]
    return _beside([wave(angle) for angle in angles for wave in (np.sin, np.cos)], len(times))


def _beside(columns: list[pd.Index], n_points: int) -> np.ndarray:
    if not columns:
        return np.empty((n_points, 0))
    return np.column_stack([np.asarray(column, dtype=float) for column in columns])


def _dates(times: pd.Index) -> pd.DatetimeIndex:
    """Dates on the wall; of periods, their starts."""
    if isinstance(times, pd.PeriodIndex):
        return times.to_timestamp()
    return times.tz_localize(None)


@lru_cache(maxsize=4096)
def _holidays_in(place: Hashable, year: int) -> np.ndarray:
    """Dates of the holidays in a year, of a country, a part of it, or a stock exchange."""
    try:
        import holidays
    except ImportError as error:
        raise ImportError(
            f"time_features={[place]!r} needs the library holidays: pip install 'skscale[holidays]'"
        ) from error
    name = str(place).removeprefix(_HOLIDAYS)
    country, _, part = name.partition("-")
    try:
        if name in holidays.list_supported_financial():
            found = holidays.financial_holidays(name, years=year)
        else:
            found = holidays.country_holidays(country, subdiv=part or None, years=year)
    except NotImplementedError as error:
        raise ValueError(
            f"time_features must name holidays as the library of that name does, such as "
            f'"holidays:DE", "holidays:DE-BY" or "holidays:NYSE"; got {place!r}: {error}'
        ) from error
    return np.array(sorted(found), dtype="datetime64[D]")
