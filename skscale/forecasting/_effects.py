"""Linear effect of the exogenous columns, in closed form, before any network sees a series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t as student_t

from skscale.forecasting._changes import Changes, Form, units_of
from skscale.forecasting._panel import Panel
from skscale.forecasting._series_scale import SeriesScale

__all__ = ["ColumnEffects", "find_effects"]

# Relative to the variance of a column, which is one; no effect at all is a candidate, too.
_PENALTIES = (0.003, 0.03, 0.3, 3.0)
# A penalty draws the effect towards zero; of errors that differ by less, the smallest is taken.
_AS_GOOD = 1.02
# How often noise may pass for an effect. One or three columns of noise beside ten short series cost
# 3 % on average where any gain was taken, half of it so; what real columns gain stays.
_BY_CHANCE = 0.15
_DRIFTS = ("none", "constant", "changing")
# A series departs from what all share as if it had seen so many points of that already.
_SHARED_POINTS = 20.0
# What all series share is learned from so many points; more would change no digit that counts.
_MOST_POINTS = 2**20


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
        unit = units_of(scale)[:, :, None]
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
    choose, channel by channel, or errors of points left out one by one where few are held out.
    Where it lowers those errors, each series departs from what all share. What is clearly better
    than no effect is fitted to all points. Of panels of more than a million points, evenly chosen
    series tell what all share; each departs from it by itself.

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
    lag = season if (train_end >= 2 * season).any() else 1
    data = _Data(panel, scale, train_end, lag, n_ahead)
    chosen_series = data.evenly_chosen()
    changes = chosen_series.changes()
    relative, absolute = np.zeros((2, *scale.effect.shape[1:]))
    departures = np.zeros(scale.effect.shape)
    for channel in range(scale.effect.shape[2]):
        chosen = _choose(changes, channel)
        if chosen is None:
            continue
        form, errors, nothing = chosen
        tried = changes.beside(form.drift).known(channel)
        own = _errors_of_departures(tried, channel, form)
        departs = False
        if own is not None and own.mean() < errors.mean():
            departs, errors = True, own
        if not _clearly_lower(errors, nothing):
            continue
        shared, _ = _ridge(tried.all_training(), channel, form)
        (absolute if form.absolute else relative)[:, channel] = shared
        if departs:
            for series, some in data.blocks():
                # Where one block holds all series, their changes are known already.
                of_block = changes if chosen_series is data else some.changes()
                found = of_block.beside(form.drift).known(channel).all_training()
                departures[series, :, channel], _ = _departures(found, channel, form, shared)
    unit = units_of(scale)[:, :, None]
    effect = (relative + departures) * scale.scale[:, None] + absolute * unit
    known = np.divide(effect, unit, out=np.zeros_like(effect), where=unit > 0)
    if panel.keys is None:
        return ColumnEffects(relative, absolute, known[-1:], None)
    last = ~panel.keys.duplicated(keep="last")
    return ColumnEffects(relative, absolute, known[last], panel.keys[last])


class _Data(NamedTuple):
    """Series, their statistics and held-out parts; the lag of changes, and columns that count."""

    panel: Panel
    scale: SeriesScale
    train_end: np.ndarray
    lag: int
    n_ahead: int

    def changes(self) -> Changes:
        return Changes.of(*self)

    def blocks(self) -> Iterator[tuple[slice, _Data]]:
        """All series in turn, some at a time: which they are, and their data."""
        for series, block in self.panel.blocks(_MOST_POINTS):
            scale, train_end = self.scale.of_some(series), self.train_end[series]
            yield series, self._replace(panel=block, scale=scale, train_end=train_end)

    def evenly_chosen(self) -> _Data:
        """As many series as one of the blocks holds; all where there is one."""
        n_blocks = sum(1 for _ in self.panel.blocks(_MOST_POINTS))
        if n_blocks == 1:
            return self
        series = np.arange(0, len(self.train_end), n_blocks)
        panel, scale = self.panel.take(series), self.scale.of_some(series)
        return self._replace(panel=panel, scale=scale, train_end=self.train_end[series])


def _choose(changes: Changes, channel: int) -> tuple[Form, np.ndarray, np.ndarray] | None:
    """Form of the effect, the lowest errors, and those of no effect; None if nothing can tell."""
    units = (False, True) if len(changes.ratio) > 1 else (False,)
    found: dict[Form, np.ndarray] = {}
    nothing: dict[str, np.ndarray] = {}
    for drift in _DRIFTS:
        tried = changes.beside(drift).known(channel)
        if not tried.judged.any() or not tried.training.any():
            continue
        nothing[drift] = np.abs(tried.y[tried.judged, channel])
        for absolute, penalty in product(units, _PENALTIES):
            form = Form(drift, absolute, penalty)
            found[form] = np.abs(_ridge(tried, channel, form)[1])
    if not found:
        return None
    # The first two try to explain the same changes, the third those of the changes.
    same = min(nothing["none"], nothing["constant"], key=np.mean)
    nothing["none"] = nothing["constant"] = same
    relative = {f: found[f].mean() / max(nothing[f.drift].mean(), 1e-12) for f in found}
    best = min(relative, key=lambda form: relative[form])
    enough = _AS_GOOD * relative[best]
    form = next(form for form in map(best.under, _PENALTIES) if relative[form] <= enough)
    return form, found[best], nothing[form.drift]


def _clearly_lower(errors: np.ndarray, others: np.ndarray) -> bool:
    """Whether errors at the same points are lower than others, by a paired t test."""
    gain, n = others - errors, len(errors)
    if n < 2:
        return bool(gain.mean() > 0)
    least = student_t.ppf(1 - _BY_CHANCE, n - 1) * gain.std(ddof=1) / np.sqrt(n)
    return bool(gain.mean() > least)


def _ridge(changes: Changes, channel: int, form: Form) -> tuple[np.ndarray, np.ndarray]:
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


def _errors_of_departures(changes: Changes, channel: int, form: Form) -> np.ndarray | None:
    """Errors of held-out points where each series departs from what they share; None without."""
    if changes.training.all() or len(changes.ratio) == 1:
        return None
    shared, _ = _ridge(changes, channel, form)
    _, left = _departures(changes, channel, form, shared)
    return np.abs(left[changes.judged])


def _departures(
    changes: Changes, channel: int, form: Form, shared: np.ndarray
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
