"""Values of pandas as plain parts: indices, frames, dates, offsets."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype, pandas_dtype
from pandas.tseries import offsets

from skscale.saving._container import UnreadableFileError

__all__ = ["read_table", "table_form"]

Put = Callable[[Any, str], Any]
Take = Callable[[Any], Any]

_NUMBERS = "biuf"


def table_form(value: Any, put: Put, where: str) -> Any:
    """Form of a value of pandas, or a date; None for any other.

    Parameters
    ----------
    value : object
    put : callable
        Gives the form of a part, from the part and what it is.
    where : str
    """

    def parts(*found: Any) -> list[Any]:
        return [put(part, where) for part in found]

    if isinstance(value, pd.Index):
        kind, *data = _index_parts(value)
        return {kind: parts(*data)}
    if isinstance(value, pd.DataFrame):
        return {"frame": parts(value.columns, value.index, *_column_parts(value))}
    if isinstance(value, pd.Timestamp | pd.Timedelta | pd.Period):
        return {"element": parts(pd.Index([value]))}
    if isinstance(value, pd.offsets.BaseOffset):
        kwds = {k: v for k, v in value.kwds.items() if k != "calendar"}
        offset = type(value).__name__, value.n, value.normalize, kwds
        if _offset(*offset) != value:
            return None
        return {"offset": parts(*offset)}
    if isinstance(value, np.datetime64 | np.timedelta64):
        return {"numpy": [value.dtype.str, int(value.astype(np.int64))]}
    for kind in (datetime.datetime, datetime.date, datetime.time):
        if type(value) is kind:
            return {kind.__name__: value.isoformat()}
    if type(value) is datetime.timedelta:
        return {"timedelta": [value.days, value.seconds, value.microseconds]}
    return None


def read_table(kind: str, data: Any, take: Take) -> Any:
    """Value of a form."""
    if kind in _READ:
        return _READ[kind](*[take(part) for part in data])
    if kind == "numpy":
        dtype = np.dtype(data[0])
        if dtype.kind not in "mM":
            raise UnreadableFileError(f"a date has the type {dtype}")
        return np.array(data[1], dtype=np.int64).view(dtype)[()]
    if kind == "timedelta":
        return datetime.timedelta(*data)
    if kind in ("datetime", "date", "time"):
        return getattr(datetime, kind).fromisoformat(data)
    raise UnreadableFileError(f"there is no kind of value named {kind[:60]!r}")


def _index_parts(index: pd.Index) -> tuple:
    """Kind of an index, and what `_READ` makes it from."""
    dtype, name = index.dtype, index.name
    if isinstance(index, pd.MultiIndex):
        if not all(level.is_unique for level in index.levels):  # pandas would not read such levels
            columns = [index.get_level_values(i) for i in range(index.nlevels)]
            index = pd.MultiIndex.from_arrays(columns, names=index.names)
        levels = [level.rename(None) for level in index.levels]
        codes = [np.asarray(code) for code in index.codes]
        return "levels", levels, codes, list(index.names)
    if isinstance(index, pd.RangeIndex):
        return "steps", index.start, index.stop, index.step, name
    if isinstance(index, pd.DatetimeIndex):
        tz = None if index.tz is None else str(index.tz)
        return "dates", index.asi8, index.unit, tz, index.freq, name
    if isinstance(index, pd.TimedeltaIndex):
        return "durations", index.asi8, index.unit, index.freq, name
    if isinstance(index, pd.PeriodIndex):
        return "periods", index.asi8, index.freq, name
    if isinstance(index, pd.CategoricalIndex):
        places = np.asarray(index.codes, dtype=np.int64)
        return "categories", places, index.categories, index.ordered, name
    if isinstance(dtype, np.dtype) and dtype.kind in _NUMBERS:
        return "numbers", index.to_numpy(), name
    text = isinstance(dtype, pd.StringDtype) or (
        dtype.kind == "O" and infer_dtype(index, skipna=False) == "string"
    )
    if text:
        places, found = pd.factorize(index)
        lines = [str(line) for line in found]
        return "words", np.asarray(places, dtype=np.int64), lines, str(dtype), name
    return "objects_of", list(index.astype(object)), str(dtype), name


def _column_parts(frame: pd.DataFrame) -> tuple:
    """Columns of a frame: one array where they are alike, else one by one."""
    kinds = set(frame.dtypes)
    plain = all(isinstance(kind, np.dtype) and kind.kind in _NUMBERS for kind in kinds)
    if plain and len(kinds) == 1:
        return (frame.to_numpy(),)
    return ([_column(frame.iloc[:, i]) for i in range(frame.shape[1])],)


def _column(column: pd.Series) -> Any:
    plain = isinstance(column.dtype, np.dtype) and column.dtype.kind in _NUMBERS
    return column.to_numpy() if plain else pd.Index(column.array)


def _frame(columns: pd.Index, index: pd.Index, values: Any) -> pd.DataFrame:
    if isinstance(values, np.ndarray):
        return pd.DataFrame(values, index=index, columns=columns)
    held = {
        i: column if isinstance(column, np.ndarray) else column.array
        for i, column in enumerate(values)
    }
    return pd.DataFrame(held, index=index).set_axis(columns, axis=1)


def _offset(name: str, n: int, normalize: bool, kwds: dict[str, Any]) -> pd.offsets.BaseOffset:
    kind = getattr(offsets, name, None)
    if not (isinstance(kind, type) and issubclass(kind, pd.offsets.BaseOffset)):
        raise UnreadableFileError(f"pandas has no offset {name[:60]!r}")
    return kind(n=n, normalize=normalize, **kwds) if kwds or normalize else kind(n)


def _levels(levels: list, codes: list, names: list) -> pd.MultiIndex:
    return pd.MultiIndex(levels, codes, names=names)


def _dates(values: np.ndarray, unit: str, tz: str | None, freq: Any, name: Any) -> pd.DatetimeIndex:
    index = pd.DatetimeIndex(values.view(f"M8[{unit}]"), name=name)
    index = index if tz is None else index.tz_localize("UTC").tz_convert(tz)
    return pd.DatetimeIndex(index, freq=freq)


def _durations(values: np.ndarray, unit: str, freq: Any, name: Any) -> pd.TimedeltaIndex:
    return pd.TimedeltaIndex(values.view(f"m8[{unit}]"), freq=freq, name=name)


def _periods(values: np.ndarray, freq: Any, name: Any) -> pd.PeriodIndex:
    return pd.PeriodIndex.from_ordinals(values, freq=freq, name=name)


def _categories(codes: np.ndarray, levels: pd.Index, ordered: bool, name: Any) -> pd.Index:
    found = pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(levels, ordered))
    return pd.CategoricalIndex(found, name=name)


def _words(codes: np.ndarray, lines: list[str], dtype: str, name: Any) -> pd.Index:
    if len(codes) and not -1 <= codes.min() <= codes.max() < len(lines):
        raise UnreadableFileError("a column of text refers to lines that are not there")
    kind = pandas_dtype(dtype)
    if kind is not np.dtype(object) and not isinstance(kind, pd.StringDtype):
        raise UnreadableFileError(f"text has the type {dtype[:60]!r}")
    return pd.Index(np.array([*lines, None], dtype=object)[codes], dtype=kind, name=name)


def _objects(values: list, dtype: str, name: Any) -> pd.Index:
    held = np.empty(len(values), dtype=object)
    held[:] = values
    return pd.Index(held, dtype=pandas_dtype(dtype), name=name, tupleize_cols=False)


_READ: dict[str, Callable] = {
    "levels": _levels,
    "steps": lambda start, stop, step, name: pd.RangeIndex(start, stop, step, name=name),
    "dates": _dates,
    "durations": _durations,
    "periods": _periods,
    "categories": _categories,
    "numbers": lambda values, name: pd.Index(values, name=name),
    "words": _words,
    "objects_of": _objects,
    "frame": _frame,
    "element": lambda index: index[0],
    "offset": _offset,
}
