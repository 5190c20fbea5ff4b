"""What forecasts start from: the data seen, and what is known of the steps ahead."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from skscale.forecasting._columns import Columns
from skscale.forecasting._frames import renamed
from skscale.forecasting._horizon import times_after
from skscale.forecasting._joining import extended
from skscale.forecasting._panel import Panel
from skscale.forecasting._series_scale import SeriesScale
from skscale.training import SeriesBuffer

__all__ = ["Context"]


@dataclass(frozen=True)
class Context:
    """Data that forecasts start from.

    Attributes
    ----------
    y, X : DataFrame
        All rows seen; X may be None.
    panel : Panel
        Newest unbroken stretch of every series, sorted by name.
    order : int64 ndarray of shape (n_series,)
        Where ``panel`` holds the series in the order of ``y``.
    channels : int64 ndarray of shape (n_channels,)
        Where it holds the channels in the order of ``y``.
    scale : SeriesScale
        Statistics of its series.
    columns : Columns
        What its columns become.
    """

    y: pd.DataFrame
    X: pd.DataFrame | None
    panel: Panel
    order: np.ndarray
    channels: np.ndarray
    scale: SeriesScale
    columns: Columns

    @cached_property
    def buffer(self) -> SeriesBuffer:
        """Scaled values and features of ``panel``, on the CPU; made when they are first needed."""
        return self.columns.buffer(self.panel, self.scale)

    def extended(
        self, y: pd.DataFrame, X: pd.DataFrame | None
    ) -> tuple[pd.DataFrame, pd.DataFrame | None]:
        """All rows: those seen before and the new ones, which must have the same columns."""
        return extended(self.y, renamed(y, self.y.columns)), extended(self.X, X)

    def frame(
        self, values: np.ndarray, steps: np.ndarray, columns: pd.Index | None = None
    ) -> pd.DataFrame:
        """Frame of ``values`` (n_series, n_steps, n_channels, n), in the form and order of ``y``.

        ``steps`` (n_series, n_steps) count from the end of every series. ``columns`` are those of
        ``y`` by default, else n for each of them.
        """
        n_steps = steps.shape[1]
        rows = (self.order[:, None] * n_steps + np.arange(n_steps)).ravel()
        times = times_after(self.panel, steps).take(rows)
        index = self.panel.index_of(np.repeat(self.order, n_steps), times)
        values = values.reshape(len(index), len(self.channels), -1)[rows][:, self.channels]
        columns = self.y.columns if columns is None else columns
        return pd.DataFrame(values.reshape(len(index), -1), index=index, columns=columns)
