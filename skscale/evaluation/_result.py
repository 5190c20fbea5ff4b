"""What a rolling evaluation found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sktime.forecasting.base import BaseForecaster

from skscale.evaluation._scores import interval_ends
from skscale.forecasting._probabilities import check_probabilities

__all__ = ["Backtest", "mean_errors"]


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
    forecaster : NetworkForecaster or pipeline
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
    forecaster: BaseForecaster
    quantiles: np.ndarray
    alpha: list[float]

    def intervals_by_step(self, coverage: float) -> pd.DataFrame:
        """Coverage, mean width and mean interval score of central intervals at every step ahead.

        The interval score is the width, and ``2 / (1 - coverage)`` times the distance of what lies
        outside (Gneiting and Raftery 2007).

        Raises
        ------
        ValueError
            If ``coverage`` is not between 0 and 1, or no metric asked for the quantiles that bound
            the intervals.
        """
        (coverage,) = check_probabilities("coverage", [coverage])
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


def mean_errors(error: np.ndarray) -> dict[str, float]:
    """Mean absolute and mean squared error, missing ones left out."""
    return {"mae": float(np.nanmean(np.abs(error))), "mse": float(np.nanmean(error**2))}
