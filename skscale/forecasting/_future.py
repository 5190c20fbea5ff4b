"""What is known of the steps behind the cuts of windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from skscale.forecasting._columns import Columns
from skscale.forecasting._context import Context
from skscale.forecasting._gaps import filled
from skscale.forecasting._horizon import check_reach, rows_ahead, times_after
from skscale.forecasting._times import Times
from skscale.ops.arrays import from_numpy

__all__ = ["Future", "at_steps", "behind_the_end", "within"]


@dataclass(frozen=True)
class Future:
    """What is known of the steps behind the cuts of windows.

    Attributes
    ----------
    rows : float64 ndarray of shape (n_windows, longest, n_columns)
        Standardised exogenous columns.
    features : float32 ndarray of shape (n_windows, longest, n_features) or None
    """

    rows: np.ndarray
    features: np.ndarray | None

    @property
    def longest(self) -> int:
        """Number of steps."""
        return self.rows.shape[1]

    def tensor(self, windows: slice, device: torch.device) -> torch.Tensor | None:
        """Features of some of the windows, on ``device``."""
        if self.features is None:
            return None
        return from_numpy(self.features[windows]).to(device)


def within(
    columns: Columns, context: Context, series: np.ndarray, cuts: np.ndarray, held: np.ndarray
) -> Future:
    """What is known behind ``cuts`` of ``series``, both (n_windows,), within the data.

    Rows of steps that are not ``held`` (longest,) count as missing, and so do columns known of the
    past only. Holidays are always known.
    """
    offsets, features = context.panel.offsets, context.buffer.features
    first, last = offsets[series] + cuts, offsets[series + 1] - 1
    point = np.minimum(first[:, None] + np.arange(len(held)), last[:, None])
    rows = context.scale.standardised_at(context.panel, point)
    rows[:, ~held, columns.n_holidays :] = np.nan
    before = context.scale.filled_at(context.panel, np.maximum(first - 1, offsets[series]))
    rows = _filled(columns, context, rows, series, before)
    if features is None:
        return Future(rows, None)
    found, seen = features.numpy()[point], columns.seen(rows)
    others = found.shape[-1] - columns.n_past
    found[..., : columns.n_ahead] = seen[..., : columns.n_ahead]
    found[..., others:] = seen[..., columns.n_columns - columns.n_past :]
    return Future(rows, found)


def behind_the_end(
    columns: Columns, context: Context, X: pd.DataFrame | None, steps: np.ndarray
) -> Future:
    """What is known behind the end of every series, up to the longest of ``steps``.

    Steps that ``X`` leaves out count as missing, and so do columns known of the past only, whatever
    ``X`` says. Static columns keep their value where it is silent.
    """
    panel, n_series, longest = context.panel, len(steps), int(steps.max())
    rows = np.full((n_series, longest, columns.n_columns), np.nan)
    if not sum(columns.sizes.values()):
        return Future(rows, None)
    times = times_after(panel, np.tile(np.arange(1, longest + 1), (n_series, 1)))
    holidays, given = np.split(rows, [columns.n_holidays], axis=-1)
    holidays[:] = columns.calendar.holidays(times).reshape(holidays.shape)
    if X is not None and given.shape[-1] > columns.n_past:
        given[:] = rows_ahead(panel, X, columns.encoder, steps, times)
    series = np.arange(n_series)
    flat = rows.reshape(len(times), -1)
    rows = context.scale.standardised_rows(flat, series.repeat(longest)).reshape(rows.shape)
    before = context.scale.filled_at(panel, panel.offsets[1:] - 1)
    rows = _filled(columns, context, rows, series, before)
    features = columns.features(Times.of(times), rows.reshape(len(times), -1))
    assert features is not None
    return Future(rows, features.reshape(n_series, longest, -1))


def at_steps(
    columns: Columns,
    context: Context,
    steps: np.ndarray,
    X: pd.DataFrame | None,
    forecasts: Callable[[np.ndarray, np.ndarray, Future], np.ndarray],
) -> np.ndarray:
    """Forecasts of ``steps`` (n_series, n_steps) after the ends of all series.

    Steps ahead come from each series' last window. In-sample steps are one-step-ahead
    forecasts from the window before the point.

    Parameters
    ----------
    columns, context, steps, X
    forecasts : callable
        Forecasts (n_windows, longest, ...) from series, cuts and what is known behind them.
    """
    lengths, longest = context.panel.lengths, int(steps.max())
    check_reach(steps, lengths)
    found = None
    if longest > 0:
        future = behind_the_end(columns, context, X, steps)
        every = np.arange(len(lengths))
        ahead = forecasts(every, lengths, future)
        found = ahead[every[:, None], np.clip(steps - 1, 0, None)]
    row, column = np.nonzero(steps < 1)
    if len(row):
        cuts = lengths[row] - 1 + steps[row, column]
        one = within(columns, context, row, cuts, np.ones(1, dtype=bool))
        fitted = forecasts(row, cuts, one)[:, 0]
        if found is None:
            found = np.empty((*steps.shape, *fitted.shape[1:]))
        found[row, column] = fitted
    assert found is not None
    return found


def _filled(
    columns: Columns, context: Context, rows: np.ndarray, series: np.ndarray, before: np.ndarray
) -> np.ndarray:
    """Rows (n, longest, n_columns) of ``series`` without gaps, behind those ``before`` them."""
    rows[..., columns.n_columns - columns.n_past :] = np.nan
    both = np.concatenate((before[:, None], rows), axis=1).swapaxes(0, 1)
    return filled(both, context.scale.persistence[series])[1:].swapaxes(0, 1)
