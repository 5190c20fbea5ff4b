"""Scores of the forecasts of all cut-offs, under metrics of sktime and others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from sktime.performance_metrics.forecasting import (
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanAbsoluteScaledError,
    MeanSquaredError,
)
from sktime.utils.validation.forecasting import check_scoring

from skscale.forecasting._intervals import EVENLY_SPREAD
from skscale.forecasting._panel import Panel
from skscale.forecasting._splits import Splits, split_frames
from skscale.forecasting._statistics import by_blocks

__all__ = ["Forecasts", "interval_ends", "metrics_by_column", "probabilities", "scores_of"]

# What sktime asks forecasters for where a metric does not say.
_ALPHA, _COVERAGE = [0.05, 0.95], [0.9]


def metrics_by_column(scoring: Any) -> dict[str, Any]:
    """Metrics by the name of their column.

    Raises
    ------
    TypeError
        If one is no metric.
    ImportError
        If one scores distributions and skpro is missing.
    """
    found: dict[str, Any] = {}
    for metric in scoring if isinstance(scoring, list | tuple) else [scoring]:
        if isinstance(metric, str | type):
            raise TypeError(
                "scoring must be sktime metrics, such as MeanAbsoluteError(), or functions of "
                f"y_true and y_pred; got {metric!r}"
            )
        metric = check_scoring(metric)
        if _kind(metric) == "pred_proba" and find_spec("skpro") is None:
            raise ImportError(
                f"scoring: {metric.name} scores distributions, which need skpro, and that is not "
                "installed; PinballLoss needs no more than quantiles"
            )
        count = 1 + [other.name for other in found.values()].count(metric.name)
        found[f"test_{metric.name}" + (f"_{count}" if count > 1 else "")] = metric
    return found


def interval_ends(coverage: float) -> tuple[float, float]:
    """Probabilities of the ends of a central interval."""
    return 0.5 - 0.5 * float(coverage), 0.5 + 0.5 * float(coverage)


def probabilities(metrics: Iterable[Any]) -> list[float]:
    """Probabilities of all quantiles that metrics ask for; a half, the forecast, comes first."""
    asked = (one for metric in metrics for one in _asked_by(metric))
    return list(dict.fromkeys([0.5, *asked]))


def _asked_by(metric: Any) -> list[float]:
    kind = _kind(metric)
    if kind == "pred_quantiles":
        return _given(metric, "alpha", _ALPHA)
    if kind == "pred_interval":
        return [end for c in _given(metric, "coverage", _COVERAGE) for end in interval_ends(c)]
    return EVENLY_SPREAD if kind == "pred_proba" else [0.5]


def _kind(metric: Any) -> str:
    """What a metric scores, ``"pred"`` for points."""
    return metric.get_tag("scitype:y_pred", "pred", raise_error=False)


def _given(metric: Any, name: str, default: list[float]) -> list[float]:
    value = getattr(metric, name, None)
    return default if value is None else np.atleast_1d(value).tolist()


@dataclass(frozen=True)
class Forecasts:
    """Quantiles at all cut-offs, and what they are compared with.

    Attributes
    ----------
    values : ndarray of shape (n_splits, n_series, n_steps, n_channels, n_alpha)
    alpha : list of float
        Probabilities; a half comes first.
    frame : DataFrame
        All data.
    panel : Panel
        The same.
    splits : Splits
    """

    values: np.ndarray
    alpha: list[float]
    frame: pd.DataFrame
    panel: Panel
    splits: Splits

    @property
    def points(self) -> np.ndarray:
        """The forecasts themselves, without the last axis of ``values``."""
        return self.values[..., 0]

    @cached_property
    def truth(self) -> np.ndarray:
        """What followed the cut-offs, in the shape of `points`."""
        return self.splits.truth(self.panel)

    def train_frames(self) -> Iterator[pd.DataFrame]:
        """Training window of every split."""
        for split in range(len(self.splits.cuts)):
            yield self.frame.iloc[self.splits.train_rows(split, self.panel)]

    def frames_for(self, metric: Any) -> Iterator[Any]:
        """Forecast of every split in the form that ``metric`` scores."""
        kind, names = _kind(metric), self.panel.columns
        if kind == "pred":
            return split_frames(self.panel, self.splits, self.points)
        if kind == "pred_proba":
            return self._distributions()
        place = [self.alpha.index(one) for one in _asked_by(metric)]
        columns = pd.MultiIndex.from_product([names, _given(metric, "alpha", _ALPHA)])
        if kind == "pred_interval":
            coverage = _given(metric, "coverage", _COVERAGE)
            columns = pd.MultiIndex.from_product([names, coverage, ["lower", "upper"]])
        chosen = self.values[..., place].reshape(*self.truth.shape[:3], len(columns))
        return split_frames(self.panel, self.splits, chosen, columns)

    def _distributions(self) -> Iterator[Any]:
        """Normal distributions, as those of sktime's `predict_proba`."""
        from skpro.distributions.normal import Normal

        place = [self.alpha.index(one) for one in EVENLY_SPREAD]
        deviation = self.values[..., place].std(axis=-1)
        both = (split_frames(self.panel, self.splits, v) for v in (self.points, deviation))
        for mean, spread in zip(*both, strict=True):
            yield Normal(mu=mean, sigma=spread, index=mean.index, columns=mean.columns)

    @staticmethod
    def kinds(metrics: Mapping[str, Any]) -> list[str]:
        """What the metrics score, such as ``"pred"`` and ``"pred_quantiles"``, each once."""
        return list(dict.fromkeys(map(_kind, metrics.values())))

    def data(self, metrics: Mapping[str, Any]) -> pd.DataFrame:
        """Training windows, what followed them and what the first metric of each kind scored."""
        first = {_kind(metric): metric for metric in reversed([*metrics.values()])}
        return pd.DataFrame(
            {
                "y_train": list(self.train_frames()),
                "y_test": list(split_frames(self.panel, self.splits, self.truth)),
                **{f"y_{kind}": list(self.frames_for(first[kind])) for kind in self.kinds(metrics)},
            }
        )


