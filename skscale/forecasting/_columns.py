"""Columns beside the series: which there are, and how they become features of a network."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch

from skscale.forecasting._calendar import Calendar
from skscale.forecasting._column_units import ColumnUnits
from skscale.forecasting._encoding import Encoder
from skscale.forecasting._panel import Panel
from skscale.forecasting._series_scale import SeriesScale
from skscale.forecasting._times import Times
from skscale.ops.arrays import from_numpy
from skscale.training import SeriesBuffer

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
    calendar : Calendar
        Features that follow from the times, and holidays: columns known ahead like those of X, the
        first ones.
    units : ColumnUnits
    lowest, highest : float64 ndarray of shape (n_columns,)
        Range of the standardised columns in fit. A network sees them within twice that range:
        it has learned nothing about what lies beyond.
    """

    encoder: Encoder
    calendar: Calendar
    units: ColumnUnits
    lowest: np.ndarray
    highest: np.ndarray

    @classmethod
    def of(cls, panel: Panel, calendar: Calendar, past_columns: Sequence[Hashable] = ()) -> Columns:
        """Learn the columns of a panel, see `Encoder.of`."""
        encoder = Encoder.of(panel, past_columns)
        n_ahead = len(calendar.places) + encoder.width(encoder.ahead)
        n_static = encoder.width(encoder.static)
        panel = replace(panel, X=_numbers(encoder, calendar, panel))
        units = ColumnUnits.of(panel, static=slice(n_ahead, n_ahead + n_static))
        scale = SeriesScale.of(panel, units)
        rows = (scale.of_some(series).standardised(block) for series, block in panel.blocks())
        lowest, highest = zip(*((r.min(axis=0), r.max(axis=0)) for r in rows), strict=True)
        return cls(encoder, calendar, units, np.min(lowest, axis=0), np.max(highest, axis=0))

    @property
    def n_columns(self) -> int:
        """Number of exogenous columns, as numbers, holidays included."""
        return len(self.lowest)

    @property
    def n_ahead(self) -> int:
        """Number of those that are known ahead and not static, the first ones."""
        return self.n_holidays + self.encoder.width(self.encoder.ahead)

    @property
    def n_holidays(self) -> int:
        """Number of those that are holidays, the first ones."""
        return len(self.calendar.places)

    @property
    def n_past(self) -> int:
        """Number of those that are known of the past only, the last ones."""
        return self.encoder.width(self.encoder.past)

    @property
    def sizes(self) -> dict[str, int]:
        """Features of every group."""
        n_static = self.n_columns - self.n_ahead - self.n_past
        return {
            "exogenous": self.n_ahead,
            "calendar": self.calendar.n_features,
            "static": n_static,
            "past": self.n_past,
        }

    def encoded(self, panel: Panel) -> Panel:
        """The same series, their columns as numbers."""
        return replace(panel, X=_numbers(self.encoder, self.calendar, panel))

    def features(self, times: Times, rows: np.ndarray) -> np.ndarray | None:
        """Features of shape (n_points, n_features), float32; None without any.

        Parameters
        ----------
        times : Times
            Time of every point.
        rows : float64 ndarray of shape (n_points, n_columns)
            Standardised exogenous columns.
        """
        ahead, others = np.split(self.seen(rows), [self.n_ahead], axis=1)
        calendar = times.each(self.calendar.features).astype(np.float32)
        features = np.concatenate((ahead, calendar, others), axis=1)
        return features if features.shape[1] else None

    @torch.inference_mode(False)
    def buffer(self, panel: Panel, scale: SeriesScale) -> SeriesBuffer:
        """Scaled series and features of a panel, on the CPU."""
        n_features = sum(self.sizes.values())
        values = np.empty(panel.values.shape, dtype=np.float32)
        features = np.empty((len(values), n_features), dtype=np.float32) if n_features else None
        for series, block in panel.blocks():
            points = panel.points_of(series)
            own = scale.of_some(series)
            values[points] = own.apply(block)
            if features is not None:
                features[points] = self.features(block.times, own.standardised(block))
        observed = ~np.isnan(values)
        whole = bool(observed.all())
        return SeriesBuffer(
            values=from_numpy(values if whole else np.where(observed, values, np.float32(0.0))),
            offsets=from_numpy(panel.offsets.astype(np.int64)),
            location=from_numpy(scale.location),
            scale=from_numpy(scale.scale),
            features=None if features is None else from_numpy(features),
            observed=None if whole else from_numpy(observed),
        )

    def seen(self, rows: np.ndarray) -> np.ndarray:
        """Standardised columns (..., n_columns) as a network sees them, float32."""
        spread = self.highest - self.lowest
        within = np.clip(rows, self.lowest - spread / 2, self.highest + spread / 2)
        return within.astype(np.float32)


def _numbers(encoder: Encoder, calendar: Calendar, panel: Panel) -> pd.DataFrame | None:
    """All columns at every point; None without any."""
    encoded = encoder.encoded(panel.X)
    if not calendar.places:
        return encoded
    holidays = panel.times.each(calendar.holidays)
    if encoded is None:
        return pd.DataFrame(holidays)
    return pd.DataFrame(np.concatenate((holidays, encoded), axis=1), index=encoded.index)
