"""Columns that hold levels instead of numbers, such as holidays or shops."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["Categories", "holds_levels"]

# Each level is a column of its own: more are names rather than levels.
_MOST_LEVELS = 50


def holds_levels(values: pd.Series) -> bool:
    """Whether a column holds levels: it is categorical, or text."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return True
    if values.dtype == object:
        return pd.api.types.infer_dtype(values, skipna=True) == "string"
    is_dictionary = isinstance(values.dtype, pd.ArrowDtype) and "dictionary" in str(values.dtype)
    return is_dictionary or pd.api.types.is_string_dtype(values.dtype)


@dataclass(frozen=True)
class Categories:
    """Levels of a categorical column, each but the first a column of zeros and ones.

    A level not seen in fit has the shares of the levels in fit: once the columns are
    standardised, that is zero in all of them, the mean.

    Attributes
    ----------
    levels : Index
        In their own order, or that of their text.
    shares : float64 ndarray of shape (n_columns,)
        Part of the values in fit that each level but the first had.
    """

    levels: pd.Index
    shares: np.ndarray

    @classmethod
    def of(cls, name: Hashable, values: pd.Series) -> Categories:
        """Learn the levels of column ``name``.

        Raises
        ------
        ValueError
            If there are more than 50.
        """
        known = values.dropna().astype(object)
        levels = list(known.unique())
        if len(levels) > _MOST_LEVELS:
            raise ValueError(
                f"column {name!r} of X has {len(levels)} levels, such as {levels[0]!r}; at most "
                f"{_MOST_LEVELS} can be learned: put rare ones together, or leave the column out"
            )
        try:
            levels.sort()
        except TypeError:  # levels of several types have no order of their own
            levels.sort(key=repr)
        learned = cls(pd.Index(levels, dtype=object), np.zeros(max(len(levels) - 1, 0)))
        return cls(learned.levels, learned.encode(known).sum(axis=0) / max(len(known), 1))

    @property
    def n_columns(self) -> int:
        """Number of columns they become."""
        return len(self.shares)

    def encode(self, values: pd.Series) -> np.ndarray:
        """Columns of zeros and ones, (n_rows, n_columns); nan where a value is missing."""
        code = self.levels.get_indexer(pd.Index(values.astype(object), dtype=object))
        columns = (code[:, None] == np.arange(1, self.n_columns + 1)).astype(np.float64)
        columns[code < 0] = self.shares
        columns[values.isna().to_numpy()] = np.nan
        return columns