def scores_of(metric: Any, forecasts: Forecasts) -> np.ndarray | list:
    """Score of every split, shape (n_splits,), or a list of one array for each split.

    Metrics that average over steps, channels and series in the plain way are computed for
    all splits at once; any other is called once for each.
    """
    error = _plain_error(metric, forecasts)
    if error is not None:
        score = _observed_mean(error, 2)
        score = np.sqrt(score) if getattr(metric, "square_root", False) else score
        return _observed_mean(score, (1, 2))
    truth = split_frames(forecasts.panel, forecasts.splits, forecasts.truth)
    if _kind(metric) in ("pred_quantiles", "pred_interval"):
        # Their forecasts are sorted by column within sktime, but not what they are compared with.
        truth = (true.sort_index(axis=1) for true in truth)
    given = zip(truth, forecasts.frames_for(metric), forecasts.train_frames(), strict=True)
    scores = [_called(metric, true, found, train) for true, found, train in given]
    return scores if np.ndim(scores[0]) else np.array(scores)


def _called(
    metric: Any, truth: pd.DataFrame, forecast: Any, train: pd.DataFrame
) -> float | np.ndarray:
    """Score over the rows without a missing value; nan if there are none."""
    known = truth.notna().all(axis=1)
    if not known.any():
        return np.nan
    if not known.all():
        forecast = forecast.loc[known[known].index]
    return metric(truth[known], forecast, y_train=train.dropna())


def _observed_mean(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """Mean of what is not nan, nan where all is."""
    known = ~np.isnan(values)
    if known.all():
        return values.mean(axis=axis)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / count.clip(min=1), np.nan)


def _plain_error(metric: Any, forecasts: Forecasts) -> np.ndarray | None:
    """Error of every point under ``metric``, or None if it is not one of the common ones."""
    truth = forecasts.truth
    defaults = {"multioutput": "uniform_average", "multilevel": "uniform_average"}
    if any(getattr(metric, name, value) != value for name, value in defaults.items()):
        return None
    absolute = np.abs(forecasts.points - truth)
    if type(metric) is MeanAbsoluteError:
        return absolute
    if type(metric) is MeanSquaredError:
        return absolute**2
    if type(metric) is MeanAbsolutePercentageError and metric.relative_to == "y_true":
        size = np.abs(truth)
        if metric.symmetric:
            size = (size + np.abs(forecasts.points)) / 2
        return absolute / np.maximum(size, np.finfo(np.float64).eps)
    if type(metric) is MeanAbsoluteScaledError:
        steps = _mean_steps(forecasts.panel, forecasts.splits, metric.sp)
        return absolute / np.maximum(steps, np.finfo(np.float64).eps)[:, :, None]
    return None


def _mean_steps(panel: Panel, splits: Splits, sp: int) -> np.ndarray:
    """Mean absolute seasonal step of every training window, (n_splits, n_series, n_channels)."""

    def of_block(block: Panel, starts: np.ndarray, cuts: np.ndarray) -> tuple[np.ndarray]:
        steps = np.zeros((len(block.values) + 1, block.values.shape[1]))
        sizes = np.abs(block.values[sp:] - block.values[:-sp])
        known = ~np.isnan(sizes)
        counts = np.zeros_like(steps)
        steps[sp + 1 :] = np.where(known, sizes, 0.0).cumsum(axis=0)
        counts[sp + 1 :] = known.cumsum(axis=0)
        begins = block.offsets[:-1, None]
        start, stop = begins + starts + sp, begins + cuts
        first = np.minimum(start, len(block.values))
        count = np.where((stop > start)[..., None], counts[stop] - counts[first], 0.0)
        # Without a step there is no score, as in sktime.
        return ((steps[stop] - steps[first]) / np.where(count > 0, count, np.nan),)

    (found,) = by_blocks(panel, of_block, splits.starts.T, splits.cuts.T)
    return found.swapaxes(0, 1)
