"""Errors of every point: those of forecasts, and those of reconstructions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from skscale.detection._timeline import Joined
from skscale.evaluation._pipelines import forecast_cuts
from skscale.forecasting._splits import Splits
from skscale.ops import fill_window

__all__ = [
    "ForecastErrors",
    "ReconstructionErrors",
    "filled",
    "known_before",
    "levelled",
    "windows",
]

_NUMBERS_AT_ONCE = 2**22


@dataclass
class ForecastErrors:
    """Distance of every point from its forecasts.

    Attributes
    ----------
    forecaster : BaseForecaster
        Fitted to the first rows seen.
    horizon : int
        A point is compared with the mean of its forecasts from 1 to ``horizon`` steps before.
    needed : int
        Values known among the last twice so many points, or there is nothing to forecast from.
    """

    name: ClassVar[str] = "forecast"

    forecaster: Any
    horizon: int
    needed: int

    def of(self, joined: Joined) -> np.ndarray:
        """Absolute errors of the new rows, (n_rows, n_channels).

        nan where there is no value, or too little is known before it.
        """
        first, steps = max(1, joined.start - self.horizon + 1), np.arange(1, self.horizon + 1)
        cuts = np.arange(first, joined.stop)
        truth = joined.frame.to_numpy()
        if not len(cuts):
            return np.full((joined.stop - joined.start, truth.shape[1]), np.nan)
        splits = Splits(np.zeros((len(cuts), 1), dtype=np.int64), cuts[:, None], steps)
        found = forecast_cuts(self.forecaster, joined.frame, None, splits, (0.5,))[:, 0, ..., 0]
        total, count = np.zeros_like(truth), np.zeros((len(truth), 1))
        for k in range(self.horizon):
            total[cuts + k] += found[:, k]
            count[cuts + k] += 1
        mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
        mean[~known_before(truth, self.needed)] = np.nan
        return np.abs(truth - mean)[joined.start : joined.stop]


@dataclass
class ReconstructionErrors:
    """Distance of every point from its reconstructions, in all windows that it is part of.

    Attributes
    ----------
    autoencoder : MultiScaleAutoencoder
        Fitted to windows of the first rows seen, each less its median: a trend is to lead to
        nothing unknown.
    window_length : int
    season : int
        Of the series; 1 for none.
    """

    name: ClassVar[str] = "reconstruction"

    autoencoder: Any
    window_length: int
    season: int

    def of(self, joined: Joined) -> np.ndarray:
        """Absolute errors of the new rows, (n_rows, n_channels); nan where there is no value.

        Windows reach back over the rows that stand directly before the new ones. Where all are
        shorter than a window, the first season stands before them once more, or the first row.
        """
        n, length = joined.stop - joined.start, self.window_length
        start = max(joined.known_from, joined.start - length + 1)
        truth = joined.frame.to_numpy()[start : joined.stop]
        missing = max(0, length - len(truth))
        values = np.pad(truth, ((missing, 0), (0, 0)), constant_values=np.nan)
        mean = self._reconstructed(filled(values, self.season))
        return np.abs(truth[-n:] - mean[-n:])

    def _reconstructed(self, values: np.ndarray) -> np.ndarray:
        """Mean of the reconstructions of every point, (n_points, n_channels)."""
        cut = windows(values, self.window_length)
        total, count = np.zeros_like(values), np.zeros((len(values), 1))
        rows = max(1, _NUMBERS_AT_ONCE // cut[0].size)
        for first in range(0, len(cut), rows):
            shapes, levels = levelled(cut[first : first + rows])
            found = self.autoencoder.reconstruct(shapes) + levels
            for k in range(self.window_length):
                part = slice(first + k, first + k + len(found))
                total[part] += found[:, :, k]
                count[part] += 1
        return total / count


def known_before(values: np.ndarray, needed: int) -> np.ndarray:
    """Whether ``needed`` of the 2 ``needed`` values before are known, (n_points, n_channels)."""
    known = (~np.isnan(values)).cumsum(axis=0)
    known = np.vstack([np.zeros((1, values.shape[1]), dtype=known.dtype), known])
    at = np.arange(len(values))
    return known[at] - known[np.maximum(at - 2 * needed, 0)] >= needed


def windows(values: np.ndarray, length: int) -> np.ndarray:
    """Every window of ``values`` (n_points, n_channels), a view (n_windows, n_channels, length)."""
    return np.lib.stride_tricks.sliding_window_view(values, length, axis=0)


def levelled(cut: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Windows less their medians, which no single value moves, and the medians."""
    levels = np.median(cut, axis=-1, keepdims=True)
    return cut - levels, levels


def filled(values: np.ndarray, season: int) -> np.ndarray:
    """Values (n_points, n_channels) without gaps, see `skscale.ops.fill_window`."""
    known = ~np.isnan(values)
    if known.all():
        return values
    x, mask = (torch.from_numpy(one)[None] for one in (np.where(known, values, 0.0), known))
    return fill_window(x, mask, season)[0].numpy()
