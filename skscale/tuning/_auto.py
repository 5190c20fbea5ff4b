"""A blend of the package's forecasters, found within a limit of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import ParameterGrid
from sklearn.utils import check_random_state
from sktime.forecasting.base import BaseForecaster, ForecastingHorizon

from skscale.evaluation import backtest
from skscale.evaluation._plan import Plan
from skscale.forecasting import (
    DLinearForecaster,
    NetworkForecaster,
    PatchTSTForecaster,
    SigmaForecaster,
    TimeMixerForecaster,
)
from skscale.forecasting._horizon import longest_step
from skscale.forecasting._intervals import quantile_columns
from skscale.forecasting._panel import Panel
from skscale.forecasting._parameters import check_seed, integer, number
from skscale.forecasting._probabilities import AsksProbabilities
from skscale.forecasting._reading import ReadsFrames
from skscale.saving import SavedBySktime
from skscale.tuning._blend import blend_weights
from skscale.tuning._splitter import LastWindows

__all__ = ["AutoMultiScale"]

# Where nothing says how far ahead forecasts are wanted.
_HORIZON = 8
# The rest is for fitting the chosen ones on all data.
_SHARE_OF_SEARCH = 0.7
_DEFAULTS = (SigmaForecaster, DLinearForecaster, TimeMixerForecaster, PatchTSTForecaster)


@dataclass(kw_only=True, eq=False, repr=False)
class AutoMultiScale(ReadsFrames, AsksProbabilities, SavedBySktime, BaseForecaster):
    """Try forecasters until the time is up, and blend those that did best on held-out points.

    Candidates come in turns: first every forecaster as it is, then with values of its
    `param_space`. Each is fitted once and forecasts up to twelve windows at the end of every
    series. The blend is chosen by greedy selection on these (Caruana et al. 2004), and its
    members are fitted on all data.

    Parameters
    ----------
    time_limit : float, default=60
        Seconds. No candidate is begun that would take longer, judged by those before it of the
        same forecaster; one that was begun is finished.
    forecasters : sequence of NetworkForecaster, optional
        By default Sigma, DLinear, TimeMixer and PatchTST.
    max_candidates : int, optional
        Stop after so many, too. The same data then give the same blend wherever the time suffices.
    cv : splitter, optional
        The held-out windows, as `backtest` takes them.
    random_state : int, RandomState or None, default=None
        Of the order of candidates and, where ``forecasters`` is not given, of their networks.

    Attributes
    ----------
    leaderboard_ : DataFrame
        A row for each candidate, the best first: ``forecaster``, ``params``, ``mae`` on the
        held-out windows in the units of the data, ``seconds`` and ``weight``.
    forecasters_ : list of NetworkForecaster
        Members of the blend, fitted on all data.
    weights_ : ndarray
        Their weights.

    Raises
    ------
    ValueError, TypeError
        By `fit`, if a parameter or the data are wrong, or if no candidate can be fitted.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale.tuning import AutoMultiScale
    >>> auto = AutoMultiScale(time_limit=10, max_candidates=3, random_state=0)
    >>> auto.fit(load_airline(), fh=range(1, 13)).predict().shape
    (12,)
    >>> list(auto.leaderboard_.columns)
    ['forecaster', 'params', 'mae', 'seconds', 'weight']
    """

    time_limit: float = 60
    forecasters: Sequence[NetworkForecaster] | None = None
    max_candidates: int | None = None
    cv: Any = None
    random_state: Any = None

    _tags = {
        **NetworkForecaster._tags,
        "capability:pretrain": False,
        "capability:insample": False,
        "capability:pred_int:insample": False,
    }
    _config = {"remember_data": False}
    _y = _X = None

    def __post_init__(self) -> None:
        """Run sktime's constructor, which ends by calling this method once more."""
        if not hasattr(self, "_state"):
            BaseForecaster.__init__(self)

    def _fit(self, y: pd.DataFrame, X: pd.DataFrame | None, fh: ForecastingHorizon | None):
        started = perf_counter()
        number("time_limit", self.time_limit)
        integer("max_candidates", self.max_candidates, other=None)
        check_seed(self.random_state)
        rng = check_random_state(self.random_state)
        templates = self._templates(rng)
        panel = Panel.from_frames(y, X, templates[0].freq)
        cv = self.cv or LastWindows.of(y, longest_step(fh, panel) or _HORIZON)
        if cv is None:
            tried, weights = [_Tried(templates[0], {})], np.ones(1)
        else:
            Plan.of(templates[0], y, cv, X)  # what is wrong with them all is said at once
            tried = self._tried(_candidates(templates, rng), y, X, cv, started)
            forecasts = np.stack([one.found.forecasts for one in tried])
            weights = blend_weights(forecasts, tried[0].found.truth)
        left = self.time_limit - (perf_counter() - started)
        members = [tried[i] for i in _affordable(tried, weights, left)]
        chosen = np.array([weights[tried.index(one)] for one in members])
        fitted = [one.forecaster.clone().fit(y=y, X=X, fh=fh) for one in members]
        self.forecasters_, self.weights_ = fitted, chosen / chosen.sum()
        self.leaderboard_ = _leaderboard(tried, members, self.weights_)
        return self

    def _templates(self, rng: np.random.RandomState) -> list[NetworkForecaster]:
        if self.forecasters is None:
            seed = int(rng.randint(2**31 - 1))
            return [forecaster(random_state=seed) for forecaster in _DEFAULTS]
        given = self.forecasters
        some = isinstance(given, list | tuple) and len(given) > 0
        if not (some and all(isinstance(one, NetworkForecaster) for one in given)):
            raise TypeError(f"forecasters must be a list of skscale's forecasters, got {given!r}")
        return list(given)

    def _tried(
        self,
        candidates: Iterator[_Tried],
        y: pd.DataFrame,
        X: pd.DataFrame | None,
        cv: Any,
        started: float,
    ) -> list[_Tried]:
        """Candidates with their held-out forecasts, as many as there is time for.

        One whose parameters do not suit the data is left out.
        """
        tried: list[_Tried] = []
        longest: dict[type, float] = {}
        problem: Exception | None = None
        for count, one in enumerate(candidates):
            begun, kind = perf_counter(), type(one.forecaster)
            over = begun - started + longest.get(kind, 0) > self.time_limit * _SHARE_OF_SEARCH
            if count == self.max_candidates:
                break
            if tried and over:
                continue
            try:
                one.found = backtest(one.forecaster, y, cv, X, detail=True)
            except (ValueError, TypeError) as error:
                problem = error
                continue
            one.seconds = perf_counter() - begun
            longest[kind] = max(longest.get(kind, 0), one.seconds)
            tried.append(one)
        if not tried:
            raise ValueError("no candidate can be fitted on these data") from problem
        return tried

    def _predict(self, fh: ForecastingHorizon, X: pd.DataFrame | None = None) -> pd.DataFrame:
        frames = [one.predict(fh, X) for one in self.forecasters_]
        return self._blended(frames, frames[0].columns)

    def _predict_quantiles(self, fh: ForecastingHorizon, X, alpha: list[float]) -> pd.DataFrame:
        frames = [one.predict_quantiles(fh, X, alpha=alpha) for one in self.forecasters_]
        return self._blended(frames, quantile_columns(self._get_varnames(), alpha))

    def _blended(self, frames: list[pd.DataFrame], columns: pd.Index) -> pd.DataFrame:
        values = np.tensordot(self.weights_, np.stack(frames), 1)
        return pd.DataFrame(values, index=frames[0].index, columns=columns)

    def _update(self, y: pd.DataFrame, X: pd.DataFrame | None = None, update_params: bool = True):
        for one in self.forecasters_:
            one.update(y, X, update_params=update_params)
        return self

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Two candidates for sktime's checks."""
        quick = DLinearForecaster(max_epochs=2, context_length=4, random_state=0)
        return [
            {"forecasters": [quick], "max_candidates": 2, "random_state": 0},
            {"max_candidates": 1, "time_limit": 10, "random_state": 0},
        ]


