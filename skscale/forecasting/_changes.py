"""Changes of series and of their exogenous columns, from which effects are learned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from skscale.forecasting._panel import Panel
from skscale.forecasting._series_scale import SeriesScale

__all__ = ["Changes", "Form", "units_of"]

# Fewer held-out points at which a column changes cannot tell of it: all points do then, left out
# one by one. Most of a year may pass without a holiday.
_FEWEST = 20


class Form(NamedTuple):
    """How all series share an effect: beside which drift, in their own units, and the penalty."""

    drift: str
    absolute: bool
    penalty: float

    def under(self, penalty: float) -> Form:
        """Return the same under another penalty."""
        return self._replace(penalty=penalty)


@dataclass(frozen=True)
class Changes:
    """Differences of series, in their deviations, and of their standardised columns.

    Attributes
    ----------
    y : float64 ndarray of shape (n, n_channels)
        nan where a value is missing.
    x : float64 ndarray of shape (n, n_columns)
        Missing values filled.
    complete : bool ndarray of shape (n,)
        Whether nothing of ``x`` was filled.
    series : int64 ndarray of shape (n,)
    training : bool ndarray of shape (n,)
        False where held out.
    ratio : float64 ndarray of shape (n_series, n_columns, n_channels)
        Deviations of a column for each deviation of a series, in their units.
    """

    y: np.ndarray
    x: np.ndarray
    complete: np.ndarray
    series: np.ndarray
    training: np.ndarray
    ratio: np.ndarray

    @classmethod
    def of(
        cls, panel: Panel, scale: SeriesScale, train_end: np.ndarray, lag: int, n_ahead: int
    ) -> Changes:
        values = scale.apply(panel)
        columns = scale.standardised(panel)
        columns[:, n_ahead:] = 0.0
        known = ~np.isnan(scale.standardised_columns(panel)[:, :n_ahead])
        # One without any value would leave no point at which all are known.
        complete = (known | ~known.any(axis=0)).all(axis=1)
        later = np.flatnonzero(panel.positions >= lag)
        series = panel.series[later]
        # A constant has no scale, and nothing to explain.
        varies = scale.scale > 0
        y = np.where(varies[series], values[later] - values[later - lag], 0.0)
        ratio = units_of(scale)[:, :, None] / np.where(varies, scale.scale, np.inf)[:, None]
        training = (panel.positions < train_end[panel.series])[later]
        x, complete = columns[later] - columns[later - lag], complete[later] & complete[later - lag]
        changes = x[:, (x != 0).any(axis=0)] != 0
        if not training.any() or changes[~training].sum(axis=0).min(initial=_FEWEST) < _FEWEST:
            training = np.ones_like(training)
        return cls(y, x, complete, series, training, ratio)

    def beside(self, drift: str) -> Changes:
        """Without the drift of every series: none, its mean change, or one that itself changes."""
        if drift == "changing":
            together = self.series[1:] == self.series[:-1]
            later = self.at(slice(1, None))
            changes = replace(
                later,
                y=later.y - self.y[:-1],
                x=later.x - self.x[:-1],
                complete=later.complete & self.complete[:-1],
            )
            return changes.at(together)
        if drift == "none":
            return self
        inside = self.series[self.training]
        parts = []
        for values in (self.y, self.x):
            total, count = np.zeros((2, len(self.ratio), values.shape[1]))
            seen = values[self.training]
            np.add.at(total, inside, np.nan_to_num(seen))
            np.add.at(count, inside, ~np.isnan(seen))
            parts.append(values - (total / count.clip(min=1))[self.series])
        return replace(self, y=parts[0], x=parts[1])

    def known(self, channel: int) -> Changes:
        """Return those where neither the channel nor a column is missing.

        Where that leaves less than half of them, filled columns count as well.
        """
        known = ~np.isnan(self.y[:, channel])
        if 2 * (known & self.complete).sum() >= known.sum():
            known &= self.complete
        return self.at(known)

    def at(self, kept: np.ndarray | slice) -> Changes:
        """Return those ``kept``."""
        names = ("y", "x", "complete", "series", "training")
        return replace(self, **{name: getattr(self, name)[kept] for name in names})

    def all_training(self) -> Changes:
        """Return the same, nothing held out."""
        return replace(self, training=np.ones_like(self.training))

    @property
    def judged(self) -> np.ndarray:
        """Points whose errors choose: those held out, or all."""
        return self.training if self.training.all() else ~self.training

    def design(self, channel: int, form: Form) -> np.ndarray:
        """What a coefficient multiplies, (n, n_columns)."""
        return self.x * self.ratio[self.series, :, channel] if form.absolute else self.x


def units_of(scale: SeriesScale) -> np.ndarray:
    """Scales of the columns of every series, zero where a column never varied."""
    return np.where(np.isfinite(scale.column_scale), scale.column_scale, 0.0)
