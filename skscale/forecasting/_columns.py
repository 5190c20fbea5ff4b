"""Columns beside the series: which there are, and how they become features of a network."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from skscale.forecasting._encoding import Encoder
from skscale.forecasting._panel import Panel
from skscale.forecasting._series_scale import ColumnUnits, SeriesScale
from skscale.forecasting._time import TimeStep, calendar_features

__all__ = ["Columns"]


@dataclass(frozen=True)
class Columns:
    """Exogenous columns and calendar of the data that a network was fitted on.

    Features come in groups, in the order of `skscale.nn.FEATURE_GROUPS`; a network says
    which groups it sees.

    Attributes
    ----------
    encoder : Encoder
        Exogenous columns, and the numbers they become.
    calendar : TimeStep or None
        Step whose calendar is a feature.
    units : ColumnUnits
    lowest, highest : float64 ndarray of shape (n_columns,)
        Range of the standardised columns in fit. A network sees them within twice that range:
        it has learned nothing about what lies beyond.
    """

    encoder: Encoder
    calendar: TimeStep | None
    units: ColumnUnits
    lowest: np.ndarray
    highest: np.ndarray

    @classmethod
    def of(cls, panel: Panel, calendar: bool, past_columns: Sequence[Hashable] = ()) -> Columns:
        """Learn the columns of a panel, see `Encoder.of`."""
        encoder = Encoder.of(panel, past_columns)
        panel = replace(panel, X=encoder.encoded(panel.X))
        n_ahead, n_static = encoder.width(encoder.ahead), encoder.width(encoder.static)
        units = ColumnUnits.of(panel, static=slice(n_ahead, n_ahead + n_static))
        rows = SeriesScale.of(panel, units).standardised(panel)
        step = panel.step if calendar else None
        return cls(encoder, step, units, rows.min(axis=0), rows.max(axis=0))

    @property
    def n_columns(self) -> int:
        """Number of exogenous columns, as numbers."""
        return len(self.lowest)

    @property
    def n_ahead(self) -> int:
        """Number of those that are known ahead and not static, the first ones."""
        return self.encoder.width(self.encoder.ahead)

    @property
    def n_past(self) -> int:
        """Number of those that are known of the past only, the last ones."""
        return self.encoder.width(self.encoder.past)

    @property
    def sizes(self) -> dict[str, int]:
        """Features of every group."""
        probe = pd.DatetimeIndex(["2000-01-01"])
        n = 0 if self.calendar is None else calendar_features(probe, self.calendar).shape[1]
        n_static = self.n_columns - self.n_ahead - self.n_past
        return {
            "exogenous": self.n_ahead,
            "calendar": n,
            "static": n_static,
            "past": self.n_past,
        }

    def encoded(self, panel: Panel) -> Panel:
        """The same series, their columns as numbers."""
        return replace(panel, X=self.encoder.encoded(panel.X))

    def features(self, times: pd.Index, rows: np.ndarray) -> np.ndarray | None:
        """Features of shape (n_points, n_features), float32; None without any.

        Parameters
        ----------
        times : Index
            Time of every point.
        rows : float64 ndarray of shape (n_points, n_columns)
            Standardised exogenous columns.
        """
        ahead, others = np.split(self.seen(rows), [self.n_ahead], axis=1)
        parts = [ahead, others]
        if self.calendar is not None:
            parts.insert(1, calendar_features(times, self.calendar).astype(np.float32))
        features = np.concatenate(parts, axis=1)
        return features if features.shape[1] else None

    def seen(self, rows: np.ndarray) -> np.ndarray:
        """Standardised columns (..., n_columns) as a network sees them, float32."""
        spread = self.highest - self.lowest
        within = np.clip(rows, self.lowest - spread / 2, self.highest + spread / 2)
        return within.astype(np.float32)
