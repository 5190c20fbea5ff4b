"""Series of parquet files as panels, some whole series at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skscale.forecasting._frames import as_floats, check_frame
from skscale.forecasting._panel import Panel
from skscale.forecasting._time import TimeStep, check_times
from skscale.forecasting._times import Times

__all__ = ["LongTable", "ParquetShards"]


@dataclass(frozen=True)
class LongTable:
    """Parquet files of one long table, and which of its columns are what.

    Attributes
    ----------
    path : str
        Of a file, or of a folder of them, which may be partitioned in the way of Hive.
    keys : list of str
        Columns that name a series.
    time : str
    target : list of str
        Columns to forecast.
    """

    path: str
    keys: list[str]
    time: str
    target: list[str]

    def dataset(self) -> Any:
        """Open the files.

        Raises
        ------
        ImportError
            If pyarrow is missing.
        ValueError
            If there is no such column, or one is named twice.
        """
        try:
            from pyarrow.dataset import dataset
        except ImportError as error:
            message = 'parquet files need pyarrow: pip install "skscale[parquet]"'
            raise ImportError(message) from error
        found = dataset(self.path, format="parquet", partitioning="hive")
        roles = {"keys": self.keys, "time": [self.time], "target": self.target}
        seen: set[str] = set()
        for role, columns in roles.items():
            for name in columns:
                if name not in found.schema.names:
                    raise ValueError(
                        f"{role} must name columns of {self.path}, got {name!r}; it has "
                        f"{found.schema.names}"
                    )
                if name in seen:
                    raise ValueError(f"{role} names the column {name!r} a second time")
                seen.add(name)
        return found


class ParquetShards:
    """Panels of some whole series, in the order of the files; each is read when it is asked for.

    Parameters
    ----------
    table : LongTable
        The rows of a series stand together, in the order of time.
    shard_size : int
        Rows of a panel: it ends with the series that reaches so many.
    freq : str, pandas offset or "auto"
        Step of dates; ``"auto"`` finds it in the first panel.

    Raises
    ------
    ValueError
        If there are no rows, or those of a series do not stand together.
    """

    def __init__(self, table: LongTable, shard_size: int, freq: object = "auto"):
        self._table = table
        self._rows = _Rows.of(table.dataset())
        starts, self._keys = _series(self._rows, table)
        self._starts = np.append(starts, self._rows.offsets[-1])
        self._first = np.append(np.unique(starts // shard_size, return_index=True)[1], len(starts))
        self._freq = None if isinstance(freq, str) and freq == "auto" else freq
        self._step: TimeStep | None = None
        self._checked: set[int] = set()  # panels are read many times

    def __len__(self) -> int:
        return len(self._first) - 1

    def __getitem__(self, i: int) -> Panel:
        first, last = self._first[i : i + 2]
        keys, starts = self._keys[first:last], self._starts[first : last + 1]
        time, target = self._table.time, self._table.target
        read = self._rows.read(starts[0], starts[-1], [time, *target])
        frame = read.to_pandas(date_as_object=False, ignore_metadata=True)
        times, offsets = Times(pd.Index(frame[time])), starts - starts[0]
        if i not in self._checked:
            try:
                self._check(frame[target], times, offsets)
            except (TypeError, ValueError) as error:
                others = f" to {keys[-1]!r}" if len(keys) > 1 else ""
                where = f"in {self._table.path}, series {keys[0]!r}{others}"
                raise type(error)(f"{where}: {error}") from error
            self._checked.add(i)
        assert self._step is not None
        names, columns = [*self._table.keys, time], pd.Index(target)
        values = as_floats(frame[target])
        return Panel(values, None, offsets, keys, times, names, columns, self._step)

    def _check(self, values: pd.DataFrame, times: Times, offsets: np.ndarray) -> None:
        """Check values and times of a panel, as `fit` checks y."""
        check_frame("y", values)
        check_times("y", times.level)
        if self._step is None:
            self._step = TimeStep.of(times, offsets, self._freq)
        self._step.check_regular(times, offsets)


@dataclass(frozen=True)
class _Rows:
    """Rows of a data set, numbered in the order of its files.

    Attributes
    ----------
    groups : list
        Fragment and number of every row group.
    offsets : int64 ndarray of shape (n_groups + 1,)
        First row of every row group, and the number of all.
    """

    dataset: Any
    groups: list[tuple[Any, int]]
    offsets: np.ndarray

    @classmethod
    def of(cls, dataset: Any) -> _Rows:
        """Number the rows of ``dataset``."""
        found = [(one, group) for one in dataset.get_fragments() for group in one.row_groups]
        sizes = [group.num_rows for _, group in found]
        groups = [(fragment, group.id) for fragment, group in found]
        return cls(dataset, groups, np.cumsum([0, *sizes], dtype=np.int64))

    def group(self, i: int, columns: list[str]) -> Any:
        """Columns of one row group."""
        fragment, number = self.groups[i]
        part = fragment.subset(row_group_ids=[number])
        return part.to_table(schema=self.dataset.schema, columns=columns)

    def read(self, start: int, stop: int, columns: list[str]) -> Any:
        """Columns of the rows from ``start`` to before ``stop``."""
        import pyarrow as pa

        first, last = np.searchsorted(self.offsets, [start, stop - 1], side="right") - 1
        parts = []
        for i in range(first, last + 1):
            begin, end = max(start, self.offsets[i]), min(stop, self.offsets[i + 1])
            parts.append(self.group(i, columns).slice(begin - self.offsets[i], end - begin))
        return pa.concat_tables(parts)


def _series(rows: _Rows, table: LongTable) -> tuple[np.ndarray, pd.Index]:
    """First row of every series, and its name."""
    starts, names = zip(*_new_names(rows, table), strict=True) if rows.offsets[-1] else ((), ())
    if not starts:
        raise ValueError(f"{table.path} has no rows")
    found = pd.concat(names, ignore_index=True)
    if len(table.keys) == 1:
        keys = pd.Index(found[table.keys[0]])
    else:
        keys = pd.MultiIndex.from_frame(found)
    again = found.duplicated().to_numpy()  # of the index it would be kept with a table of all
    if again.any():
        raise ValueError(
            f"the rows of series {keys[again][0]!r} do not stand together in "
            f"{table.path}: sort it by {[*table.keys, table.time]}"
        )
    return np.concatenate(starts), keys


def _new_names(rows: _Rows, table: LongTable) -> Iterator[tuple[np.ndarray, pd.DataFrame]]:
    """Rows at which a series begins, and its name, by row group."""
    import pyarrow as pa

    before = None
    for i in range(len(rows.groups)):
        keys = rows.group(i, table.keys)
        if not len(keys):
            continue
        for name in table.keys:
            if keys[name].null_count:
                raise ValueError(f"column {name!r} of {table.path} lacks the name of a series")
        both = keys if before is None else pa.concat_tables([before, keys])
        changed = np.flatnonzero(_differ_from_the_one_before(both))
        first = changed + (before is None)
        starts = np.append(0, first) if before is None else first
        before = keys.slice(len(keys) - 1)
        yield starts + rows.offsets[i], keys.take(starts).to_pandas(ignore_metadata=True)


def _differ_from_the_one_before(table: Any) -> np.ndarray:
    """Whether each row but the first is another than the row before it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = np.zeros(max(len(table) - 1, 0), dtype=bool)
    for column in table.columns:
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        found |= pc.not_equal(column.slice(1), column.slice(0, len(column) - 1)).to_numpy()
    return found
