"""Panels of sktime as one array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

__all__ = ["Series"]


@dataclass
class Series:
    """The series of a panel or hierarchy, in its order.

    Attributes
    ----------
    arrays : list of ndarray of shape (n_timepoints, n_channels)
    columns : list or None
        Names of the channels.
    index : Index or None
        Names of the series.
    """

    arrays: list[np.ndarray]
    columns: list | None
    index: pd.Index | None

    @classmethod
    def of(cls, X: Any, columns: list | None = None) -> Self:
        """Read a numpy3D, df-list, pd-multiindex or pd_multiindex_hier.

        ``columns`` say the order of the channels, where they are the names of those of X.
        """
        if isinstance(X, np.ndarray):
            return cls(list(X.transpose(0, 2, 1)), None, None)
        index = None
        if isinstance(X, pd.DataFrame):
            groups = X.groupby(level=list(range(X.index.nlevels - 1)), sort=False)
            index, X = X.index.droplevel(-1).unique(), [group for _, group in groups]
        found = list(X[0].columns)
        if columns is not None and set(columns) == set(found):
            found = columns
        return cls([one[found].to_numpy(dtype=np.float64) for one in X], found, index)

    @property
    def longest(self) -> int:
        """Points of the longest series."""
        return max(map(len, self.arrays))

    def stacked(self, length: int) -> np.ndarray:
        """Array (n_series, n_channels, length), nan behind the end of what is shorter.

        What is longer is cut.
        """
        out = np.full((len(self.arrays), length, self.arrays[0].shape[1]), np.nan)
        for row, one in zip(out, self.arrays, strict=True):
            row[: len(one)] = one[:length]
        return np.ascontiguousarray(out.transpose(0, 2, 1))
