"""Windows at the end of every series, whatever their lengths and dates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["LastWindows"]

_FEWEST = 4  # points to learn from
_FEW_WINDOWS, _MOST_WINDOWS = 3, 12


@dataclass(frozen=True)
class LastWindows:
    """The last windows of every series, half a horizon apart.

    Attributes
    ----------
    horizon : int
    n_windows : int
    """

    horizon: int
    n_windows: int

    @classmethod
    def of(cls, y: pd.DataFrame, horizon: int) -> LastWindows | None:
        """Windows of at most a quarter of the shortest series; None if it is tiny.

        Up to three lie in its second half, and up to twelve in its last third: the fewer there
        are, the more a blend follows their chance.
        """
        shortest = int(_lengths(y).min())
        horizon = min(horizon, shortest // 4)
        if horizon < 1:
            return None
        half, third = max(_FEWEST, shortest // 2), max(_FEWEST, shortest - shortest // 3)
        more = [(shortest - first - horizon) // _apart(horizon) for first in (half, third)]
        few, many = np.clip(more, 0, [_FEW_WINDOWS - 1, _MOST_WINDOWS - 1])
        return cls(horizon, 1 + int(max(few, many)))

    def split(self, y: pd.DataFrame) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Rows to learn from and rows to forecast, earlier windows first."""
        lengths = _lengths(y)
        offsets = np.concatenate([[0], lengths.cumsum()])
        for window in reversed(range(self.n_windows)):
            cuts = offsets[1:] - self.horizon - window * _apart(self.horizon)
            train = [np.arange(a, b) for a, b in zip(offsets, cuts, strict=False)]
            yield np.concatenate(train), (cuts[:, None] + np.arange(self.horizon)).ravel()


def _apart(horizon: int) -> int:
    return max(1, horizon // 2)


def _lengths(y: pd.DataFrame) -> np.ndarray:
    """Points of every series, in the order of their rows."""
    if y.index.nlevels == 1:
        return np.array([len(y)])
    levels = list(range(y.index.nlevels - 1))
    return y.groupby(level=levels, sort=False, observed=True).size().to_numpy()
