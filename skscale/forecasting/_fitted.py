"""A trained network with all that is needed to use it again."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from skscale.forecasting._data import FeatureMap, Layout, location_and_scale, scaled_buffer
from skscale.forecasting._panel import Panel
from skscale.training import History, SeriesBuffer

__all__ = ["FittedNetwork"]


@dataclass
class FittedNetwork:
    """A trained network with all that is needed to use it again.

    Attributes
    ----------
    network : Module
        Stays on the device it was trained on; pickles and copies hold it on the CPU.
    forecast : Module
        What forecasts: the network, or a linear forecast that it corrects.
    layout : Layout
    features : FeatureMap
    columns : Index
        Channels, in the order of the network.
    history : History
    effect : float64 ndarray of shape (n_exogenous, n_channels) or None
        What the exogenous columns add to the scaled series; the network sees and forecasts
        what is left.
    """

    network: nn.Module
    forecast: nn.Module
    layout: Layout
    features: FeatureMap
    columns: pd.Index
    history: History
    effect: np.ndarray | None = None

    def buffer(
        self,
        panel: Panel,
        X: pd.DataFrame | None,
        statistics: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> SeriesBuffer:
        """Scaled series and features of a panel, on the CPU.

        ``statistics`` are the locations and scales to use; by default those of the panel.
        """
        if statistics is None:
            statistics = location_and_scale(panel, np.zeros(len(panel.lengths), dtype=np.int64))
        rows = aligned_rows(X, panel) if self.features.n_exogenous else None
        buffer = scaled_buffer(panel, self.features(panel.times, panel, rows), *statistics)
        if self.effect is None:
            return buffer
        assert buffer.features is not None
        varies = (buffer.scale > 0).repeat_interleave(buffer.lengths, dim=0)
        return replace(buffer, values=buffer.values - self.added(buffer.features) * varies)

    def added(self, features: torch.Tensor) -> torch.Tensor:
        """What the exogenous columns add, (..., n_channels), of ``features`` (..., n_features)."""
        effect = torch.as_tensor(self.effect, dtype=features.dtype, device=features.device)
        return features[..., : len(effect)] @ effect

    def on(self, device: torch.device) -> nn.Module:
        """Return what forecasts, moved to ``device`` if it is elsewhere."""
        if next(self.forecast.parameters()).device == device:
            return self.forecast  # `to` takes a millisecond to find that out
        return self.forecast.to(device)

    def __getstate__(self) -> dict[str, Any]:
        """Hold the network on the CPU, so that a copy loads on a machine without a GPU."""
        state = dict(self.__dict__)
        if next(self.network.parameters()).device.type != "cpu":
            both = nn.ModuleList([self.network, self.forecast])
            state["network"], state["forecast"] = deepcopy(both).cpu()
        return state


def aligned_rows(X: pd.DataFrame | None, panel: Panel) -> np.ndarray | None:
    """Rows of ``X`` at every point of ``panel``, (n_points, n_columns)."""
    if X is None:
        return None
    series = np.repeat(np.arange(len(panel.lengths)), panel.lengths)
    return rows_at(X, panel.index_of(series, panel.times), "y")


def rows_at(X: pd.DataFrame, index: pd.Index, what: str) -> np.ndarray:
    """Rows of ``X`` at ``index``; ValueError names the first that is missing."""
    position = X.index.get_indexer(index)
    if (position < 0).any():
        missing = index[int((position < 0).argmax())]
        raise ValueError(
            f"X has no row for {missing}; it must cover {what} ({int((position < 0).sum())} of "
            f"{len(index)} rows are missing)"
        )
    return X.to_numpy(dtype=np.float64)[position]
