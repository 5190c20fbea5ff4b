"""What is checked of pandas input, and the numbers that it holds."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from skscale.forecasting._categories import holds_levels
from skscale.forecasting._positions import (
    first_out_of_order,
    has_repeats,
    in_order,
    positions,
)
from skscale.forecasting._time import check_times
from skscale.forecasting._times import Times

__all__ = [
    "as_floats",
    "as_numbers",
    "channel_order",
    "check_covered",
    "check_frame",
    "column_order",
    "instances",
    "kind_of_index",
    "plain",
    "renamed",
]

# What pandas calls objects that are numbers; "empty" is nothing but missing values.
_NUMBERS = {"integer", "floating", "mixed-integer-float", "decimal", "boolean", "empty"}
# Sums of values of this size still fit float64, whatever their signs.
_LARGEST = 1e300


def as_numbers(frame: pd.DataFrame) -> np.ndarray:
    """Values as float64, (n_rows, n_columns); a missing value of any type becomes nan."""
    if all(isinstance(dtype, np.dtype) and dtype.kind != "O" for dtype in frame.dtypes):
        return frame.to_numpy(dtype=np.float64)
    columns = [frame.iloc[:, i] for i in range(frame.shape[1])]
    return np.column_stack([_column_as_numbers(column) for column in columns])


def as_floats(frame: pd.DataFrame) -> np.ndarray:
    """Values likewise, or float32 where all are; shared with the frame where they can be."""
    alike = all(dtype == np.dtype(np.float32) for dtype in frame.dtypes)
    return frame.to_numpy() if alike else as_numbers(frame)


def plain(data: object) -> object:
    """Pandas input in types that sktime reads: numbers as float64, text as objects.

    Types of NumPy and categories of pandas stay, and all that is not pandas.
    """
    if isinstance(data, pd.Series):
        return _plain_column(data)
    if not isinstance(data, pd.DataFrame):
        return data
    columns = [data.iloc[:, i] for i in range(data.shape[1])]
    read = [_plain_column(column) for column in columns]
    if all(new is old for new, old in zip(read, columns, strict=True)):
        return data
    return pd.concat(read, axis=1).set_axis(data.columns, axis=1)


def _plain_column(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column
    if holds_levels(column):
        return column.astype(object)
    of_numpy = isinstance(column.dtype, np.dtype) and column.dtype != object
    if of_numpy or not _holds_numbers(column):
        return column
    return pd.Series(_column_as_numbers(column), index=column.index, name=column.name)


def _holds_numbers(column: pd.Series) -> bool:
    """Whether a column holds real numbers or Booleans, of whatever type."""
    if column.dtype == object:
        return pd.api.types.infer_dtype(column, skipna=True) in _NUMBERS
    is_a = pd.api.types  # pyarrow's booleans are no numbers to pandas
    numeric = is_a.is_numeric_dtype(column) or is_a.is_bool_dtype(column)
    return numeric and not is_a.is_complex_dtype(column)


def _column_as_numbers(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_bool_dtype(column.dtype):
        column = column.astype("boolean")  # pyarrow's booleans do not turn into numbers
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def kind_of_index(index: pd.Index) -> str:
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
        If a column is not numeric; one of X may be categorical.
    ValueError
        If there are no rows, a column name occurs twice, a time point is missing, occurs twice
        or out of order, or a value is infinite or beyond 1e300. A missing one may be.
    """
    if isinstance(data, pd.Series):
        data = data.to_frame()
    if not isinstance(data, pd.DataFrame):
        return
    for axis, what in enumerate(("rows", "columns")):
        if data.shape[axis] == 0 and (what == "rows" or name == "y"):
            raise ValueError(f"{name} is empty: it has no {what}")
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
    y_kind, X_kind = kind_of_index(y.index), kind_of_index(X.index)
    if y_kind != X_kind:
        raise ValueError(f"X has {X_kind}, but y has {y_kind}; they must be the same")
    of_series = isinstance(X.index, pd.MultiIndex)
    missing = positions(y.index, X.index) < 0 if of_series else ~y.index.isin(X.index)
    if missing.any():
        raise ValueError(
            f"X has no row for {y.index[int(missing.argmax())]}; it must cover y "
            f"({int(missing.sum())} of {len(y)} rows are missing)"
        )


