"""Rolling evaluation of a forecaster, all cut-offs in batched passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sktime.datatypes import convert_to
from sktime.performance_metrics.forecasting import (
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanAbsoluteScaledError,
    MeanSquaredError,
)
from sktime.utils.validation.forecasting import check_scoring

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._frames import check_covered, check_frame
from skscale.forecasting._panel import Panel
from skscale.forecasting._splits import Splits, split_frames

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
    """

    scores: pd.DataFrame
    forecasts: np.ndarray
    truth: np.ndarray
    steps: np.ndarray
    columns: pd.Index
    forecaster: NetworkForecaster

    def by_step(self) -> pd.DataFrame:
        """Mean absolute and mean squared error of every step ahead."""
        error = self.forecasts - self.truth
        return pd.DataFrame(
            {
                "mae": np.abs(error).mean(axis=(0, 1, 3)),
                "mse": (error**2).mean(axis=(0, 1, 3)),
            },
            index=pd.Index(self.steps, name="step"),
        )

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
            rows[scale] = {"mae": np.abs(coarse).mean(), "mse": (coarse**2).mean()}
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
        Point-forecast metrics, or functions of truth and forecast such as scikit-learn's. The
        common ones are computed for all cut-offs at once; others are called once for each. Of
        two with one name, the second gets a column ending in ``_2``.
    return_data : bool, default=False
        Add the columns ``y_train``, ``y_test`` and ``y_pred``.
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
        splitter, or a metric is none or not for points.
    ValueError
        If the splitter gives no split, splits of different horizons, or one without training
        rows of a series.

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
    if not isinstance(forecaster, NetworkForecaster):
        raise TypeError(
            f"forecaster must be one of skscale's forecasters, got {type(forecaster).__name__}; "
            "sktime's evaluate takes any"
        )
    if isinstance(cv, type) or not callable(getattr(cv, "split", None)):
        raise TypeError(
            f"cv must be a splitter such as ExpandingWindowSplitter(fh=[1, 2, 3]), got {cv!r}"
        )
    metrics = _metrics(scoring)
    frame = _frame("y", y)
    X = None if X is None else _frame("X", X)
    check_covered(frame, X)
    panel = Panel.from_frames(frame, freq=forecaster.freq)
    splits = Splits.of(cv, frame, panel)
    started = perf_counter()
    first = splits.train_rows(0, panel)
    fitted = forecaster.clone().fit(
        y=_rows(y, frame, first),
        X=None if X is None else X.loc[frame.index[first]],
        fh=splits.steps,
    )
    fit_time = perf_counter() - started
    started = perf_counter()
    forecasts = fitted._forecast_cuts(frame, X, splits)
    pred_time = (perf_counter() - started) / len(splits.cuts)
    truth = splits.truth(panel)
    scores = pd.DataFrame(
        {
            **{
                name: _score(metric, truth, forecasts, frame, panel, splits)
                for name, metric in metrics.items()
            },
            "fit_time": [fit_time] + [0.0] * (len(splits.cuts) - 1),
            "pred_time": pred_time,
            "len_train_window": splits.train_lengths(panel),
            "cutoff": splits.cutoffs(panel),
        }
    )
    if return_data:
        scores = scores.join(_data_columns(frame, panel, splits, forecasts))
    if not detail:
        return scores
    return Backtest(scores, forecasts, truth, splits.steps, panel.columns, fitted)


def _frame(name: str, data: Any) -> pd.DataFrame:
    """Checked data in a container that forecasters work in."""
    check_frame(name, data)
    reason = None
    try:
        frame = convert_to(data, _FRAMES)
    except TypeError as error:
        frame, reason = None, error
    if frame is None:
        raise TypeError(
            f"{name} must be a time series, panel or hierarchy of sktime, got {type(data).__name__}"
        ) from reason
    check_frame(name, frame)
    return frame


