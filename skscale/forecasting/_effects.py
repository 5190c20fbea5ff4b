"""Linear effect of the exogenous columns, in closed form, before any network sees a series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
import pandas as pd

from skscale.forecasting._panel import Panel
from skscale.forecasting._series_scale import SeriesScale, exogenous

__all__ = ["ColumnEffects", "find_effects"]

# Relative to the variance of a column, which is one; no effect at all is a candidate, too.
_PENALTIES = (0.003, 0.03, 0.3, 3.0)
# A penalty draws the effect towards zero; of errors that differ by less, the smallest is taken.
_AS_GOOD = 1.02
_DRIFTS = ("none", "constant", "changing")
# A series departs from what all share as if it had seen so many points of that already.
_SHARED_POINTS = 20.0


@dataclass(frozen=True)
class ColumnEffects:
    """What the columns add to any series, whether it was seen in fit or not.

    Attributes
    ----------
    relative, absolute : float64 ndarray of shape (n_columns, n_channels)
        On series not seen in fit: in deviations of a series for a deviation of a column, and in
        units of the series for a unit of the column. The effect is their sum; for every channel
        one of the two is zero.
    known : float64 ndarray of shape (n_known, n_columns, n_channels)
        On series seen in fit, in their units for a unit of the column.
    keys : Index or None
        Instances of those series; None if there was one series without a name.
    """

    relative: np.ndarray
    absolute: np.ndarray
    known: np.ndarray
    keys: pd.Index | None

    def of_series(self, panel: Panel, scale: SeriesScale) -> np.ndarray:
        """Effects on every series of ``panel``, (n_series, n_columns, n_channels).

        In units of the series, for a deviation of the column in that series.
        """
        unit = _units(scale)[:, :, None]
        effect = self.relative * scale.scale[:, None] + self.absolute * unit
        if (self.keys is None) != (panel.keys is None):
            return effect
        n_series = len(panel.lengths)
        place = (
            np.zeros(n_series, dtype=np.int64)
            if self.keys is None
            else self.keys.get_indexer(panel.keys)
        )
        known = self.known[place] * unit
        return np.where((place >= 0)[:, None, None], known, effect)


def find_effects(
    panel: Panel, scale: SeriesScale, train_end: np.ndarray, season: int, n_ahead: int
) -> ColumnEffects:
    """Regress the series on their exogenous columns, both differenced.

    Differences over a season, or over one step where there is none, take out level and season,
    so that the effect is that of a change in a column. Candidates are no effect, and one that all
    series share, in their own deviations or in their own units, beside a drift of the series that
    is none, constant or changing, under several ridge penalties. Errors of held-out points
    choose, channel by channel, or errors of points left out one by one where none are held out.
    What is chosen is fitted to all points, and where it lowers those errors, each series departs
    from what all share.

    Parameters
    ----------
    panel : Panel
    scale : SeriesScale
        Statistics of ``panel``.
    train_end : int64 ndarray of shape (n_series,)
        Points of every series before its held-out part.
    season : int
        1 for none.
    n_ahead : int
        Columns known ahead, the first ones; the others get no effect.
    """
    changes = _Changes.of(panel, scale, train_end, season, n_ahead)
    relative, absolute = np.zeros((2, *scale.effect.shape[1:]))
    departures = np.zeros(scale.effect.shape)
    for channel in range(scale.effect.shape[2]):
        form = _choose(changes, channel)
        if form is None:
            continue
        tried = changes.beside(form.drift).known(channel)
        whole = replace(tried, training=np.ones_like(tried.training))
        shared, _ = _ridge(whole, channel, form)
        (absolute if form.absolute else relative)[:, channel] = shared
        if len(departures) > 1 and _gain(tried, channel, form):
            departures[:, :, channel], _ = _departures(whole, channel, form, shared)
    unit = _units(scale)[:, :, None]
    effect = (relative + departures) * scale.scale[:, None] + absolute * unit
    known = np.divide(effect, unit, out=np.zeros_like(effect), where=unit > 0)
    if panel.keys is None:
        return ColumnEffects(relative, absolute, known[-1:], None)
    last = ~panel.keys.duplicated(keep="last")
    return ColumnEffects(relative, absolute, known[last], panel.keys[last])


class _Form(NamedTuple):
    """How all series share an effect: beside which drift, in their own units, and the penalty."""

    drift: str
    absolute: bool
    penalty: float

    def under(self, penalty: float) -> _Form:
        """Return the same under another penalty."""
        return self._replace(penalty=penalty)


@dataclass(frozen=True)
class _Changes:
    """Differences of series, in their deviations, and of their standardised columns.

    Those of a missing value are nan.

    Attributes
    ----------
    y, x : float64 ndarray of shape (n, n_channels) and (n, n_columns)
    series : int64 ndarray of shape (n,)
    training : bool ndarray of shape (n,)
        False where held out.
    ratio : float64 ndarray of shape (n_series, n_columns, n_channels)
        Deviations of a column for each deviation of a series, in their units.
    """

    y: np.ndarray
    x: np.ndarray
    series: np.ndarray
    training: np.ndarray
    ratio: np.ndarray

    @classmethod
    def of(
        cls, panel: Panel, scale: SeriesScale, train_end: np.ndarray, season: int, n_ahead: int
    ) -> _Changes:
        values = scale.apply(panel)
        columns = scale.standardised_rows(exogenous(panel), panel.series)
        columns[:, n_ahead:] = 0.0
        # One without any value would leave no point at which all are known.
        columns[:, np.isnan(columns).all(axis=0)] = 0.0
        lag = season if (train_end >= 2 * season).any() else 1
        later = np.flatnonzero(panel.positions >= lag)
        series = panel.series[later]
        # A constant has no scale, and nothing to explain.
        varies = scale.scale > 0
        y = np.where(varies[series], values[later] - values[later - lag], 0.0)
        ratio = _units(scale)[:, :, None] / np.where(varies, scale.scale, np.inf)[:, None]
        training = (panel.positions < train_end[panel.series])[later]
        if not training.any():
            training = np.ones_like(training)
        return cls(y, columns[later] - columns[later - lag], series, training, ratio)

    def beside(self, drift: str) -> _Changes:
        """Without the drift of every series: none, its mean change, or one that itself changes."""
        if drift == "changing":
            together = self.series[1:] == self.series[:-1]
            return replace(
                self,
                y=np.diff(self.y, axis=0)[together],
                x=np.diff(self.x, axis=0)[together],
                series=self.series[1:][together],
                training=self.training[1:][together],
            )
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

    def known(self, channel: int) -> _Changes:
        """Return those where neither the channel nor a column is missing."""
        known = ~(np.isnan(self.y[:, channel]) | np.isnan(self.x).any(axis=1))
        if known.all():
            return self
        return replace(
            self,
            y=self.y[known],
            x=self.x[known],
            series=self.series[known],
            training=self.training[known],
        )

    @property
    def judged(self) -> np.ndarray:
        """Points whose errors choose: those held out, or all."""
        return self.training if self.training.all() else ~self.training

    def design(self, channel: int, form: _Form) -> np.ndarray:
        """What a coefficient multiplies, (n, n_columns)."""
        return self.x * self.ratio[self.series, :, channel] if form.absolute else self.x


def _choose(changes: _Changes, channel: int) -> _Form | None:
    """Form with the lowest error; None where no effect at all has a lower one."""
    units = (False, True) if len(changes.ratio) > 1 else (False,)
    found: dict[_Form, float] = {}
    nothing: dict[str, float] = {}
    for drift in _DRIFTS:
        tried = changes.beside(drift).known(channel)
        if not tried.judged.any() or not tried.training.any():
            continue
        nothing[drift] = np.abs(tried.y[tried.judged, channel]).mean()
        for absolute, penalty in product(units, _PENALTIES):
            form = _Form(drift, absolute, penalty)
            found[form] = np.abs(_ridge(tried, channel, form)[1]).mean()
    if not found:
        return None
    # The first two try to explain the same changes, the third those of the changes.
    nothing["none"] = nothing["constant"] = min(nothing["none"], nothing["constant"])
    found = {form: error / max(nothing[form.drift], 1e-12) for form, error in found.items()}
    best = min(found, key=lambda form: found[form])
    if found[best] >= 1:
        return None
    enough = _AS_GOOD * found[best]
    return next(form for form in map(best.under, _PENALTIES) if found[form] <= enough)


def _ridge(changes: _Changes, channel: int, form: _Form) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (n_columns,), and errors of held-out points, or of each point left out."""
    x, y = changes.design(channel, form), changes.y[:, channel]
    inside = x[changes.training]
    ratio = changes.ratio[:, :, channel]
    size = (ratio**2).mean(axis=0) if form.absolute else np.ones(x.shape[1])
    gram = inside.T @ inside / len(inside) + np.diag(form.penalty * size)
    inverse = np.linalg.pinv(gram, hermitian=True)
    coefficients = inverse @ (inside.T @ y[changes.training]) / len(inside)
    errors = y - x @ coefficients
    if not changes.training.all():
        return coefficients, errors[~changes.training]
    leverage = np.einsum("nk,kl,nl->n", x, inverse, x) / len(x)
    return coefficients, errors / (1 - leverage.clip(max=0.99))


