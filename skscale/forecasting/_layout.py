"""Sizes that adapt to the data: season, horizon, context."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sktime.forecasting.base import ForecastingHorizon

from skscale.forecasting._data import Layout
from skscale.forecasting._panel import Panel
from skscale.forecasting._time import detect_season

__all__ = ["choose_layout", "wants_calendar"]


def choose_layout(
    panel: Panel,
    fh: ForecastingHorizon | None,
    context_length: int | str,
    prediction_length: int | str,
    season_length: int | str,
) -> Layout:
    """Settle season, horizon and context; numbers are taken as they are."""
    n = int(panel.lengths.max())
    if n < 2:
        raise ValueError(f"y has {n} time point; at least 2 are needed to learn from")
    season = _season(panel, season_length)
    horizon = _horizon(n, panel, fh, prediction_length, season)
    if context_length == "auto":
        context = max(2 * season, 2 * horizon, 8)
        context = max(1, min(context, n - horizon, 512))
    else:
        context = _positive("context_length", context_length)
    return Layout(context, horizon, season)


def _season(panel: Panel, season_length: int | str) -> int:
    if season_length != "auto":
        return _positive("season_length", season_length)
    season = panel.step.season
    if season is None:
        longest = int(panel.lengths.argmax())
        part = panel.values[panel.offsets[longest] : panel.offsets[longest + 1]]
        season = detect_season(part[:, 0])
    return season if 2 * season < panel.lengths.max() else 1


def _horizon(
    n: int, panel: Panel, fh: ForecastingHorizon | None, prediction_length: int | str, season: int
) -> int:
    if prediction_length != "auto":
        T = _positive("prediction_length", prediction_length)
        if n - 1 < T:
            raise ValueError(
                f"prediction_length={T} is longer than any series allows: the longest has {n} "
                f"points, so at most {n - 1}"
            )
        return T
    wanted = max(season, 8)
    if fh is not None and not isinstance(fh, str):
        wanted = max(_longest_step(fh, panel), 1)
    return max(1, min(wanted, n // 3))


def _longest_step(fh: ForecastingHorizon, panel: Panel) -> int:
    from skscale.forecasting._predicting import requested_steps

    return int(requested_steps(fh, panel).max())


def wants_calendar(time_features: bool | str, panel: Panel) -> bool:
    """Whether the calendar becomes a feature."""
    if time_features not in (True, False, "auto"):
        raise ValueError(f'time_features must be True, False or "auto", got {time_features!r}')
    if isinstance(panel.times, pd.DatetimeIndex | pd.PeriodIndex):
        return time_features is True
    if time_features is True:
        raise ValueError(
            "time_features=True needs dates, but the index of y holds integers; pass "
            'time_features="auto" or give y a DatetimeIndex or PeriodIndex'
        )
    return False


def _positive(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f'{name} must be "auto" or a positive integer, got {value!r}')
    return int(value)
