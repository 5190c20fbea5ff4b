"""Between pandas and arrays: every sktime container becomes one flat array, once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skscale.forecasting._time import TimeStep

__all__ = ["Panel", "check_covered", "check_frame", "extended"]


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

    def left_behind(self, y: pd.DataFrame, at_least: int) -> np.ndarray:
        """Whether new rows ``y`` of a series begin after a gap, ``at_least`` so many of them."""
        keys, offsets, times = _split_index(y.index)
        place = np.arange(1) if keys is None or self.keys is None else self.keys.get_indexer(keys)
        found = (place >= 0) & (np.diff(offsets) >= at_least)
        place, first = place[found], times[offsets[:-1][found]]
        left = np.zeros(len(self.lengths), dtype=bool)
        left[place] = np.asarray(first > self.step.shift(self.last_times[place], 1))
        return left

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
    if not (isinstance(y, frames) and isinstance(X, frames)) or type(y.index) is not type(X.index):
        return
    missing = ~y.index.isin(X.index)
    if missing.any():
        raise ValueError(
            f"X has no row for {y.index[int(missing.argmax())]}; it must cover y "
            f"({int(missing.sum())} of {len(y)} rows are missing)"
        )


def _check_order(name: str, index: pd.Index) -> None:
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


def extended(seen: pd.DataFrame | None, new: pd.DataFrame | None) -> pd.DataFrame | None:
    """Add rows to the rows seen before; where both have a row, the new one counts."""
    if seen is None or new is None:
        return seen if new is None else new
    both = pd.concat([seen, new])
    return both[~both.index.duplicated(keep="last")].sort_index()
