"""Between pandas and arrays: every sktime container becomes one flat array, once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from skscale.forecasting._time import TimeStep, check_times

__all__ = ["Panel", "check_covered", "check_frame", "extended", "renamed"]


@dataclass(frozen=True)
class Panel:
    """Series of any lengths, one after the other.

    Attributes
    ----------
    values : float64 ndarray of shape (n_points, n_channels)
    offsets : int64 ndarray of shape (n_series + 1,)
    keys : Index or None
        Instance of every series; None for a single series without instance levels.
    times : Index
        Time of every point.
    names : list of str or None
        Level names of the index.
    columns : Index
        Channel names.
    step : TimeStep
    """

    values: np.ndarray
    offsets: np.ndarray
    keys: pd.Index | None
    times: pd.Index
    names: list
    columns: pd.Index
    step: TimeStep

    @classmethod
    def from_frame(cls, y: pd.DataFrame) -> Panel:
        """Read a DataFrame of one series, or one with instance levels before the time."""
        keys, offsets, times = _split_index(y.index)
        step = TimeStep.of(times, offsets)
        step.check_regular(times, offsets)
        values = y.to_numpy(dtype=np.float64)
        return cls(values, offsets, keys, times, list(y.index.names), y.columns, step)

    def continued(self, y: pd.DataFrame, at_least: int) -> tuple[Panel, Panel]:
        """Read ``y``, which holds these series and what came since, perhaps after gaps.

        A network looks back over an unbroken context, but learns from all of them.

        Returns
        -------
        stretches : Panel
            Every unbroken stretch of a series, as a series of its own.
        newest : Panel
            The last stretch of every series.

        Raises
        ------
        ValueError
            If a stretch behind a gap is the last and has less than ``at_least`` points.
        """
        keys, offsets, times = _split_index(y.index)
        step = self.step.with_holidays(times, offsets)
        gaps = step.gaps(times, offsets)
        ends = np.sort(np.concatenate([offsets, gaps]))
        step.check_regular(times, ends)
        series = np.searchsorted(offsets, ends[:-1], side="right") - 1
        last = np.searchsorted(ends, offsets[1:]) - 1
        keys = None if keys is None else keys[series]
        values = y.to_numpy(dtype=np.float64)
        whole = replace(
            self, values=values, offsets=ends, keys=keys, times=times, columns=y.columns, step=step
        )
        if not len(gaps):
            return whole, whole
        behind = np.bincount(series)[series[last]] > 1
        short = behind & (whole.lengths[last] < at_least)
        if short.any():
            start = ends[last[short.argmax()]]
            raise ValueError(
                f"y goes on at {times[start]}, after a gap that ends the data seen before at "
                f"{times[start - 1]}; fill the gap, or pass at least {at_least} points behind it: "
                "the network's context has to be unbroken"
            )
        return whole, whole.take(last)

    def take(self, series: np.ndarray) -> Panel:
        """The series at positions ``series``, in that order, as a panel."""
        rows = np.concatenate([np.arange(*self.offsets[i : i + 2]) for i in series])
        return replace(
            self,
            values=self.values[rows],
            offsets=np.concatenate(([0], np.cumsum(self.lengths[series]))),
            keys=None if self.keys is None else self.keys[series],
            times=self.times[rows],
        )

    @property
    def lengths(self) -> np.ndarray:
        """Points of every series."""
        return np.diff(self.offsets)

    @property
    def last_times(self) -> pd.Index:
        """Last time of every series."""
        return self.times[self.offsets[1:] - 1]

    def positions_of(self, other: Panel) -> np.ndarray:
        """Position here of every series of ``other``, -1 for those unknown here."""
        if self.keys is None or other.keys is None:
            return np.arange(len(other.lengths))
        return self.keys.get_indexer(other.keys)

    def index_of(self, series: np.ndarray, times: pd.Index) -> pd.Index:
        """Index of points ``times`` of ``series``, in the form the data came in."""
        if self.keys is None:
            return self.step.with_freq(times).rename(self.names[-1])
        keys = self.keys[series]
        levels = [keys.get_level_values(i) for i in range(keys.nlevels)]
        return pd.MultiIndex.from_arrays([*levels, times], names=self.names)


def _split_index(index: pd.Index) -> tuple[pd.Index | None, np.ndarray, pd.Index]:
    """Instances, offsets and times; the rows of an instance stand together."""
    if not isinstance(index, pd.MultiIndex):
        return None, np.array([0, len(index)]), index
    codes = np.column_stack([np.asarray(c) for c in index.codes[:-1]])
    starts = np.flatnonzero((np.diff(codes, axis=0) != 0).any(axis=1)) + 1
    offsets = np.concatenate(([0], starts, [len(index)]))
    keys = index.droplevel(-1)[offsets[:-1]]
    if keys.has_duplicates:
        raise ValueError(
            f"the rows of instance {keys[keys.duplicated()][0]!r} do not stand together; sort y "
            "with y.sort_index()"
        )
    return keys, offsets, index.levels[-1].take(index.codes[-1])


def _kind(index: pd.Index) -> str:
    """Instance levels and type of time, in words."""
    time = index.levels[-1] if isinstance(index, pd.MultiIndex) else index
    kind = "integers" if pd.api.types.is_integer_dtype(time.dtype) else str(time.dtype)
    kind = re.sub(r"\[[mun]?s\b", "[", kind)  # the resolution of dates makes no difference
    levels = f"{index.nlevels - 1} instance levels and " if index.nlevels > 1 else ""
    return f"{levels}an index of {kind}"


def check_frame(name: str, data: object) -> None:
    """Check what sktime leaves unchecked or says unclearly, for pandas input.

    Parameters
    ----------
    name : str
        "y" or "X", for the message.
    data : object
        What the user passed; anything but pandas objects is left to sktime.

    Raises
    ------
    TypeError
        If a column is not numeric.
    ValueError
        If there are no rows, a column name occurs twice, a time point occurs twice or out of
        order, or a value is nan or infinite.
    """
    if isinstance(data, pd.Series):
        data = data.to_frame()
    if not isinstance(data, pd.DataFrame):
        return
    if len(data) == 0:
        raise ValueError(f"{name} is empty: it has no rows")
    if data.columns.has_duplicates:
        repeated = data.columns[data.columns.duplicated()][0]
        raise ValueError(f"{name} has more than one column named {repeated!r}")
    if any(isinstance(cell, pd.Series | pd.DataFrame) for cell in data.iloc[0]):
        return  # sktime's nested format
    _check_order(name, data.index)
    for position, column in enumerate(data.columns):
        _check_column(name, column, data.iloc[:, position])


def check_covered(y: object, X: object) -> None:
    """Raise ValueError naming the first row of pandas ``y`` that ``X`` lacks."""
    frames = pd.DataFrame | pd.Series
    if not (isinstance(y, frames) and isinstance(X, frames)):
        return
    y_kind, X_kind = _kind(y.index), _kind(X.index)
    if y_kind != X_kind:
        raise ValueError(f"X has {X_kind}, but y has {y_kind}; they must be the same")
    missing = ~y.index.isin(X.index)
    if missing.any():
        raise ValueError(
            f"X has no row for {y.index[int(missing.argmax())]}; it must cover y "
            f"({int(missing.sum())} of {len(y)} rows are missing)"
        )


def _check_order(name: str, index: pd.Index) -> None:
    check_times(name, index.get_level_values(-1) if isinstance(index, pd.MultiIndex) else index)
    if index.has_duplicates:
        repeated = index[index.duplicated()][0]
        raise ValueError(f"the index of {name} repeats {repeated}; every row must be its own")
    if isinstance(index, pd.MultiIndex) or index.is_monotonic_increasing:
        return
    i = int((~(index[:-1] < index[1:])).argmax()) + 1
    raise ValueError(
        f"the index of {name} is not sorted: {index[i]} stands behind {index[i - 1]}; sort it "
        f"with {name}.sort_index()"
    )


def _check_column(name: str, column: object, values: pd.Series) -> None:
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_complex_dtype(values)
    if pd.api.types.is_datetime64_any_dtype(values):
        raise TypeError(
            f"column {column!r} of {name} holds dates, which belong in the index: "
            f"{name}.set_index({column!r})"
        )
    if not numeric:
        raise TypeError(
            f"column {column!r} of {name} has dtype {values.dtype}; categorical and other "
            "non-numeric values must be encoded as integer, float or boolean first"
        )
    finite = np.isfinite(values.to_numpy(dtype=np.float64, na_value=np.nan))
    if not finite.all():
        i = int((~finite).argmax())
        raise ValueError(
            f"column {column!r} of {name} holds {values.iloc[i]} at {values.index[i]} (row {i}), "
            f"the first of {int((~finite).sum())} values that are nan or infinite; fill them, "
            "for example with interpolate()"
        )


def renamed(y: pd.DataFrame, columns: pd.Index) -> pd.DataFrame:
    """Bring the columns of ``y`` into the order seen in fit; a single one may have any name.

    Raises
    ------
    ValueError
        If one is missing or new.
    """
    if list(y.columns) == list(columns):
        return y
    if len(y.columns) == len(columns) == 1:
        return y.set_axis(columns, axis=1)
    if set(y.columns) != set(columns):
        raise ValueError(
            f"y has the columns {list(y.columns)}, but the forecaster was fitted with "
            f"{list(columns)}; they must be the same"
        )
    return y[list(columns)]


def extended(seen: pd.DataFrame | None, new: pd.DataFrame | None) -> pd.DataFrame | None:
    """Add rows to the rows seen before; where both have a row, the new one counts.

    Raises
    ------
    ValueError
        If the rows have indices of different kinds.
    """
    if seen is None or new is None:
        return seen if new is None else new
    old_kind, new_kind = (_kind(data.index) for data in (seen, new))
    if old_kind != new_kind:
        raise ValueError(f"the new data have {new_kind}, but those seen before {old_kind}")
    both = pd.concat([seen, new])
    return both[~both.index.duplicated(keep="last")].sort_index()