def _metrics(scoring: Any) -> dict[str, Any]:
    """Metrics by column name."""
    found: dict[str, Any] = {}
    for metric in scoring if isinstance(scoring, list | tuple) else [scoring]:
        if isinstance(metric, str | type):
            raise TypeError(
                "scoring must be sktime metrics, such as MeanAbsoluteError(), or functions of "
                f"y_true and y_pred; got {metric!r}"
            )
        metric = check_scoring(metric)
        kind = metric.get_tag("scitype:y_pred", "pred", raise_error=False)
        if kind != "pred":
            raise TypeError(f"scoring: {metric.name} scores {kind}, but these are point forecasts")
        count = 1 + [other.name for other in found.values()].count(metric.name)
        found[f"test_{metric.name}" + (f"_{count}" if count > 1 else "")] = metric
    return found


def _rows(y: Any, frame: pd.DataFrame, rows: np.ndarray) -> Any:
    """Rows of ``y`` in the container it came in, where that is pandas."""
    return y.iloc[rows] if isinstance(y, pd.Series | pd.DataFrame) else frame.iloc[rows]


def _data_columns(
    frame: pd.DataFrame, panel: Panel, splits: Splits, forecasts: np.ndarray
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "y_train": [frame.iloc[splits.train_rows(i, panel)] for i in range(len(splits.cuts))],
            "y_test": list(split_frames(panel, splits, splits.truth(panel))),
            "y_pred": list(split_frames(panel, splits, forecasts)),
        }
    )


def _score(
    metric: Callable,
    truth: np.ndarray,
    forecasts: np.ndarray,
    frame: pd.DataFrame,
    panel: Panel,
    splits: Splits,
) -> np.ndarray | list:
    """Score of every split, shape (n_splits,), or a list of one array for each split.

    Metrics that average over steps, channels and series in the plain way are computed for
    all splits at once; any other is called once for each.
    """
    error = _plain_error(metric, truth, forecasts, panel, splits)
    if error is not None:
        score = error.mean(axis=2)
        score = np.sqrt(score) if getattr(metric, "square_root", False) else score
        return score.mean(axis=(1, 2))
    pairs = zip(
        split_frames(panel, splits, truth),
        split_frames(panel, splits, forecasts),
        strict=True,
    )
    scores = [
        metric(t, f, y_train=frame.iloc[splits.train_rows(i, panel)])
        for i, (t, f) in enumerate(pairs)
    ]
    return scores if np.ndim(scores[0]) else np.array(scores)


def _plain_error(
    metric: Any, truth: np.ndarray, forecasts: np.ndarray, panel: Panel, splits: Splits
) -> np.ndarray | None:
    """Error of every point under ``metric``, or None if it is not one of the common ones."""
    defaults = {"multioutput": "uniform_average", "multilevel": "uniform_average"}
    if any(getattr(metric, name, value) != value for name, value in defaults.items()):
        return None
    absolute = np.abs(forecasts - truth)
    if type(metric) is MeanAbsoluteError:
        return absolute
    if type(metric) is MeanSquaredError:
        return absolute**2
    if type(metric) is MeanAbsolutePercentageError and metric.relative_to == "y_true":
        size = np.abs(truth)
        if metric.symmetric:
            size = (size + np.abs(forecasts)) / 2
        return absolute / np.maximum(size, np.finfo(np.float64).eps)
    if type(metric) is MeanAbsoluteScaledError:
        steps = _mean_steps(panel, splits, metric.sp)
        return absolute / np.maximum(steps, np.finfo(np.float64).eps)[:, :, None]
    return None


def _mean_steps(panel: Panel, splits: Splits, sp: int) -> np.ndarray:
    """Mean absolute seasonal step of every training window, (n_splits, n_series, n_channels)."""
    steps = np.zeros((len(panel.values) + 1, panel.values.shape[1]))
    steps[sp + 1 :] = np.abs(panel.values[sp:] - panel.values[:-sp]).cumsum(axis=0)
    start, stop = panel.offsets[:-1] + splits.starts + sp, panel.offsets[:-1] + splits.cuts
    count = np.where(stop > start, stop - start, np.nan)[..., None]  # no step: no score, as sktime
    return (steps[stop] - steps[np.minimum(start, len(panel.values))]) / count
