"""Search over parameters, every candidate scored by a batched backtest."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import BaseForecaster
from sktime.forecasting.base._delegate import _DelegatedForecaster

from skscale.evaluation._scores import metrics_by_column
from skscale.forecasting._parameters import check_seed, flag, integer, is_one_of, one_of
from skscale.forecasting._probabilities import AsksProbabilities
from skscale.saving import SavedBySktime
from skscale.tuning._methods import candidates_of, halved, proposed, space_of
from skscale.tuning._trials import Trials

__all__ = ["ForecastingSearchCV"]

_STRATEGIES: dict[Any, Any] = {"no-update_params": None, "refit": 1}


@dataclass(eq=False, repr=False)
class ForecastingSearchCV(AsksProbabilities, SavedBySktime, _DelegatedForecaster):
    """Choose parameters of a forecaster by its errors at many cut-offs.

    Every candidate is fitted once, on the first training window, and scored at all cut-offs by
    `skscale.evaluation.backtest`; scores equal those of sktime's `ForecastingGridSearchCV` with
    ``strategy="no-update_params"``. The best one is then fitted on all data, and forecasts.

    Parameters
    ----------
    forecaster : NetworkForecaster or pipeline
        What `backtest` takes.
    cv : sktime splitter
        Every split must ask for the same steps after its cut-off.
    param_grid : dict, list of dict, "light" or "full", default="light"
        Values of each parameter, as in scikit-learn: lists, and for ``method="random"`` and
        ``"halving"`` with ``n_iter`` also distributions of SciPy; with ``"optuna"`` lists and its
        distributions. ``"light"`` and ``"full"`` are the forecaster's own, see its `param_space`.
    scoring : sktime metric or function, default=MeanAbsolutePercentageError()
        One that gives a number for each split.
    method : {"grid", "random", "halving", "optuna"}, default="grid"
        All points of the grid; ``n_iter`` of them; successive halving of either; or as Optuna
        proposes (``pip install 'skscale[optuna]'``).
    n_iter : int, optional
        Candidates drawn, 10 by default for ``"random"`` and ``"optuna"``. ``"halving"`` tries the
        whole grid by default.
    resource : str, default="max_epochs"
        Integer parameter that halving begins with little of. The last round has the forecaster's.
        With the number of epochs, candidates go on from their weights of the round before, with
        the learning rates of the longer training; with others they begin anew.
        In a pipeline its name is that of the step before it, as in ``param_grid``.
    factor : int, default=3
        One of so many candidates goes on to the next round, with so many times the resource.
    strategy : {"no-update_params", "refit"} or int, default="no-update_params"
        Fit once, at every cut-off, or at every so many.
    refit : bool, default=True
        Fit the best candidate on all data. Without, there is nothing to predict with.
    error_score : "raise" or float, default=nan
        Score of a candidate that cannot be fitted; a `FitFailedWarning` says why.
    n_jobs : int, optional
        Processes of joblib, each with one core. By default none are started: that takes seconds.
    random_state : int, RandomState or None, default=None
        Of what is drawn. The forecaster has its own.
    verbose : int, default=0
        1 prints how many candidates there are.

    Attributes
    ----------
    best_forecaster_ : BaseForecaster
    best_params_ : dict
    best_score_ : float
    best_index_ : int
        Row of ``cv_results_``.
    cv_results_ : DataFrame
        A row for each candidate: ``mean_test_<metric>``, ``mean_fit_time``, ``mean_pred_time``,
        ``params`` and ``rank_test_<metric>``. Halving adds ``iter`` and ``n_resources``, and has
        a row for each round; ranks are by round first.
    scorer_ : sktime metric

    Raises
    ------
    TypeError, ValueError
        By `fit`, before any candidate is fitted, if a parameter, the data or the splitter are
        wrong; after it if all candidates failed.
    ImportError
        If Optuna is asked for and missing.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from sktime.split import ExpandingWindowSplitter
    >>> from skscale import SigmaForecaster
    >>> from skscale.tuning import ForecastingSearchCV
    >>> cv = ExpandingWindowSplitter(fh=range(1, 13), initial_window=96, step_length=12)
    >>> grid = {"season_length": [1, 12]}
    >>> search = ForecastingSearchCV(SigmaForecaster(random_state=0), cv, grid)
    >>> search.fit(load_airline()).best_params_
    {'season_length': 12}
    """

    forecaster: Any
    cv: Any
    param_grid: Any = "light"
    scoring: Any = None
    method: str = "grid"
    n_iter: int | None = None
    resource: str = "max_epochs"
    factor: int = 3
    strategy: str | int = "no-update_params"
    refit: bool = True
    error_score: Any = np.nan
    n_jobs: int | None = None
    random_state: Any = None
    verbose: int = 0

    _tags = {
        "authors": "skscale developers",
        "maintainers": "skscale developers",
        "python_dependencies": "torch",
        "capability:random_state": True,
        "property:randomness": "derandomized",
    }
    _delegate_name = "best_forecaster_"
    # The best forecaster keeps what it needs.
    _config = {"remember_data": False}
    _y = _X = None

    def __post_init__(self) -> None:
        """Run sktime's constructor, which ends by calling this method once more."""
        if not hasattr(self, "_state"):
            BaseForecaster.__init__(self)

    def __dynamic_tags__(self) -> None:
        """Take over what the forecaster can do."""
        self._set_delegated_tags(self.forecaster)
        self.clone_tags(
            self.forecaster,
            [
                "y_inner_mtype",
                "X_inner_mtype",
                "capability:multivariate",
                "capability:categorical_in_X",
                "capability:unequal_length",
            ],
        )

    def _fit(self, y, X, fh):
        self._check_parameters()
        (column, metric), *more = metrics_by_column(self.scoring).items()
        if more:
            raise TypeError("scoring must be one metric, got several")
        trials = Trials(
            self.forecaster,
            y,
            X,
            self.cv,
            metric.name,
            metric,
            _STRATEGIES.get(self.strategy, self.strategy),
            self.error_score,
            self.n_jobs,
        )
        results = self._ranked(self._results(trials), column, _lower_is_better(metric))
        index = int(results[f"rank_{column}"].argmin())
        best = trials.of(results["params"][index])
        if self.refit:
            best.fit(y=y, X=X, fh=fh)
        self.cv_results_, self.best_index_, self.best_forecaster_ = results, index, best
        self.best_params_ = results["params"][index]
        self.best_score_ = float(results[f"mean_{column}"][index])
        self.scorer_ = metric
        return self

    def _check_parameters(self) -> None:
        one_of("method", self.method, ("grid", "random", "halving", "optuna"))
        integer("n_iter", self.n_iter, other=None)
        integer("factor", self.factor, least=2)
        integer("strategy", self.strategy, other=tuple(_STRATEGIES))
        flag("refit", self.refit)
        integer("n_jobs", self.n_jobs, least=-1, other=None)
        check_seed(self.random_state)
        integer("verbose", self.verbose, least=0, other=(True, False))
        if self.n_jobs == 0:
            raise ValueError("n_jobs must be None, -1 or an integer from 1, got 0")
        number = isinstance(self.error_score, int | float | np.number)
        if not (number or is_one_of(self.error_score, ("raise",))):
            raise ValueError(f'error_score must be "raise" or a number, got {self.error_score!r}')
        if self.method == "optuna" and find_spec("optuna") is None:
            raise ImportError(
                "method='optuna' needs Optuna, which is not installed: pip install "
                "'skscale[optuna]'"
            )

    def _results(self, trials: Trials) -> pd.DataFrame:
        """Rows of all candidates, without ranks."""
        space = space_of(self.forecaster, self.param_grid)
        lower = _lower_is_better(trials.metric)
        if self.method == "optuna":
            trials.check([])
            return proposed(trials, space, self.n_iter or 10, self.random_state, lower)
        drawn = 10 if self.method == "random" and self.n_iter is None else self.n_iter
        drawn = None if self.method == "grid" else drawn
        candidates = candidates_of(space, drawn, self.random_state)
        trials.check(candidates)
        if self.verbose:
            print(f"{len(candidates)} candidates")
        if self.method != "halving":
            return pd.DataFrame(trials.rows(candidates))
        self._check_resource(candidates)
        return halved(trials, candidates, self.resource, self.factor, lower)

    def _check_resource(self, candidates: list[dict]) -> None:
        names = self.forecaster.get_params()
        if self.resource not in names or any(self.resource in one for one in candidates):
            raise ValueError(
                "resource must be a parameter of the forecaster that param_grid leaves out, got "
                f"{self.resource!r}"
            )
        integer(self.resource, names[self.resource])

    def _ranked(self, results: pd.DataFrame, column: str, lower_is_better: bool) -> pd.DataFrame:
        """Ranks within the last round come first."""
        scores = results[f"mean_{column}"]
        if scores.isna().all():
            raise ValueError(f"no candidate has a score, all mean_{column} are nan")
        ranks = scores.rank(ascending=lower_is_better)
        if "iter" in results:
            rounds = results["iter"]
            ranks = scores.groupby(rounds).rank(ascending=lower_is_better)
            ranks += rounds.map(lambda one: (rounds > one).sum())
        return results.assign(**{f"rank_{column}": ranks})

    def _get_delegate(self) -> BaseForecaster:
        if not self.refit:
            raise RuntimeError(
                "refit must be True to predict, got False: nothing was fitted on all data"
            )
        return super()._get_delegate()

    def _get_fitted_params(self) -> dict[str, Any]:
        found = self.best_forecaster_.get_fitted_params() if self.refit else {}
        return {**found, **self.best_params_, **self._get_fitted_params_default()}

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Searches of two quick candidates for sktime's checks."""
        from sktime.split import SingleWindowSplitter

        from skscale.forecasting import NLinearForecaster

        forecaster = NLinearForecaster(max_epochs=2, context_length=4, random_state=0)
        quick = {"forecaster": forecaster, "cv": SingleWindowSplitter(fh=1)}
        return [
            {**quick, "param_grid": {"pretrained": ["auto", None]}},
            {**quick, "param_grid": {"loss": ["mae", "mse"]}, "method": "halving", "factor": 2},
        ]


def _lower_is_better(metric: Any) -> bool:
    return metric.get_tag("lower_is_better", True)
