"""Rolling evaluation of a forecaster, all cut-offs in batched passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sktime.datatypes import convert_to

from skscale._scores import Forecasts, interval_ends, metrics_by_column, probabilities, scores_of
from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._frames import check_covered, check_frame, plain
from skscale.forecasting._panel import Panel
from skscale.forecasting._splits import Splits

__all__ = ["Backtest", "backtest"]

_FRAMES = ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"]


@dataclass(frozen=True)
class Backtest:
    """Forecasts of every cut-off, and what they are compared with.

    Attributes
    ----------
    scores : DataFrame
        As `sktime.forecasting.model_evaluation.evaluate` returns it.
    forecasts, truth : ndarray of shape (n_splits, n_series, n_steps, n_channels)
        In original units.
    steps : ndarray of shape (n_steps,)
        Steps after the cut-off.
    columns : Index
        Channels.
    forecaster : NetworkForecaster
        The forecaster, fitted on the first training window.
    quantiles : ndarray of shape (n_splits, n_series, n_steps, n_channels, n_alpha)
        In original units.
    alpha : list of float
        Their probabilities: a half, and those that the metrics ask for.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from sktime.split import ExpandingWindowSplitter
    >>> from skscale import SigmaForecaster
    >>> from skscale.evaluation import backtest
    >>> cv = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=96, step_length=12)
    >>> found = backtest(SigmaForecaster(random_state=0), load_airline(), cv, detail=True)
    >>> found.forecasts.shape
    (4, 1, 3, 1)
    """

    scores: pd.DataFrame
    forecasts: np.ndarray
    truth: np.ndarray
    steps: np.ndarray
    columns: pd.Index
    forecaster: NetworkForecaster
    quantiles: np.ndarray
    alpha: list[float]

    def intervals_by_step(self, coverage: float) -> pd.DataFrame:
        """Coverage, mean width and mean interval score of central intervals at every step ahead.

        The interval score is the width, and ``2 / (1 - coverage)`` times the distance of what lies
        outside (Gneiting and Raftery 2007).

        Raises
        ------
        ValueError
            If no metric asked for the quantiles that bound the intervals.
        """
        ends = interval_ends(coverage)
        if not {*ends} <= {*self.alpha}:
            raise ValueError(
                f"coverage={coverage!r} needs the quantiles {ends}, but the metrics asked for "
                f"{self.alpha}; add EmpiricalCoverage(coverage={coverage!r}) to scoring"
            )
        lower, upper = (self.quantiles[..., self.alpha.index(end)] for end in ends)
        outside = np.maximum(lower - self.truth, 0) + np.maximum(self.truth - upper, 0)
        found = {
            "coverage": outside == 0,
            "width": upper - lower,
            "interval_score": upper - lower + outside * 2 / (1 - coverage),
        }
        return pd.DataFrame(
            {name: values.mean(axis=(0, 1, 3)) for name, values in found.items()},
            index=pd.Index(self.steps, name="step"),
        )

    def by_step(self) -> pd.DataFrame:
        """Mean absolute and mean squared error of every step ahead."""
        error = self.forecasts - self.truth
        return pd.DataFrame(
            {
                "mae": np.nanmean(np.abs(error), axis=(0, 1, 3)),
                "mse": np.nanmean(error**2, axis=(0, 1, 3)),
            },
            index=pd.Index(self.steps, name="step"),
        )

    def by_cutoff(self) -> pd.DataFrame:
        """Mean absolute and mean squared error of every cut-off; nan without any truth."""
        error = pd.DataFrame((self.forecasts - self.truth).reshape(len(self.forecasts), -1).T)
        index = pd.Index(self.scores["cutoff"], name="cutoff")
        return pd.DataFrame({"mae": error.abs().mean(), "mse": (error**2).mean()}).set_index(index)

    def by_scale(self, scales: tuple[int, ...] = (1, 2, 4, 8)) -> pd.DataFrame:
        """Errors after averaging forecast and truth over ``scales`` neighbouring steps.

        Raises
        ------
        ValueError
            If a scale is longer than the horizon, or the horizon has gaps.
        """
        if (np.diff(self.steps) != 1).any():
            raise ValueError(f"the horizon has gaps, steps {list(self.steps)}: nothing to average")
        error = self.forecasts - self.truth
        rows = {}
        for scale in scales:
            if not 1 <= scale <= len(self.steps):
                raise ValueError(f"scale must be from 1 to {len(self.steps)} steps, got {scale}")
            whole = len(self.steps) // scale * scale
            shape = (*error.shape[:2], whole // scale, scale, error.shape[-1])
            coarse = error[:, :, :whole].reshape(shape).mean(axis=3)
            rows[scale] = mean_errors(coarse)
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("scale")


def backtest(
    forecaster: NetworkForecaster,
    y: Any,
    cv: Any,
    X: Any = None,
    scoring: Callable | list[Callable] | None = None,
    *,
    return_data: bool = False,
    detail: bool = False,
) -> pd.DataFrame | Backtest:
    """Fit once, then forecast every cut-off of a splitter in batched passes.

    The result equals ``evaluate(forecaster, cv, y, X, strategy="no-update_params")`` of
    sktime, without its loop over cut-offs.

    Parameters
    ----------
    forecaster : NetworkForecaster
        One of skscale's forecasters; a clone of it is fitted on the first training window.
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
    return_data : bool, default=False
        Add the columns ``y_train``, ``y_test`` and ``y_pred``, or ``y_pred_quantiles`` and so on.
    detail : bool, default=False
        Return a `Backtest`, which also holds the forecasts and the errors by step and scale.

    Returns
    -------
    DataFrame or Backtest
        One row for each split. ``fit_time`` of the first row is the fit, all others are zero;
        ``pred_time`` is shared evenly.

    Raises
    ------
    TypeError
        If ``forecaster`` is not one of skscale's, ``y`` or ``X`` hold no time series, ``cv`` is no
        splitter, or a metric is none.
    ValueError
        If the splitter gives no split, splits of different horizons, or one without training
        rows of a series.

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
    plan = Plan.of(forecaster, y, cv, X)
    started = perf_counter()
    fitted = plan.fitted(forecaster, y)
    fit_time = perf_counter() - started
    started = perf_counter()
    alpha = probabilities(metrics.values())
    values = plan.forecasts(fitted, plan.X, alpha)
    panel, splits = plan.panel, plan.splits
    pred_time = (perf_counter() - started) / len(splits.cuts)
    forecasts = Forecasts(values, alpha, plan.frame, panel, splits)
    scores = pd.DataFrame(
        {
            **{name: scores_of(metric, forecasts) for name, metric in metrics.items()},
            "fit_time": [fit_time] + [0.0] * (len(splits.cuts) - 1),
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
        fitted,
        values,
        alpha,
    )


@dataclass(frozen=True)
class Plan:
    """What to forecast, checked.

    Attributes
    ----------
    frame, X : DataFrame
        All data; X may be None.
    panel : Panel
        The same as ``frame``.
    splits : Splits
    """

    frame: pd.DataFrame
    X: pd.DataFrame | None
    panel: Panel
    splits: Splits

    @classmethod
    def of(cls, forecaster: NetworkForecaster, y: Any, cv: Any, X: Any) -> Plan:
        """Check what `backtest` is given."""
        if not isinstance(forecaster, NetworkForecaster):
            raise TypeError(
                "forecaster must be one of skscale's forecasters, got "
                f"{type(forecaster).__name__}; sktime's evaluate takes any"
            )
        if isinstance(cv, type) or not callable(getattr(cv, "split", None)):
            raise TypeError(
                f"cv must be a splitter such as ExpandingWindowSplitter(fh=[1, 2, 3]), got {cv!r}"
            )
        frame = _frame("y", y)
        X = None if X is None else _frame("X", X)
        check_covered(frame, X)
        panel = Panel.from_frames(frame, freq=forecaster.freq)
        return cls(frame, X, panel, Splits.of(cv, frame, panel))

    def fitted(self, forecaster: NetworkForecaster, y: Any) -> NetworkForecaster:
        """Fit a clone on the first training window of ``y``."""
        rows = self.splits.train_rows(0, self.panel)
        return forecaster.clone().fit(
            y=_rows(y, self.frame, rows),
            X=None if self.X is None else self.X.loc[self.frame.index[rows]],
            fh=self.splits.steps,
        )

    def forecasts(
        self, fitted: NetworkForecaster, X: pd.DataFrame | None, alpha: list[float]
    ) -> np.ndarray:
        """Quantiles at every cut-off, (n_splits, n_series, n_steps, n_channels, n_alpha)."""
        seen, counted = self.splits.from_the_first(self.panel)
        return fitted._forecast_cuts(self.frame.iloc[seen], X, counted, alpha)


def mean_errors(error: np.ndarray) -> dict[str, float]:
    """Mean absolute and mean squared error, missing ones left out."""
    return {"mae": float(np.nanmean(np.abs(error))), "mse": float(np.nanmean(error**2))}


def _frame(name: str, data: Any) -> pd.DataFrame:
    """Checked data in a container that forecasters work in."""
    check_frame(name, data)
    reason = None
    try:
        frame = convert_to(plain(data), _FRAMES)
    except TypeError as error:
        frame, reason = None, error
    if frame is None:
        raise TypeError(
            f"{name} must be a time series, panel or hierarchy of sktime, got {type(data).__name__}"
        ) from reason
    check_frame(name, frame)
    return frame


def _rows(y: Any, frame: pd.DataFrame, rows: np.ndarray) -> Any:
    """Rows of ``y`` in the container it came in, where that is pandas."""
    return y.iloc[rows] if isinstance(y, pd.Series | pd.DataFrame) else frame.iloc[rows]
