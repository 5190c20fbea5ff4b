"""From a name to a series, a table or a panel."""

from __future__ import annotations

import csv
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from skscale.datasets._files import opened, path_of

__all__ = ["Source", "available", "load", "sources"]

# What ships inside sktime, by the name of its loader there.
_SHIPPED = {
    "airline": "load_airline",
    "hierarchical_sales": "load_hierarchical_sales_toydata",
    "longley": "load_longley",
    "lynx": "load_lynx",
    "macroeconomic": "load_macroeconomic",
    "PBS": "load_PBS_dataset",
    "shampoo": "load_shampoo_sales",
    "uschange": "load_uschange",
}


class Source(NamedTuple):
    """A file: its place in a folder and on the net, its checksum ("" for unknown), and its size.

    The first column, dates or names, does not count; a table without ``step`` is M4's.
    """

    name: str
    path: str
    url: str
    sha256: str
    rows: int
    columns: int
    step: str


@cache
def sources() -> dict[str, Source]:
    """All files by the name of their data set."""
    with (files("skscale.datasets") / "sources.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def source(row: dict[str, str]) -> Source:
        size = {name: int(row[name]) for name in ("rows", "columns")}
        return Source(row["name"], row["path"], row["url"], row["sha256"], **size, step=row["step"])

    return {row["name"]: source(row) for row in rows}


def available() -> list[str]:
    """Names of the data sets.

    Examples
    --------
    >>> from skscale.datasets import available
    >>> available()[:3]
    ['ETTh1', 'ETTh2', 'ETTm1']
    """
    return sorted({*_SHIPPED, *sources()})


def load(name: str, *, folder: str | Path | None = None) -> pd.Series | pd.DataFrame:
    """Load a data set by name.

    Parameters
    ----------
    name : str
        One of `available`. Sets that ship inside sktime need no network. A name such as
        ``"M4-Monthly"`` is the training part of the M4 competition, ``"M4-Monthly-test"`` what
        followed.
    folder : path, optional
        Where the file lies already: ``folder/ett/ETTh1.csv`` or ``folder/ETTh1.csv``, plain or
        packed as ``.xz`` or ``.gz``; it is taken as it is. Without, it is fetched once from its
        usual home by pooch (the extra ``datasets``), checked, and kept in pooch's cache.

    Returns
    -------
    Series or DataFrame
        A series with the index of sktime; a table with one column for each series and a step of
        its index; for M4 a panel of one column with integer time. Columns known beside a series
        (``"longley"``, ``"uschange"``) stand behind it.

    Raises
    ------
    ValueError
        If there is no such set, or what was fetched has not its size.
    FileNotFoundError
        If ``folder`` does not hold the file.
    ImportError
        If the file must be fetched and pooch is missing.
    OSError
        If the file could not be fetched: no network, or other bytes than expected.

    Notes
    -----
    Dates of tables count back from the last row in even steps. That changes Weather alone, where
    one stamp occurs twice and nine are missing: rows before 29 May 2020 get dates 80 to 90
    minutes later than in the file. Its 81 cells of -9999 stay as they are. Checksums of
    Electricity and Traffic are unknown; only their size is checked.

    Examples
    --------
    >>> from skscale.datasets import load
    >>> load("airline").shape
    (144,)
    >>> load("longley").columns[0]
    'TOTEMP'
    """
    if name in _SHIPPED and folder is None:
        return _shipped(name)
    if name not in sources():
        hint = ", which ships inside sktime: leave out folder" if name in _SHIPPED else ""
        raise ValueError(f"name must be one of {available()}, got {name!r}{hint}")
    source = sources()[name]
    path = path_of(source.path, source.url, source.sha256, folder)
    found = _table(source, path) if source.step else _panel(path)
    if folder is None:
        _check_size(source, found)
    return found


def _shipped(name: str) -> pd.Series | pd.DataFrame:
    found = getattr(import_module("sktime.datasets"), _SHIPPED[name])()
    return pd.concat(found, axis=1) if isinstance(found, tuple) else found


def _table(source: Source, path: Path) -> pd.DataFrame:
    table = pd.read_csv(path, parse_dates=["date"], index_col="date", encoding_errors="replace")
    table.index = pd.date_range(
        end=table.index[-1], periods=len(table), freq=source.step, name="date"
    )
    return table


def _panel(path: Path) -> pd.DataFrame:
    """One series a row, empty cells behind its end."""
    with opened(path) as file:
        reader = csv.reader(file)
        next(reader)
        series = {row[0]: [cell for cell in row[1:] if cell not in ("", "NA")] for row in reader}
    lengths = [len(values) for values in series.values()]
    # Codes instead of labels: pandas would sort and hash millions of strings.
    index = pd.MultiIndex(
        levels=[pd.Index(list(series), dtype=object), pd.RangeIndex(max(lengths))],
        codes=[
            np.repeat(np.arange(len(series)), lengths),
            np.concatenate([*map(np.arange, lengths)]),
        ],
        names=["series", "time"],
    )
    values = np.concatenate([np.array(cells, dtype=float) for cells in series.values()])
    return pd.DataFrame({"y": values}, index=index)


def _check_size(source: Source, found: pd.DataFrame) -> None:
    """Ask what was fetched for the size of the set: a checksum is not known of every file."""
    lengths = found.groupby(level=0).size() if found.index.nlevels > 1 else None
    shape = found.shape if lengths is None else (len(lengths), lengths.max())
    if shape != (source.rows, source.columns):
        raise ValueError(
            f"{source.name} has {source.rows} rows and {source.columns} columns, "
            f"{source.url} has {shape[0]} and {shape[1]}"
        )
