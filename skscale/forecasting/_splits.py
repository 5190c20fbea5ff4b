"""Splits of a rolling evaluation as positions within each series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sktime.split import ExpandingWindowSplitter, SlidingWindowSplitter

from skscale.forecasting._panel import Panel

__all__ = ["Splits", "split_frames"]


@dataclass(frozen=True)
class Splits:
    """All splits of a splitter as positions within each series.

    ``cuts`` and ``starts`` have shape (n_splits, n_series): a training window of a series is
    its points ``starts, ..., cuts - 1``. ``steps`` are the steps after a cut.
    """

    starts: np.ndarray
    cuts: np.ndarray
    steps: np.ndarray

    @classmethod
    def of(cls, cv: Any, frame: pd.DataFrame, panel: Panel) -> Splits:
        """Read the splits of any sktime splitter.

        Raises
        ------
        ValueError
            If there is no split, splits differ in their steps, a step does not lie behind the
            cut-off, or a training window has gaps.
        """
        splits = _of_plain_windows(cv, panel) or _of_any(cv, frame, panel)
        if splits is None:
            raise ValueError(f"{cv} gives no split of y with {len(frame)} rows")
        if splits.steps.min() < 1:
            raise ValueError(
                f"the horizon must lie behind the cut-off, got steps {splits.steps.tolist()}"
            )
        return splits

    @property
    def lengths(self) -> np.ndarray:
        """Points of every training window, (n_splits, n_series)."""
        return self.cuts - self.starts

    def from_the_first(self, panel: Panel) -> tuple[np.ndarray | slice, Splits]:
        """Rows of ``panel`` from the first training window on, and the splits counted there.

        What lies before it was never seen.
        """
        first = self.starts[0]
        if not first.any():
            return slice(None), self
        rows = np.flatnonzero(panel.positions >= first[panel.series])
        starts = np.maximum(self.starts - first, 0)
        return rows, replace(self, starts=starts, cuts=self.cuts - first)

    def train_rows(self, split: int, panel: Panel) -> np.ndarray:
        """Rows of a training window in the frame of ``panel``."""
        first, length = panel.offsets[:-1] + self.starts[split], self.lengths[split]
        begins = length.cumsum() - length
        return np.arange(length.sum()) + (first - begins).repeat(length)

    def truth(self, panel: Panel) -> np.ndarray:
        """Observed values, (n_splits, n_series, n_steps, n_channels)."""
        at = panel.offsets[:-1] + self.cuts
        return panel.values[at[..., None] + self.steps - 1].astype(np.float64)

    def train_lengths(self, panel: Panel) -> np.ndarray:
        """Time points of every training window, those that series share counted once."""
        if len(panel.lengths) == 1:
            return self.lengths[:, 0]
        times, begins = _numbered_times(panel)
        n_times = int(times.max()) + 1
        found = np.zeros(len(self.cuts), dtype=np.int64)
        for split, (start, cut) in enumerate(zip(self.starts, self.cuts, strict=True)):
            seen = np.zeros(n_times, dtype=bool)
            for first, last in (np.stack((start, cut), axis=1) + begins[:, None]).tolist():
                seen[times[first:last]] = True
            found[split] = seen.sum()
        return found

    def cutoffs(self, panel: Panel) -> pd.Index:
        """Latest time of every training window."""
        times = panel.times[(panel.offsets[:-1] + self.cuts - 1).ravel()]
        if len(panel.lengths) == 1:
            return times
        return pd.Index(times.to_numpy().reshape(self.cuts.shape).max(axis=1))


def _numbered_times(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Numbers that equal times share, and where those of every series begin among them."""
    numbers, length = panel.times.numbers, panel.lengths[0]
    if (panel.lengths == length).all():
        of_series = numbers.reshape(-1, length)
        if all((own == of_series[0]).all() for own in of_series):
            return of_series[0], np.zeros(len(of_series), dtype=np.int64)
    return numbers, panel.offsets[:-1]


def split_frames(
    panel: Panel, splits: Splits, values: np.ndarray, columns: pd.Index | None = None
) -> Iterator[pd.DataFrame]:
    """Frames of ``values`` (n_splits, n_series, n_steps, n_columns), one for each split.

    ``columns`` are those of ``panel`` by default.
    """
    columns = panel.columns if columns is None else columns
    series = np.repeat(np.arange(len(panel.lengths)), len(splits.steps))
    for cut, value in zip(splits.cuts, values, strict=True):
        at = (panel.offsets[:-1] + cut)[:, None] + splits.steps - 1
        index = panel.index_of(series, panel.times[at.ravel()])
        yield pd.DataFrame(value.reshape(-1, value.shape[-1]), index=index, columns=columns)