@dataclass(eq=False)
class _Tried:
    """A candidate, and the `Backtest` that came of it."""

    forecaster: NetworkForecaster
    params: dict[str, Any]
    found: Any = None
    seconds: float = 0.0

    @property
    def mae(self) -> float:
        if self.found is None:
            return np.nan
        return float(np.nanmean(np.abs(self.found.forecasts - self.found.truth)))


def _candidates(templates: list[NetworkForecaster], rng: np.random.RandomState) -> Iterator[_Tried]:
    """Every forecaster as it is, then one of each in turn with other parameters."""
    queues = []
    for template in templates:
        known = template.get_params()
        others = [
            point
            for point in ParameterGrid(template.param_space())
            if any(known[name] != value for name, value in point.items())
        ]
        queues.append([{}, *(others[place] for place in rng.permutation(len(others)))])
    for turn in zip_longest(*queues):
        for template, params in zip(templates, turn, strict=True):
            if params is not None:
                yield _Tried(template.clone().set_params(**params), params)


def _affordable(tried: list[_Tried], weights: np.ndarray, seconds: float) -> list[int]:
    """Places of the members there is time to fit again, the heaviest first, and it always."""
    order = [int(place) for place in np.argsort(-weights, kind="stable") if weights[place] > 0]
    spent = np.cumsum([tried[place].seconds for place in order])
    return [place for place, total in zip(order, spent, strict=True) if total <= seconds] or order[
        :1
    ]


def _leaderboard(tried: list[_Tried], members: list[_Tried], weights: np.ndarray) -> pd.DataFrame:
    shares = dict(zip(map(id, members), weights, strict=True))
    rows = [
        {
            "forecaster": type(one.forecaster).__name__,
            "params": one.params,
            "mae": one.mae,
            "seconds": one.seconds,
            "weight": shares.get(id(one), 0.0),
        }
        for one in tried
    ]
    return pd.DataFrame(rows).sort_values("mae", kind="stable", ignore_index=True)
