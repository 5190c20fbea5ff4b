"""Where one index holds the rows of another, and how both join, by the codes of their levels.

pandas answers with a table of all rows, about forty bytes for each, which it keeps on the index
for as long as that lives. Here every row of a MultiIndex has one number, made of its codes; the
numbers ascend where series stand together and times in order, and are searched as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np
import pandas as pd

__all__ = [
    "ascends",
    "blocks_of_rows",
    "check_found",
    "first_out_of_order",
    "has_repeats",
    "in_order",
    "is_complete",
    "joined",
    "latest_in_order",
    "positions",
    "rows_at",
    "series_starts",
]

# Rows that are worked on at a time, so that what is made on the way stays small.
_BLOCK = 2**18


def positions(of: pd.Index, within: pd.Index) -> np.ndarray:
    """Where ``within``, which repeats nothing, holds every row of ``of``; -1 where it does not.

    Returns
    -------
    int64 ndarray of shape (len(of),)
        As ``within.get_indexer(of)``.
    """
    tables = _tables(within)
    wanted = None if tables is None else _translated(tables, within, of)
    if tables is None or wanted is None:
        return within[:].get_indexer(of)  # of a view, which takes its table along
    keys, order = _keys(within, tables), None
    if not ascends(keys):
        order = keys.argsort(kind="stable")
        keys = keys[order]
    found = np.empty(len(of), dtype=np.int64)
    for rows in blocks_of_rows(len(of)):
        key = _key(of, wanted, rows)
        place = np.minimum(keys.searchsorted(key), len(keys) - 1)
        there = keys[place] == key
        found[rows] = np.where(there, place if order is None else order[place], -1)
    return found


def rows_at(X: pd.DataFrame, index: pd.Index, what: str) -> pd.DataFrame:
    """Rows of ``X`` at ``index``; ValueError names the first that is missing."""
    place = positions(index, X.index)
    check_found(place, index, what)
    same = len(place) == len(X) and ascends(place)
    return X if same else X.iloc[place]


def check_found(place: np.ndarray, index: pd.Index, what: str) -> None:
    """Raise ValueError naming the first of ``index`` whose ``place`` in X is -1."""
    missing = place < 0
    if missing.any():
        raise ValueError(
            f"X has no row for {index[int(missing.argmax())]}; it must cover {what} "
            f"({int(missing.sum())} of {len(index)} rows are missing)"
        )


def has_repeats(index: pd.Index) -> bool:
    """Whether a row occurs twice, as ``index.has_duplicates``."""
    tables = _tables(index)
    if tables is None:
        return index[:].has_duplicates
    if _keys_ascend(index, tables):
        return False
    keys = _keys(index, tables)
    keys.sort()
    return not ascends(keys)


def joined(first: pd.Index, second: pd.Index) -> pd.MultiIndex | None:
    """Rows of both, one after the other, as ``first.append(second)``; None if pandas must do."""
    both = (first, second)
    if not all(isinstance(one, pd.MultiIndex) and is_complete(one) for one in both):
        return None
    if first.names != second.names or not first.dtypes.equals(second.dtypes):
        return None  # what values of two types become, and whether they are the same, pandas knows
    if not all(level.is_unique for one in both for level in one.levels):
        return None
    levels, codes = [], []
    for i, (known, level) in enumerate(zip(first.levels, second.levels, strict=True)):
        place = known.get_indexer(level)
        unknown = np.flatnonzero(place < 0)
        place[unknown] = len(known) + np.arange(len(unknown))
        # Taken, dates that go on from those known keep their frequency.
        levels.append(known.append(level.take(unknown)) if len(unknown) else known)
        own = place[second.codes[i]].astype(np.min_scalar_type(-len(levels[i])))
        codes.append(np.concatenate((first.codes[i], own)))
    return pd.MultiIndex(levels, codes, names=first.names, verify_integrity=False)


def latest_in_order(index: pd.MultiIndex) -> np.ndarray:
    """Rows by instance, as they first appear, and by time; the last one where some are alike.

    Keys of `_tables` would order hierarchies level by level.

    Parameters
    ----------
    index : MultiIndex
        Without missing values.

    Returns
    -------
    int64 ndarray
        Places of the rows.
    """
    starts, time = series_starts(index), _by_size(index)
    rank, found = pd.factorize(index[starts].droplevel(-1))
    dtype = np.min_scalar_type(-1 - len(found) * len(time))  # which holds len(time) as well
    keys = rank.astype(dtype).repeat(np.diff(starts, append=len(index)))
    keys *= dtype.type(len(time))
    for rows in blocks_of_rows(len(index)):
        keys[rows] += time[index.codes[-1][rows]].astype(dtype)
    order = keys.argsort(kind="stable")
    last = np.ones(len(order), dtype=bool)
    for rows in blocks_of_rows(len(order), overlap=1):
        key = keys[order[rows]]
        last[rows][:-1] = key[1:] != key[:-1]
    return order if last.all() else order[last]


def first_out_of_order(index: pd.Index) -> int | None:
    """First row with a time before that of the row above it, in one instance; None without any.

    Times of ``index`` are not missing.
    """
    if not isinstance(index, pd.MultiIndex):
        falls = np.zeros(0) if index.is_monotonic_increasing else ~(index[:-1] < index[1:])
    else:
        time = _by_size(index)[index.codes[-1]]
        falls = time[1:] < time[:-1]
        falls[series_starts(index)[1:] - 1] = False
    return int(falls.argmax()) + 1 if falls.any() else None


def in_order(index: pd.MultiIndex) -> bool:
    """Whether series surely stand together, in whatever order, with ascending times in each."""
    tables = _tables(index)
    return tables is not None and _keys_ascend(index, tables)


def is_complete(index: pd.MultiIndex) -> bool:
    """Whether it has rows, and no level has a missing value."""
    missing = any(level.hasnans for level in index.levels)
    return len(index) > 0 and not missing and all(code.min() >= 0 for code in index.codes)


def series_starts(index: pd.MultiIndex) -> np.ndarray:
    """Rows whose instance is another than that of the row before."""
    new = np.ones(len(index), dtype=bool)
    new[1:] = False
    for codes in index.codes[:-1]:
        new[1:] |= codes[1:] != codes[:-1]
    return np.flatnonzero(new)


def ascends(values: np.ndarray) -> bool:
    """Whether each of ``values`` is larger than the one before."""
    return all(
        (values[b][1:] > values[b][:-1]).all() for b in blocks_of_rows(len(values), overlap=1)
    )


def _tables(index: pd.Index) -> list[np.ndarray] | None:
    """For every level what each of its values adds to the key of a row; None if pandas must do.

    Keys are different for different rows, and negative where a level has no such value: that is
    the last number of every table. They ascend with the times of a series.
    """
    if not isinstance(index, pd.MultiIndex) or not is_complete(index):
        return None
    if not all(level.is_unique for level in index.levels):
        return None
    ranks = [_by_appearance(index, i) for i in range(index.nlevels - 1)]
    ranks.append(_by_size(index))
    sizes = [int(rank.max()) + 1 for rank in ranks]
    n_keys = prod(sizes)
    dtype = next((t for t in (np.int32, np.int64) if n_keys * len(sizes) <= np.iinfo(t).max), None)
    if dtype is None:
        return None
    tables = []
    for i, rank in enumerate(ranks):
        table = np.where(rank < 0, -n_keys, rank * prod(sizes[i + 1 :]))
        tables.append(np.append(table, -n_keys).astype(dtype))
    return tables


def _by_appearance(index: pd.MultiIndex, level: int) -> np.ndarray:
    """Rank of every value of a level in the order of the rows; -1 for those of no row."""
    rank = np.full(len(index.levels[level]), -1, dtype=np.int64)
    seen = pd.unique(np.asarray(index.codes[level]))
    rank[seen] = np.arange(len(seen))
    return rank


def _by_size(index: pd.MultiIndex) -> np.ndarray:
    """Rank of every value of the last level, in the order of rows where it has none of its own."""
    try:
        order = index.levels[-1].argsort()
    except TypeError:  # values of several types
        return _by_appearance(index, -1)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _translated(
    tables: list[np.ndarray], within: pd.MultiIndex, of: pd.Index
) -> list[np.ndarray] | None:
    """Tables of ``within`` for the levels of ``of``; None if pandas must compare them."""
    if not isinstance(of, pd.MultiIndex) or of.nlevels != within.nlevels or not is_complete(of):
        return None
    levels = zip(tables, within.levels, of.levels, strict=True)
    return [table[known.get_indexer(level)] for table, known, level in levels]


def _keys_ascend(index: pd.MultiIndex, tables: list[np.ndarray]) -> bool:
    return all(ascends(_key(index, tables, rows)) for rows in blocks_of_rows(len(index), overlap=1))


def _keys(index: pd.MultiIndex, tables: list[np.ndarray]) -> np.ndarray:
    keys = np.empty(len(index), dtype=tables[0].dtype)
    for rows in blocks_of_rows(len(index)):
        keys[rows] = _key(index, tables, rows)
    return keys


def _key(index: pd.MultiIndex, tables: list[np.ndarray], rows: slice) -> np.ndarray:
    key = np.zeros(len(index.codes[0][rows]), dtype=tables[0].dtype)
    for codes, table in zip(index.codes, tables, strict=True):
        key += table[codes[rows]]
    return key


def blocks_of_rows(n_rows: int, overlap: int = 0) -> Iterator[slice]:
    """Slices of neighbouring rows, each of which begins ``overlap`` before the last one's end."""
    for start in range(0, n_rows, _BLOCK):
        yield slice(max(start - overlap, 0), start + _BLOCK)
