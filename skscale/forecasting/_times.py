"""Times of all points of a panel, as few bytes as the index of a frame takes for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["Times"]


@dataclass(frozen=True)
class Times:
    """Times of points, by the codes of a MultiIndex: two bytes for each, where dates take eight.

    ``times[points]`` is an Index of these points, or the time of a single one.

    Attributes
    ----------
    level : Index
        The times of all points, or different times.
    codes : integer ndarray of shape (n_points,) or None
        Which of the different ones every point has; None where ``level`` is those of all points.
    """

    level: pd.Index
    codes: np.ndarray | None = None

    @classmethod
    def of(cls, index: pd.Index | Times) -> Times:
        """Times of the rows of a frame, the last level of its index."""
        if isinstance(index, Times):
            return index
        if not isinstance(index, pd.MultiIndex):
            return cls(index)
        level, codes = index.levels[-1], np.asarray(index.codes[-1])
        if level.hasnans or not level.is_unique or codes.min(initial=0) < 0:
            return cls(index.get_level_values(-1))
        return cls(level, codes)

    def __len__(self) -> int:
        return len(self.level if self.codes is None else self.codes)

    def __getitem__(self, points: Any) -> Any:
        return self.level[points if self.codes is None else self.codes[points]]

    def part(self, points: slice | np.ndarray) -> Times:
        """Times of some of the points."""
        if self.codes is None:
            return Times(self.level[points])
        return Times(self.level, self.codes[points])

    def each(self, function: Callable[[pd.Index], np.ndarray]) -> np.ndarray:
        """Rows that ``function`` finds for times, (n_points, ...); once for each where it can."""
        if self.codes is None or len(self.level) > len(self.codes):
            return function(self.index)
        return function(self.level)[self.codes]

    @property
    def index(self) -> pd.Index:
        """Times of all points."""
        return self.level if self.codes is None else self.level.take(self.codes)

    @property
    def numbers(self) -> np.ndarray:
        """Integers from zero, the same for points of the same time."""
        return self.level.factorize()[0] if self.codes is None else self.codes