def _check_order(name: str, index: pd.Index) -> None:
    check_times(name, Times.of(index).level)  # of all rows if one is missing
    if isinstance(index, pd.MultiIndex) and in_order(index):
        return  # so that nothing repeats
    if has_repeats(index):
        repeated = index[index.duplicated()][0]
        raise ValueError(f"the index of {name} repeats {repeated}; every row must be its own")
    i = first_out_of_order(index)
    if i is None:
        return
    raise ValueError(
        f"the index of {name} is not sorted: {index[i]} stands behind {index[i - 1]}; sort it "
        f"with {name}.sort_index()"
    )


def _check_column(name: str, column: object, values: pd.Series) -> None:
    if name == "X" and holds_levels(values):
        return
    numeric = _holds_numbers(values) and (name == "X" or values.dtype != object)
    if pd.api.types.is_datetime64_any_dtype(values):
        raise TypeError(
            f"column {column!r} of {name} holds dates, which belong in the index: "
            f"{name}.set_index({column!r})"
        )
    if not numeric:
        levels = "or nothing but text" if name == "X" else "no text or categorical values"
        raise TypeError(
            f"column {column!r} of {name} has dtype {values.dtype}; it must hold numbers, {levels}"
        )
    if _within_bounds(values):
        return
    numbers = _column_as_numbers(values)
    infinite = np.isinf(numbers)
    if infinite.any():
        i = int(infinite.argmax())
        raise ValueError(
            f"column {column!r} of {name} holds {values.iloc[i]} at {values.index[i]} (row {i}), "
            f"the first of {int(infinite.sum())} values that are infinite; values may be "
            "missing, as nan, but not infinite"
        )
    i = int(np.abs(np.nan_to_num(numbers)).argmax())
    raise ValueError(
        f"column {column!r} of {name} holds {values.iloc[i]} at {values.index[i]} (row {i}); "
        f"at most {_LARGEST:g} in size can be computed with: divide the column by a constant"
    )


def _within_bounds(values: pd.Series) -> bool:
    """Whether no number is too large; missing ones do not count. Nothing is copied of NumPy's."""
    of_numpy = isinstance(values.dtype, np.dtype) and values.dtype != object
    numbers = values.to_numpy() if of_numpy else _column_as_numbers(values)
    # Compared as float64, since float32 knows no number of that size.
    largest, smallest = float(np.fmax.reduce(numbers)), float(np.fmin.reduce(numbers))
    return not (largest > _LARGEST or smallest < -_LARGEST)


def renamed(y: pd.DataFrame, columns: pd.Index) -> pd.DataFrame:
    """Bring the columns of ``y`` into the order of ``columns``; a single one may have any name.

    Raises
    ------
    ValueError
        If one is missing or new.
    """
    if list(y.columns) == list(columns):
        return y
    return y.iloc[:, column_order(y.columns, columns)].set_axis(columns, axis=1)


def column_order(found: pd.Index, wanted: pd.Index) -> np.ndarray:
    """Where ``found`` holds each of the ``wanted`` channels, see `renamed`."""
    if len(found) == len(wanted) == 1:
        return np.zeros(1, dtype=np.int64)
    if len(found) != len(wanted) or set(found) != set(wanted):
        raise ValueError(
            f"y has the columns {list(found)}, but the forecaster was fitted with "
            f"{list(wanted)}; they must be the same"
        )
    return found.get_indexer(wanted)


def channel_order(found: pd.Index, wanted: pd.Index) -> np.ndarray:
    """Where series to come hold the channels that a network was trained on.

    By name; by position where all names are new, since other series may have names of their own.

    Raises
    ------
    ValueError
        If some names are known and others are not, or the number differs.
    """
    if len(found) == len(wanted) and not found.isin(wanted).any():
        return np.arange(len(wanted))
    return column_order(found, wanted)


def instances(index: pd.MultiIndex) -> pd.Index:
    """Instance of every row."""
    return index.droplevel(-1)
