"""Scores of candidates, each fitted and forecast by one backtest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from warnings import warn

import numpy as np
import pandas as pd
from sklearn.utils.parallel import Parallel, delayed
from sktime.exceptions import FitFailedWarning
from sktime.forecasting.base import BaseForecaster

from skscale.evaluation import backtest
from skscale.evaluation._plan import Plan
from skscale.ops.threads import threads_for
from skscale.saving import carrying_on

__all__ = ["Trials"]


@dataclass(frozen=True)
class Trials:
    """What all candidates go through.

    Attributes
    ----------
    forecaster : BaseForecaster
        Candidates are clones of it with other parameters.
    y, X : DataFrame
        All data; X may be None.
    cv : splitter
    name : str
        Of the metric.
    metric : sktime metric
    refit : int or None
        As in `backtest`.
    error_score : "raise" or float
        Score of a candidate that fails.
    n_jobs : int or None
        Processes, as joblib counts them.
    """

    forecaster: BaseForecaster
    y: pd.DataFrame
    X: pd.DataFrame | None
    cv: Any
    name: str
    metric: Any
    refit: int | None
    error_score: Any
    n_jobs: int | None

    def check(self, candidates: Sequence[dict]) -> None:
        """Raise what is wrong with the data, or the name of a parameter, before any fit."""
        Plan.of(self.forecaster, self.y, self.cv, self.X)
        for candidate in candidates:
            self.of(candidate)

    def of(self, candidate: dict) -> BaseForecaster:
        """Return the forecaster with the parameters of a candidate."""
        return self.forecaster.clone().set_params(**candidate)

    def rows(
        self, candidates: Sequence[dict], folders: Sequence[Path | None] | None = None
    ) -> list[dict[str, Any]]:
        """One row of ``cv_results_`` for each candidate.

        Parameters
        ----------
        candidates : sequence of dict
        folders : sequence of Path, optional
            One for each, where its training goes on from if it had fewer epochs before.

        Raises
        ------
        ValueError
            If all of them failed.
        """
        given = zip(candidates, folders or [None] * len(candidates), strict=True)
        if self.n_jobs in (None, 1):
            found = [self._row(candidate, folder) for candidate, folder in given]
        else:
            jobs = (delayed(self._row_on_one_core)(*one) for one in given)
            found = Parallel(n_jobs=self.n_jobs)(jobs)
        failed = [error for _, error in found if error is not None]
        if failed and len(failed) == len(found):
            first = f"{type(failed[0]).__name__}: {failed[0]}"
            raise ValueError(
                f"all {len(found)} candidates failed, the first with {first}"
            ) from failed[0]
        for row, error in found:
            if error is not None:
                message = f"{row['params']} failed: {type(error).__name__}: {error}"
                warn(message, FitFailedWarning, stacklevel=2)
        return [row for row, _ in found]

    def _row_on_one_core(
        self, candidate: dict, folder: Path | None
    ) -> tuple[dict[str, Any], Exception | None]:
        """Leave the other cores to the other processes."""
        with threads_for(0):
            return self._row(candidate, folder)

    def _row(self, candidate: dict, folder: Path | None) -> tuple[dict[str, Any], Exception | None]:
        times, error = [np.nan, np.nan], None
        try:
            forecaster = self.of(candidate)
            with carrying_on(folder):
                found = backtest(
                    forecaster, self.y, self.cv, self.X, self.metric, refit=self.refit, detail=True
                )
            table = found.scores
        except Exception as caught:
            if self.error_score == "raise":
                raise
            score, error = self.error_score, caught
        else:
            scores = table.iloc[:, 0]
            if scores.dtype == object:
                raise TypeError(f"scoring must give one number for each split, not {scores[0]}")
            score, predicted = scores.mean(), table.filter(regex="^pred.*_time$").iloc[:, 0]
            times = [table["fit_time"].mean(), predicted.mean()]
        row = {f"mean_test_{self.name}": score}
        row |= {"mean_fit_time": times[0], "mean_pred_time": times[1], "params": candidate}
        return row, error
