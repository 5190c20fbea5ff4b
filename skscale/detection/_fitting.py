"""What a detector learns: models of the first part of a series, and their errors on the last."""

from __future__ import annotations

from collections.abc import Sequence
from math import ulp
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from skscale.detection._parts import ForecastErrors, ReconstructionErrors, filled, levelled, windows
from skscale.detection._scores import Scorer
from skscale.detection._threshold import RATES
from skscale.detection._timeline import Timeline
from skscale.evaluation._pipelines import network_forecaster
from skscale.forecasting import SigmaForecaster
from skscale.forecasting._parameters import check_seed, integer, number, one_of
from skscale.forecasting._season import detect_season
from skscale.representation import MultiScaleAutoencoder

__all__ = ["check_parameters", "fit_scorer"]

_FEWEST = 8  # rows to learn from
_MOST_WINDOWS = 4096  # that an autoencoder learns from, evenly chosen
_KNOWN = 8  # points without a season that a forecast is to know
_SEASONS, _WITHOUT, _LONGEST = 4, 64, 256  # window_length="auto"
_COMPRESSION, _MOST_LATENT, _EPOCHS = 6, 64, 30  # of the default autoencoder


def check_parameters(detector: Any) -> None:
    """Raise TypeError or ValueError, naming the parameter, before anything is learned."""
    _check_models(detector)
    _checked_scales(detector.scales)
    integer("window_length", detector.window_length, least=2, other="auto")
    integer("horizon", detector.horizon)
    one_of("threshold", detector.threshold, tuple(RATES))
    number("rate", detector.rate, least=ulp(0.0), below=1, other="auto")
    number("calibration_fraction", detector.calibration_fraction, below=0.9)
    integer("max_gap", detector.max_gap, least=0)
    check_seed(detector.random_state)


def _check_models(detector: Any) -> None:
    autoencoder, forecaster = detector.autoencoder, detector.forecaster
    if _dropped(autoencoder) and _dropped(forecaster):
        raise ValueError("forecaster must not be 'drop' where autoencoder is: nothing is left")
    if not (_dropped(autoencoder) or isinstance(autoencoder, MultiScaleAutoencoder | None)):
        raise TypeError(
            f"autoencoder must be a MultiScaleAutoencoder, 'drop' or None, got {autoencoder!r}"
        )
    if not (_dropped(forecaster) or forecaster is None):
        try:
            network_forecaster(forecaster)
        except TypeError:
            raise TypeError(
                "forecaster must be one of skscale's forecasters, a TransformedTargetForecaster or "
                f"ForecastingPipeline of one, 'drop' or None, got {forecaster!r}"
            ) from None


def _checked_scales(scales: object) -> tuple[int, ...]:
    """Scales as a tuple; ValueError unless they are positive integers, each once."""
    if not isinstance(scales, Sequence) or isinstance(scales, str | bytes) or not len(scales):
        raise ValueError(f"scales must be a sequence of at least one integer, got {scales!r}")
    for scale in scales:
        integer("scales", scale)
    if len(set(scales)) < len(scales):
        raise ValueError(f"scales must be each there once, got {scales!r}")
    return tuple(int(scale) for scale in scales)


def fit_scorer(detector: Any, timeline: Timeline) -> tuple[Scorer, slice]:
    """Fit the models of a detector; return them, and the rows whose errors are regular."""
    n = len(timeline.rows)
    if n < _FEWEST:
        raise ValueError(f"X has {n} rows; a detector needs at least {_FEWEST} to learn from")
    n_held_out = round(detector.calibration_fraction * n)
    learned = timeline.rows.iloc[: n - n_held_out]
    regular = slice(n - n_held_out if n_held_out else 0, n)
    _check_observed(timeline, learned.shape[0], regular)
    parts: list[ForecastErrors | ReconstructionErrors] = []
    season = timeline.step.season or detect_season(learned.to_numpy())
    if not _dropped(detector.autoencoder):
        parts.append(_reconstruction(detector, learned.to_numpy(), season))
    if not _dropped(detector.forecaster):
        parts.append(_forecast(detector, learned, season))
    return Scorer.of(timeline, parts, _checked_scales(detector.scales), regular), regular


def _check_observed(timeline: Timeline, n_learned: int, regular: slice) -> None:
    known = timeline.rows.notna()
    for column in known.columns:
        if known[column].iloc[:n_learned].sum() < 2 or not known[column].iloc[regular].any():
            raise ValueError(
                f"column {column!r} of X must have two values in its first {n_learned} rows, which "
                f"models learn from, and one in the rows from {regular.start} on, which threshold "
                "and units come of"
            )


def _forecast(detector: Any, learned: pd.DataFrame, season: int) -> ForecastErrors:
    """Fit a forecaster."""
    given, horizon = detector.forecaster, int(detector.horizon)
    forecaster = SigmaForecaster() if given is None else given.clone()
    _seed(forecaster, detector.random_state)
    forecaster.fit(learned, fh=np.arange(1, horizon + 1))
    needed = season if season > 1 else _KNOWN
    return ForecastErrors(forecaster, horizon, min(needed, max(1, len(learned) // 4)))


def _reconstruction(detector: Any, values: np.ndarray, season: int) -> ReconstructionErrors:
    """Fit an autoencoder to windows of ``values`` (n_points, n_channels)."""
    length = _window_length(detector.window_length, season, len(values))
    given = detector.autoencoder
    if given is None:
        latent = min(_MOST_LATENT, max(1, length * values.shape[1] // _COMPRESSION))
        autoencoder = MultiScaleAutoencoder(latent_size=latent, max_epochs=_EPOCHS)
    else:
        autoencoder = clone(given)
    _seed(autoencoder, detector.random_state)
    cut = windows(filled(values, season), length)
    apart = -(-len(cut) // _MOST_WINDOWS)
    autoencoder.fit(levelled(cut[::apart])[0])
    return ReconstructionErrors(autoencoder, length, season)


def _window_length(asked: int | str, season: int, n_learned: int) -> int:
    if isinstance(asked, str):
        length = _SEASONS * season if season > 1 else _WITHOUT
        return max(2, min(length, _LONGEST, n_learned // 2))
    if asked > n_learned:
        raise ValueError(
            f"window_length must be at most {n_learned}, the rows that models learn from, got "
            f"{asked}"
        )
    return int(asked)


def _seed(model: Any, random_state: Any) -> None:
    if "random_state" in model.get_params(deep=False) and model.random_state is None:
        model.set_params(random_state=random_state)


def _dropped(model: object) -> bool:
    return isinstance(model, str) and model == "drop"
