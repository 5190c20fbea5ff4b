"""Steps and times of a horizon, and the rows of X that it asks for."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sktime.forecasting.base import ForecastingHorizon

from skscale.forecasting._encoding import Encoder
from skscale.forecasting._frames import as_numbers
from skscale.forecasting._panel import Panel
from skscale.forecasting._positions import check_found, positions

__all__ = [
    "check_reach",
    "longest_step",
    "requested_steps",
    "rows_ahead",
    "times_after",
]


def longest_step(fh: ForecastingHorizon | None, panel: Panel) -> int:
    """Longest step after any series' end that ``fh`` asks for; 0 without a horizon."""
    return 0 if fh is None else max(0, int(requested_steps(fh, panel).max()))


def requested_steps(fh: ForecastingHorizon, panel: Panel) -> np.ndarray:
    """Steps after each series' own end, (n_series, n_steps); zero and below is in-sample."""
    if fh.is_relative:
        relative = _relative_steps(fh, panel)
        return np.broadcast_to(relative, (len(panel.lengths), len(relative)))
    times = fh.to_pandas()
    of_series, cutoffs = panel.last_times.factorize()
    return np.stack([panel.step.count(cutoff, times) for cutoff in cutoffs])[of_series]


def _relative_steps(fh: ForecastingHorizon, panel: Panel) -> np.ndarray:
    steps = fh.to_pandas()
    if not isinstance(steps, pd.TimedeltaIndex):
        return steps.to_numpy(dtype=np.int64)
    cutoff = panel.last_times[0]
    return panel.step.count(cutoff, cutoff + steps)


def times_after(panel: Panel, steps: np.ndarray) -> pd.Index:
    """Times of ``steps`` (n_series, n_steps) after each series' end, flat, series by series."""
    return panel.step.after(panel.last_times, steps)


def rows_ahead(
    panel: Panel, X: pd.DataFrame, encoder: Encoder, steps: np.ndarray, times: pd.Index
) -> np.ndarray:
    """Numbers of ``X`` at every step behind each series' end; nan where it holds none.

    Parameters
    ----------
    panel : Panel
    X : DataFrame
        Must hold the requested ``steps`` (n_series, n_steps), and may hold those in between.
    encoder : Encoder
        Of its columns; no other rows are encoded.
    times : Index
        Of steps 1, ..., longest of every series, flat.

    Returns
    -------
    float64 ndarray of shape (n_series, longest, n_columns)
    """
    n_series, longest = len(steps), len(times) // len(steps)
    index = panel.index_of(np.repeat(np.arange(n_series), longest), times)
    ahead = np.zeros((n_series, longest + 1), dtype=bool)
    np.put_along_axis(ahead, np.clip(steps, 0, None), True, axis=1)
    asked = ahead[:, 1:].ravel()
    place = positions(index, X.index)
    check_found(place[asked], index[asked], "the horizon")
    rows = as_numbers(encoder.encoded(X.iloc[place]))
    rows = np.where(place[:, None] < 0, np.nan, rows)
    return rows.reshape(n_series, longest, -1)


def check_reach(steps: np.ndarray, lengths: np.ndarray) -> None:
    """Raise ValueError if ``steps`` (n_series, n_steps) lie before the start of a series."""
    before = steps < 1 - lengths[:, None]
    if before.any():
        raise ValueError(
            f"fh asks for {int(steps[before].min())} steps after the last point, which lies "
            "before the first point of the series"
        )
