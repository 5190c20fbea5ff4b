"""Sizes that adapt to the data: season, horizon, context."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np
import torch

from skscale.forecasting._panel import Panel
from skscale.forecasting._statistics import by_blocks
from skscale.forecasting._time import detect_season
from skscale.forecasting._windows import Layout

if TYPE_CHECKING:
    from skscale.forecasting._fitted import FittedNetwork

__all__ = ["choose_layout", "warn_of_empty_contexts", "warn_of_unknown_season"]

_LONGEST_CONTEXT = 192
_LONGEST_SEASON = 400  # a context holds one season at least, where it is no longer
_MOST_CONTEXTS = 10  # times the longest series
_ANY_CONTEXT = 1000  # padding of so many points costs little


def choose_layout(
    panel: Panel,
    horizon: int,
    context_length: int | str,
    prediction_length: int | str,
    season_length: int | str,
) -> Layout:
    """Settle season, context and horizon for the longest series; numbers stay as they are.

    - Season: of the time step (a day, a week, a year), or the shortest period that explains
      the autocorrelation of all series for an integer index; 1 if less than two seasons were
      seen. Where it has more than 400 points, an hour or a minute takes its place.
    - Context: three seasons, seven where a season has 24 points or more, but no more than a
      quarter of the seasons and a third of the points of the series, and at least six points;
      several seasons have 192 points at most, which is also the context of steps whose
      customary season is too long. Where values are missing, it grows to as many observed ones,
      up to a third of the points.
    - Horizon: the longest step asked for in fit, else two seasons (8 without a season), but
      no more than half of the training part. Longer forecasts roll forward.

    Raises
    ------
    ValueError
        If there are less than two points, or a number does not fit the data.
    """
    n = int(panel.lengths.max())
    if n < 2:
        raise ValueError(f"y has {n} time point; at least 2 are needed to learn from")
    season = _season(panel, n, season_length)
    wanted = _wanted_horizon(n, horizon, prediction_length, season)
    n_train = max(n - min(max(wanted, n // 5), n // 2), 2)
    if context_length == "auto":
        customary = panel.step.season or season
        cut_short = season_length == "auto" and customary > _LONGEST_SEASON
        context = _context(n, season, cut_short)
        context = max(context, min(math.ceil(context / _observed_share(panel)), n // 3))
        context = max(1, min(context, n_train - 1))
    else:
        context = _within_reach(int(context_length), n)
    if prediction_length == "auto":
        wanted = max(1, min(wanted, n_train // 2))
    return Layout(context, wanted, season)


def warn_of_unknown_season(layout: Layout, panel: Panel, season_length: int | str) -> None:
    """Warn where ``panel`` has a season that a network pretrained with ``layout`` cannot know."""
    season = _season(panel, int(panel.lengths.max()), season_length)
    if season > max(layout.season_length, layout.context_length):
        warnings.warn(
            f"y has a season of {season} points, but the series of pretrain were too short to show "
            f"it: the network knows a season of {layout.season_length} and looks back over "
            f"{layout.context_length} points. Pretrain on longer series, or fit without pretrain.",
            stacklevel=4,
        )


def warn_of_empty_contexts(model: FittedNetwork, panel: Panel) -> None:
    """Warn if so many last values of a series are missing that nothing is left to look at."""
    (missing,) = by_blocks(panel, _missing_at_the_end)
    length = np.full(missing.shape[0], model.layout.context_length)
    if model.prior is not None:
        learned = model.share.of(torch.tensor(panel.lengths), model.prior.season).numpy()
        length[learned == 0] = model.prior.history_length
    series, channel = np.nonzero(missing >= length[:, None])
    if not len(series):
        return
    where = [repr(panel.columns[channel[0]])]
    if panel.keys is not None:
        where.append(f"of {panel.keys[series[0]]!r}")
    more = f", and {len(series) - 1} more" if len(series) > 1 else ""
    warnings.warn(
        f"y ends in {missing[series[0], channel[0]]} missing values in {' '.join(where)}{more}, "
        f"and forecasts look back over {length[series[0]]} points: they see the last value alone, "
        "and have nothing but its level to go on from. Pass a longer context_length, or y without "
        "its missing end",
        stacklevel=6,
    )


def _missing_at_the_end(panel: Panel) -> tuple[np.ndarray]:
    """Points behind the last value of every series, (n_series, n_channels)."""
    point = np.arange(len(panel.values))[:, None]
    observed = np.where(np.isnan(panel.values), -1, point)
    last = np.maximum.reduceat(observed, panel.offsets[:-1])
    return (panel.offsets[1:, None] - 1 - last,)


def _season(panel: Panel, n: int, season_length: int | str) -> int:
    if season_length != "auto":
        return int(season_length)
    if panel.step.offset is None:
        season = detect_season(panel.values, panel.offsets, _LONGEST_SEASON)
    else:
        season = next((c for c in panel.step.cycles if c <= _LONGEST_SEASON), 1)
    return season if n >= 2 * season else 1


def _wanted_horizon(n: int, horizon: int, prediction_length: int | str, season: int) -> int:
    if prediction_length != "auto":
        T = int(prediction_length)
        if n - 1 < T:
            raise ValueError(
                f"prediction_length={T} is longer than any series allows: the longest has {n} "
                f"points, so at most {n - 1}"
            )
        return T
    if horizon > 0:
        return horizon
    return 2 * season if season > 1 else 8


def _context(n: int, season: int, cut_short: bool) -> int:
    """Points of the context; ``cut_short`` says that the customary season is longer."""
    most = max(_LONGEST_CONTEXT // season, 1)
    wanted = most if cut_short else min(3 if season < 24 else 7, max(n // (4 * season), 1), most)
    longest = _LONGEST_SEASON if season <= _LONGEST_SEASON else _LONGEST_CONTEXT
    return min(max(season * wanted, 6), max(n // 3, season), longest)


def _observed_share(panel: Panel) -> float:
    """Part of the values that are there."""
    return float(1 - np.isnan(panel.values).mean())


def _within_reach(context_length: int, n: int) -> int:
    """Refuse a context that would be padding almost everywhere, before it takes the memory."""
    most = max(_MOST_CONTEXTS * n, _ANY_CONTEXT)
    if context_length > most:
        raise ValueError(
            f"context_length must be at most {most} here, ten times the longest series (of {n} "
            f"points), got {context_length}"
        )
    return context_length
