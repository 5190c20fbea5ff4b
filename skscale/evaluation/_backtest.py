"""Rolling evaluation of a forecaster, all cut-offs in batched passes."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sktime.forecasting.base import BaseForecaster

from skscale.evaluation._plan import Plan
from skscale.evaluation._result import Backtest
from skscale.evaluation._scores import Forecasts, metrics_by_column, probabilities, scores_of
from skscale.forecasting._parameters import integer

__all__ = ["backtest"]


def backtest(  # noqa: PLR0913
    forecaster: BaseForecaster,
    y: Any,
    cv: Any,
    X: Any = None,
    scoring: Callable | list[Callable] | None = None,
    *,
    refit: int | None = None,
    return_data: bool = False,
    detail: bool = False,
) -> pd.DataFrame | Backtest:
    """Fit once, then forecast every cut-off of a splitter in batched passes.

    The result equals ``evaluate(forecaster, cv, y, X, strategy="no-update_params")`` of
    sktime, without its loop over cut-offs; with ``refit=1`` that of ``strategy="refit"``.

    Parameters
    ----------
    forecaster : NetworkForecaster or pipeline
        One of skscale's forecasters, or a TransformedTargetForecaster or ForecastingPipeline of
        one; a clone of it is fitted on the first training window. Transformers are fitted there,
        too, and must treat every row by itself and those before it.
    y : sktime Series, Panel or Hierarchical
        All data.
    cv : sktime splitter
        Every split must ask for the same steps after its cut-off.
    X : same kind as ``y``, optional
        Exogenous data, covering ``y``.
    scoring : sktime metric, function or list of them, default=MeanAbsolutePercentageError()
        Metrics of points, quantiles, intervals or distributions, or functions of truth and
        forecast such as scikit-learn's. The common ones for points are computed for all cut-offs
        at once; others are called once for each. Of two with one name, the second gets a column
        ending in ``_2``. Distributions are normal, as those of `predict_proba`. Missing truths do
        not count: a metric that is called for each cut-off sees neither their rows nor those of
        missing values in the training window. A split without any truth has no score, nan.
    refit : int, optional
        Fit a new clone at every so many cut-offs, on the training window there. By default one
        fit serves all.
    return_data : bool, default=False
        Add the columns ``y_train``, ``y_test`` and ``y_pred``, or ``y_pred_quantiles`` and so on.
    detail : bool, default=False
        Return a `Backtest`, which also holds the forecasts and the errors by step and scale.

    Returns
    -------
    DataFrame or Backtest
        One row for each split. ``fit_time`` is zero where nothing was fitted; ``pred_time`` is
        shared evenly by the splits that one fit serves.

    Raises
    ------
    TypeError
        If ``forecaster`` holds none of skscale's, ``y`` or ``X`` hold no time series, ``cv`` is no
        splitter, or a metric is none.
    ValueError
        If the splitter gives no split, splits of different horizons, or one without training
        rows of a series; if ``refit`` is no positive integer; or if a transformer looks ahead.
    ImportError
        If a metric scores distributions and skpro is missing.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from sktime.split import ExpandingWindowSplitter
    >>> from skscale.evaluation import backtest
    >>> from skscale.forecasting import SigmaForecaster
    >>> cv = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=120)
    >>> forecaster = SigmaForecaster(max_epochs=2, random_state=0)
    >>> backtest(forecaster, load_airline(), cv).shape
    (22, 5)
    """
    metrics = metrics_by_column(scoring)
    integer("refit", refit, other=None)
    plan = Plan.of(forecaster, y, cv, X)
    panel, splits, alpha = plan.panel, plan.splits, probabilities(metrics.values())
    runs = [_run(block, forecaster, y, alpha) for block in plan.blocks(refit)]
    values = np.concatenate([run.values for run in runs])
    forecasts = Forecasts(values, alpha, plan.frame, panel, splits)
    pred_time = np.concatenate([run.pred_time for run in runs])
    scores = pd.DataFrame(
        {
            **{name: scores_of(metric, forecasts) for name, metric in metrics.items()},
            "fit_time": np.concatenate([run.fit_time for run in runs]),
            **{f"{kind}_time": pred_time for kind in forecasts.kinds(metrics)},
            "len_train_window": splits.train_lengths(panel),
            "cutoff": splits.cutoffs(panel),
        }
    )
    if return_data:
        scores = scores.join(forecasts.data(metrics))
    if not detail:
        return scores
    return Backtest(
        scores,
        forecasts.points,
        forecasts.truth,
        splits.steps,
        panel.columns,
        runs[0].fitted,
        values,
        alpha,
    )


class _Run(NamedTuple):
    """One fit and what it forecasts; times are in seconds, one for each split."""

    fitted: BaseForecaster
    values: np.ndarray
    fit_time: np.ndarray
    pred_time: np.ndarray


def _run(plan: Plan, forecaster: BaseForecaster, y: Any, alpha: list[float]) -> _Run:
    """Fit on the first window of ``plan`` and forecast all of its splits."""
    started = perf_counter()
    fitted = plan.fitted(forecaster, y)
    ready = perf_counter()
    values = plan.forecasts(fitted, plan.X, alpha)
    done, n_splits = perf_counter(), len(values)
    fit_time = np.zeros(n_splits)
    fit_time[0] = ready - started
    return _Run(fitted, values, fit_time, np.full(n_splits, (done - ready) / n_splits))
