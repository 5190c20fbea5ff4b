"""Probabilities that users ask for: of quantiles, and of intervals."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from typing import Any

import pandas as pd

__all__ = ["AsksProbabilities", "check_probabilities"]


def check_probabilities(name: str, value: Any) -> list[float]:
    """Probabilities as a list of different numbers between 0 and 1.

    Parameters
    ----------
    name : str
        What they are called, for the message.
    value : float or sequence of float

    Raises
    ------
    ValueError
        If one is no number between 0 and 1, one is there twice, or there are none; names it.
    """
    alone = isinstance(value, str | bytes) or not isinstance(value, Iterable)
    found = [value] if alone else list(value)
    for one in found:
        number = isinstance(one, Real) and not isinstance(one, bool)
        if not (number and 0 < one < 1):
            percent = f"; {one} % is {one / 100:g}" if number and 1 < one < 100 else ""
            raise ValueError(
                f"{name} must be a number between 0 and 1, both excluded, or a sequence of such, "
                f"got {one!r}{percent}"
            )
    if not found:
        raise ValueError(f"{name} must hold at least one probability, got []")
    if len(set(found)) < len(found):
        raise ValueError(f"{name} must hold every probability once, got {found!r}")
    return [float(one) for one in found]


class AsksProbabilities:
    """Mixin of forecasters: wrong probabilities are named before anything is computed."""

    def predict_interval(self, fh: Any = None, X: Any = None, coverage: Any = 0.90) -> pd.DataFrame:
        """Forecast intervals, see `sktime.forecasting.base.BaseForecaster.predict_interval`.

        Parameters
        ----------
        fh : int, list, pd.Index or ForecastingHorizon, optional
            Steps to forecast; by default those of `fit`.
        X : time series in an sktime container, optional
            As in `predict`.
        coverage : float or sequence of float, default=0.9
            Probabilities that values lie within, each between 0 and 1: 0.95, not 95.

        Returns
        -------
        DataFrame
            Columns by channel, coverage and end, ``"lower"`` and ``"upper"``.

        Raises
        ------
        ValueError
            If a coverage is none.
        NotFittedError
            If the forecaster is not fitted.
        """
        levels = check_probabilities("coverage", coverage)
        return super().predict_interval(fh, X, levels)  # type: ignore[misc]

    def predict_quantiles(self, fh: Any = None, X: Any = None, alpha: Any = None) -> pd.DataFrame:
        """Forecast quantiles, see `sktime.forecasting.base.BaseForecaster.predict_quantiles`.

        Parameters
        ----------
        fh : int, list, pd.Index or ForecastingHorizon, optional
            Steps to forecast; by default those of `fit`.
        X : time series in an sktime container, optional
            As in `predict`.
        alpha : float or sequence of float, optional
            Probabilities of the quantiles, each between 0 and 1; by default 0.05 and 0.95.

        Returns
        -------
        DataFrame
            Columns by channel and probability.

        Raises
        ------
        ValueError
            If a probability is none.
        NotFittedError
            If the forecaster is not fitted.
        """
        levels = None if alpha is None else check_probabilities("alpha", alpha)
        return super().predict_quantiles(fh, X, levels)  # type: ignore[misc]
