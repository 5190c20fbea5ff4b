"""Whatever stops a fit, the forecaster is what it was before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any, Self

__all__ = ["AllOrNothing", "all_or_nothing"]


class AllOrNothing:
    """Mixin: `fit`, `pretrain` and `update` do what sktime's do, or nothing at all.

    sktime forgets an earlier fit before it begins another, and moves the cut-off before it
    updates. Here an error, or Ctrl-C, leaves model, data and cut-off as they were.
    """

    def fit(self, y: Any, X: Any = None, fh: Any = None) -> Self:
        """Fit to training data, see `sktime.forecasting.base.BaseForecaster.fit`.

        Parameters
        ----------
        y : time series in an sktime container
            One series, a panel or a hierarchy.
        X : time series in an sktime container, optional
            Exogenous columns, with a row for every row of ``y`` at least.
        fh : int, list, pd.Index or ForecastingHorizon, optional
            Steps that will be forecast.

        Returns
        -------
        self
            What stops it, Ctrl-C included, leaves the forecaster as it was.
        """
        with all_or_nothing(self):
            return super().fit(y, X, fh)  # type: ignore[misc]

    def pretrain(self, y: Any, X: Any = None, fh: Any = None) -> Self:
        """Train on a panel, for a later `fit` to other series.

        Parameters
        ----------
        y : panel or hierarchy in an sktime container
        X : the same, optional
            Exogenous columns.
        fh : int, list, pd.Index or ForecastingHorizon, optional
            Steps that will be forecast.

        Returns
        -------
        self
            What stops it, Ctrl-C included, leaves the forecaster as it was.
        """
        with all_or_nothing(self):
            return super().pretrain(y, X, fh)  # type: ignore[misc]

    def update(self, y: Any, X: Any = None, update_params: bool = True) -> Self:
        """Take new data in, and train further on all of them.

        Parameters
        ----------
        y : time series, in a container as in fit
            New rows; those seen before may be among them.
        X : the same, optional
            Exogenous columns.
        update_params : bool, default=True
            False trains nothing: the data become context, and known series keep their scale.

        Returns
        -------
        self
            What stops it, Ctrl-C included, leaves the forecaster as it was.
        """
        with all_or_nothing(self):
            return super().update(y, X, update_params)  # type: ignore[misc]


@contextmanager
def all_or_nothing(forecaster: object) -> Iterator[None]:
    # sktime writes into its dictionaries; all else is replaced, not changed.
    before = {k: copy(v) if isinstance(v, dict) else v for k, v in vars(forecaster).items()}
    try:
        yield
    except BaseException:
        vars(forecaster).clear()
        vars(forecaster).update(before)
        raise
