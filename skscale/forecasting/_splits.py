"""Splits of a rolling evaluation as positions within each series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skscale.forecasting._panel import Panel

__all__ = ["Splits", "split_frames"]


@dataclass(frozen=True)
class Splits:
    """All splits of a splitter as positions within each series.

    ``cuts`` and ``starts`` have shape (n_splits, n_series): a training window of a series is
    its points ``starts, ..., cuts - 1``.
    """

    train_rows: list[np.ndarray]
    starts: np.ndarray
    cuts: np.ndarray
    steps: np.ndarray

    @classmethod
    def of(cls, cv: Any, frame: pd.DataFrame, panel: Panel) -> Splits:
        series = np.repeat(np.arange(len(panel.lengths)), panel.lengths)
        position = np.arange(len(frame)) - panel.offsets[series]
        rows: list[np.ndarray] = []
        starts, cuts = [], []
        steps: np.ndarray | None = None
        for train, test in cv.split(frame):
            cut = np.zeros(len(panel.lengths), dtype=np.int64)
            start = np.zeros_like(cut)
            # Rows are in order: the last assignment wins, so reversed it is the first row.
            cut[series[train]] = position[train] + 1
            start[series[train[::-1]]] = position[train[::-1]]
            ahead = np.unique(position[test] + 1 - cut[series[test]])
            if steps is None:
                steps = ahead
            if not np.array_equal(steps, ahead) or len(test) != len(steps) * len(cut):
                raise ValueError(
                    f"every split must ask for the same steps of every series; split {len(rows)} "
                    f"asks for {list(ahead)}, the first for {list(steps)}"
                )
            rows.append(train)
            starts.append(start)
            cuts.append(cut)
        if steps is None:
            raise ValueError(f"{cv} gives no split of y with {len(frame)} rows")
        if steps.min() < 1:
            raise ValueError(f"the horizon must lie behind the cut-off, got steps {list(steps)}")
        return cls(rows, np.stack(starts), np.stack(cuts), steps)

    def truth(self, panel: Panel) -> np.ndarray:
        """Observed values, (n_splits, n_series, n_steps, n_channels)."""
        at = panel.offsets[:-1] + self.cuts
        return panel.values[at[..., None] + self.steps - 1]

    @property
    def train_lengths(self) -> np.ndarray:
        """Time points of every training window."""
        return (self.cuts - self.starts).max(axis=1)

    def cutoffs(self, panel: Panel) -> pd.Index:
        """Latest time of every training window."""
        times = panel.times[(panel.offsets[:-1] + self.cuts - 1).ravel()]
        if len(panel.lengths) == 1:
            return times
        return pd.Index(times.to_numpy().reshape(self.cuts.shape).max(axis=1))


def split_frames(panel: Panel, splits: Splits, values: np.ndarray) -> Iterator[pd.DataFrame]:
    """Frames of ``values`` (n_splits, n_series, n_steps, n_channels), one for each split."""
    series = np.repeat(np.arange(len(panel.lengths)), len(splits.steps))
    for cut, value in zip(splits.cuts, values, strict=True):
        at = (panel.offsets[:-1] + cut)[:, None] + splits.steps - 1
        index = panel.index_of(series, panel.times[at.ravel()])
        yield pd.DataFrame(value.reshape(-1, value.shape[-1]), index=index, columns=panel.columns)