def _of_plain_windows(cv: Any, panel: Panel) -> Splits | None:
    """Splits of sktime's window splitters; None for anything else.

    They build every training window row by row, and group a panel by its index. The cut-offs they
    follow cost nothing, and are the same for series of the same length.
    """
    if type(cv) not in (ExpandingWindowSplitter, SlidingWindowSplitter):
        return None
    settings = cv.get_params(deep=False)
    settings.pop("fh")
    if not all(isinstance(v, int | np.integer) or v is None for v in settings.values()):
        return None
    _, first, of_series = np.unique(panel.lengths, return_index=True, return_inverse=True)
    found = [_of_one(cv, panel.times[slice(*panel.offsets[i : i + 2])]) for i in first]
    known = [splits for splits in found if splits is not None]
    if len(known) < len(found) or any(
        not np.array_equal(splits.steps, known[0].steps) for splits in known
    ):
        return None
    n_splits = min(len(splits.cuts) for splits in known)
    starts, cuts = (
        np.stack([getattr(splits, name)[:n_splits] for splits in known], axis=1)[:, of_series]
        for name in ("starts", "cuts")
    )
    return Splits(starts, cuts, known[0].steps)


def _of_one(cv: Any, times: pd.Index) -> Splits | None:
    """Splits of one series, each of shape (n_splits,); None if there is none, or an odd one."""
    frame = pd.DataFrame(index=pd.Index(times))
    first = next(cv.split(frame), None)
    if first is None:
        return None
    train, test = first
    cuts = cv.get_cutoffs(frame) + 1
    if len(train) == 0 or train[-1] + 1 != cuts[0]:
        return None
    starts = np.full_like(cuts, train[0])
    if type(cv) is SlidingWindowSplitter:
        starts[1:] = np.maximum(cuts[1:] - cv.window_length, 0)
    return Splits(starts, cuts, np.unique(test) + 1 - cuts[0])


def _of_any(cv: Any, frame: pd.DataFrame, panel: Panel) -> Splits | None:
    """Splits of any splitter, one after the other; None if there is none."""
    series, position = panel.series, panel.positions
    starts: list[np.ndarray] = []
    cuts: list[np.ndarray] = []
    steps: np.ndarray | None = None
    for train, test in cv.split(frame):
        cut = np.zeros(len(panel.lengths), dtype=np.int64)
        start = np.zeros_like(cut)
        # Rows are in order: the last assignment wins, so reversed it is the first row.
        cut[series[train]] = position[train] + 1
        start[series[train[::-1]]] = position[train[::-1]]
        if (cut == 0).any():
            raise ValueError(
                f"split {len(cuts)} has no training rows{_of(panel, int((cut == 0).argmax()))}"
            )
        if len(train) != (cut - start).sum():
            raise ValueError(f"the training window of split {len(cuts)} has gaps")
        ahead = position[test] + 1 - cut[series[test]]
        steps = np.unique(ahead) if steps is None else steps
        odd = _odd_horizon(series[test], ahead, steps, len(cut))
        if odd is not None:
            found = np.unique(ahead[series[test] == odd]).tolist()
            raise ValueError(
                f"every split must ask for the same steps of every series; split {len(cuts)} "
                f"asks for {found}{_of(panel, odd)}, others for {steps.tolist()}"
            )
        starts.append(start)
        cuts.append(cut)
    return None if steps is None else Splits(np.stack(starts), np.stack(cuts), steps)


def _odd_horizon(
    series: np.ndarray, ahead: np.ndarray, steps: np.ndarray, n_series: int
) -> int | None:
    """First series whose test rows are not ``steps`` ahead; None if there is none."""
    odd = np.bincount(series, minlength=n_series) != len(steps)
    if not odd.any():
        odd = (ahead[np.lexsort((ahead, series))].reshape(n_series, -1) != steps).any(axis=1)
    return int(odd.argmax()) if odd.any() else None


def _of(panel: Panel, series: int) -> str:
    return "" if panel.keys is None else f" of {panel.keys[series]!r}"
