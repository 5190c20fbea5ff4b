"""Location, scale and effect of columns of every series: the only place that applies them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from skscale.forecasting._column_units import (
    FURTHEST,
    ColumnUnits,
    exogenous,
    standardised_rows,
)
from skscale.forecasting._gaps import filled
from skscale.forecasting._panel import Panel
from skscale.forecasting._statistics import SCALERS, by_blocks, extremes

__all__ = ["SeriesScale"]


@dataclass(frozen=True)
class SeriesScale:
    """What brings every series of a panel to numbers around zero, and back.

    ``(y - rows @ effect - location) / scale``, where ``rows`` are the exogenous columns,
    standardised by series. Missing values tell nothing: statistics are those of the others. A
    missing value of a column is what the last one before it lets expect, so that nothing is known
    before its time; see `filled`.

    Attributes
    ----------
    location, scale : float64 ndarray of shape (n_series, n_channels)
        A constant channel has itself as location and a scale of exactly zero: whatever a network
        says, its forecast is the constant.
    column_location, column_scale : float64 ndarray of shape (n_series, n_columns)
        A column that never varied has an infinite scale: nothing was learned about its changes.
    persistence : float64 ndarray of shape (n_series, n_columns)
        Correlation of a column's value with the one before it.
    effect : float64 ndarray of shape (n_series, n_columns, n_channels)
        What a unit of a standardised column adds to the series, in the series' own units.
    lowest, highest : float64 ndarray of shape (n_series, n_channels)
        Bounds of the forecasts.
    """

    location: np.ndarray
    scale: np.ndarray
    column_location: np.ndarray
    column_scale: np.ndarray
    persistence: np.ndarray
    effect: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray

    @classmethod
    def of(
        cls,
        panel: Panel,
        units: ColumnUnits,
        held_out: np.ndarray | None = None,
        scaler: str = "standard",
    ) -> SeriesScale:
        """Location and scale of every series and channel, of every series' columns; no effect.

        Parameters
        ----------
        panel : Panel
        units : ColumnUnits
        held_out : int64 ndarray of shape (n_series,), optional
            Last points that the statistics of the series do not see (the validation part).
        scaler : {"standard", "robust", "mean", "none"}, default="standard"
            What location and scale of a series are, see `SCALERS`.
        """
        n_series = len(panel.lengths)
        held_out = np.zeros(n_series, dtype=np.int64) if held_out is None else held_out

        def of_block(block: Panel, held_out: np.ndarray) -> tuple[np.ndarray, ...]:
            seen = np.repeat(block.lengths - held_out, block.lengths) > block.positions
            own = SCALERS[scaler](block, block.values, seen[:, None])
            return *own, *extremes(block, block.values)

        location, scale, highest, lowest = by_blocks(panel, of_block, held_out)
        constant = highest == lowest
        # Constant where it was seen, but not everywhere: a scale of one.
        scale = np.where(constant, 0.0, np.where(scale > 0, scale, 1.0))
        sizes = (n_series, len(units.scale), panel.values.shape[1])
        location = np.where(constant, highest, location)
        free = np.full(location.shape, np.inf)
        persistence = np.broadcast_to(units.persistence, sizes[:2])
        own = units.of_series(panel)
        return cls(location, scale, *own, persistence, np.zeros(sizes), -free, free)

    def of_some(self, series: slice | np.ndarray) -> SeriesScale:
        """Those of some of the series."""
        return SeriesScale(**{name: values[series] for name, values in vars(self).items()})

    def standardised_columns(self, panel: Panel) -> np.ndarray:
        """Exogenous columns at every point of ``panel``, (n_points, n_columns); nan stays."""
        return self.standardised_rows(exogenous(panel), panel.series)

    def standardised(self, panel: Panel) -> np.ndarray:
        """Exogenous columns at every point of ``panel``, without gaps."""
        rows = self.standardised_columns(panel)
        if not np.isnan(rows).any():
            return rows
        return filled(rows, self.persistence[panel.series], panel.offsets[panel.series, None])

    def standardised_rows(self, rows: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Standardise ``rows`` (n, n_columns) that belong to ``series`` (n,); nan stays."""
        return standardised_rows(rows, series, self.column_location, self.column_scale)

    def standardised_at(self, panel: Panel, points: np.ndarray) -> np.ndarray:
        """Exogenous columns at ``points`` of ``panel``, (*points.shape, n_columns); nan stays."""
        flat = points.ravel()
        series = np.searchsorted(panel.offsets, flat, side="right") - 1
        rows = self.standardised_rows(exogenous(panel, flat), series)
        return rows.reshape(*points.shape, rows.shape[1])

    def filled_at(self, panel: Panel, points: np.ndarray) -> np.ndarray:
        """Exogenous columns at ``points`` of ``panel``, likewise, without gaps."""
        rows = self.standardised_at(panel, points)
        if not np.isnan(rows).any():
            return rows
        for series, block in panel.blocks():
            own = panel.points_of(series)
            inside = (own.start <= points) & (points < own.stop)
            rows[inside] = self.of_some(series).standardised(block)[points[inside] - own.start]
        return rows

    def apply(self, panel: Panel) -> np.ndarray:
        """Scaled values, (n_points, n_channels); nan stays."""
        series = panel.series
        scaled = panel.values - self.location[series]
        if self.effect.any():
            scaled -= np.einsum("pk,pkc->pc", self.standardised(panel), self.effect[series])
        scaled /= np.where(self.scale > 0, self.scale, 1.0)[series]
        return np.clip(scaled, -FURTHEST, FURTHEST, out=scaled)

    def undo(self, scaled: np.ndarray, series: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Bring forecasts back to the units of their series.

        Parameters
        ----------
        scaled : ndarray of shape (n, length, n_channels)
        series : int64 ndarray of shape (n,)
        rows : float64 ndarray of shape (n, length, n_columns)
            Standardised columns at the forecast points.
        """
        values = scaled * self.scale[series][:, None] + self.location[series][:, None]
        if self.effect.any():
            values = values + rows @ self.effect[series]
        return np.clip(values, self.lowest[series][:, None], self.highest[series][:, None])

    def with_effect(self, effect: np.ndarray) -> SeriesScale:
        """The same with the ``effect`` of columns; a constant channel has none."""
        return replace(self, effect=np.where(self.scale[:, None] > 0, effect, 0.0))

    def within(self, bounds: tuple | str | None, panel: Panel) -> SeriesScale:
        """The same with bounds of the forecasts.

        Parameters
        ----------
        bounds : (lower, upper), "auto" or None
            ``"auto"`` keeps series that hold zeros and were never negative from becoming so.
        panel : Panel
            The series.
        """
        if bounds is None:
            return self
        if isinstance(bounds, str):
            _, lowest = by_blocks(panel, lambda block: extremes(block, block.values))
            return replace(self, lowest=np.where(lowest == 0, 0.0, -np.inf))
        lower, upper = (
            end if bound is None else bound
            for bound, end in zip(bounds, (-np.inf, np.inf), strict=True)
        )
        free = np.zeros_like(self.scale)
        return replace(self, lowest=free + lower, highest=free + upper)

    def carried_to(self, old: Panel, new: Panel, fresh: SeriesScale) -> SeriesScale:
        """Statistics of ``new``: those of ``old`` for the series in both, else ``fresh``.

        A series that was constant where it was fitted gets its first step away from the constant
        for a scale, which is the same whatever came later.
        """
        place = old.positions_of(new)
        found = place >= 0
        carried = {name: getattr(fresh, name).copy() for name in vars(fresh)}
        for name, values in carried.items():
            values[found] = getattr(self, name)[place[found]]
        location, scale = carried["location"], carried["scale"]
        for series, channel in np.argwhere(found[:, None] & (scale == 0)):
            _, step = _first_step(new, series, channel, location[series, channel])
            scale[series, channel] = step
        return SeriesScale(**carried)

    def hold_constants(
        self, values: np.ndarray, panel: Panel, known: np.ndarray, cuts: np.ndarray
    ) -> None:
        """Forecast what was constant in fit to stay so by cuts before its first step, in place.

        Parameters
        ----------
        values : ndarray of shape (n_cuts, n_series, length, n_channels, ...)
        panel : Panel of n_series series
            All their points.
        known : int64 ndarray of shape (n_series,)
            Where these statistics hold the series; -1 for nowhere.
        cuts : int64 ndarray of shape (n_cuts, n_series)
        """
        constant = (known >= 0)[:, None] & (self.scale[known] == 0)
        for series, channel in np.argwhere(constant):
            number = self.location[known[series], channel]
            position, _ = _first_step(panel, series, channel, number)
            if position is not None:
                values[cuts[:, series] <= position, series, :, channel] = number


def _first_step(
    panel: Panel, series: int, channel: int, constant: float
) -> tuple[int | None, float]:
    """Position and size of the first step of a series away from ``constant``; None without any."""
    own = slice(*panel.offsets[series : series + 2])
    values = panel.values[own, channel].astype(np.float64)
    steps = np.nan_to_num(np.abs(values - constant))
    position = int((steps > 0).argmax())
    return (position, float(steps[position])) if steps[position] > 0 else (None, 0.0)