def _gain(changes: _Changes, channel: int, form: _Form) -> bool:
    """Whether held-out points confirm that the series depart from what they share."""
    if changes.training.all():
        return False
    shared, errors = _ridge(changes, channel, form)
    _, left = _departures(changes, channel, form, shared)
    return np.abs(left[changes.judged]).mean() < np.abs(errors).mean()


def _departures(
    changes: _Changes, channel: int, form: _Form, shared: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What every series adds to the shared effect, in its deviations; errors of all points."""
    found = np.zeros(changes.ratio.shape[:2])
    left = changes.y[:, channel] - changes.design(channel, form) @ shared
    ends = np.searchsorted(changes.series, np.arange(len(found) + 1))
    for i, (start, stop) in enumerate(pairwise(ends)):
        x, inside = changes.x[start:stop], changes.training[start:stop]
        seen = x[inside]
        gram = seen.T @ seen + _SHARED_POINTS * np.eye(x.shape[1])
        found[i] = np.linalg.solve(gram, seen.T @ left[start:stop][inside])
        left[start:stop] -= x @ found[i]
    return found, left


def _units(scale: SeriesScale) -> np.ndarray:
    """Scales of the columns of every series, zero where a column never varied."""
    return np.where(np.isfinite(scale.column_scale), scale.column_scale, 0.0)
