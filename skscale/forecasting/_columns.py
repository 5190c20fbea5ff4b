"""Columns beside the series: which there are, and how they become features of a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

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
    names : Index or None
        Exogenous columns; None for none.
    calendar : TimeStep or None
        Step whose calendar is a feature.
    units : ColumnUnits
    lowest, highest : float64 ndarray of shape (n_columns,)
        Range of the standardised columns in fit. A network sees them within twice that range:
        it has learned nothing about what lies beyond.
    """

    names: pd.Index | None
    calendar: TimeStep | None
    units: ColumnUnits
    lowest: np.ndarray
    highest: np.ndarray

    @classmethod
    def of(cls, panel: Panel, calendar: bool) -> Columns:
        """Learn the columns of a panel."""
        units = ColumnUnits.of(panel)
        rows = SeriesScale.of(panel, units).standardised(panel)
        names = None if panel.X is None else panel.X.columns
        step = panel.step if calendar else None
        return cls(names, step, units, rows.min(axis=0), rows.max(axis=0))

    @property
    def n_exogenous(self) -> int:
        """Number of exogenous columns."""
        return len(self.lowest)

    @property
    def sizes(self) -> dict[str, int]:
        """Features of every group."""
        probe = pd.DatetimeIndex(["2000-01-01"])
        n = 0 if self.calendar is None else calendar_features(probe, self.calendar).shape[1]
        return {"exogenous": self.n_exogenous, "calendar": n, "static": 0, "past": 0}

    def check(self, X: pd.DataFrame | None) -> None:
        """Raise ValueError unless ``X`` has the columns seen in fit, in their order."""
        if self.names is None:
            if X is not None and len(X.columns):
                raise ValueError(
                    f"X has the columns {list(X.columns)}, but the forecaster was fitted without "
                    "X: pass X in fit, too, or leave it out"
                )
            return
        if X is None:
            raise ValueError(
                f"X is needed: the forecaster was fitted with the columns {list(self.names)}"
            )
        if list(X.columns) != list(self.names):
            raise ValueError(
                f"X has the columns {list(X.columns)}, but the forecaster was fitted with "
                f"{list(self.names)}; they must be the same, in the same order"
            )

    def features(self, times: pd.Index, rows: np.ndarray) -> np.ndarray | None:
        """Features of shape (n_points, n_features), float32; None without any.

        Parameters
        ----------
        times : Index
            Time of every point.
        rows : float64 ndarray of shape (n_points, n_columns)
            Standardised exogenous columns.
        """
        parts = [self.seen(rows)]
        if self.calendar is not None:
            parts.append(calendar_features(times, self.calendar).astype(np.float32))
        features = np.concatenate(parts, axis=1)
        return features if features.shape[1] else None

    def seen(self, rows: np.ndarray) -> np.ndarray:
        """Standardised columns (..., n_columns) as a network sees them, float32."""
        spread = self.highest - self.lowest
        within = np.clip(rows, self.lowest - spread / 2, self.highest + spread / 2)
        return within.astype(np.float32)
