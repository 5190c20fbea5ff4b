"""Who made the forecasts."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from skscale.nn.layers.checks import check_integer
from skscale.plotting._axes import axes_for
from skscale.plotting._fitted import check_fitted

__all__ = ["SharesDisplay"]


class SharesDisplay:
    """Share of every candidate in the forecasts of every series.

    Parameters
    ----------
    weights : DataFrame
        ``weights_`` of a forecaster: a row for each series, a column for each candidate.

    Attributes
    ----------
    ax_ : Axes
    figure_ : Figure

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import SigmaForecaster
    >>> from skscale.plotting import SharesDisplay
    >>> forecaster = SigmaForecaster(random_state=0).fit(load_airline(), fh=[1, 2, 3])
    >>> SharesDisplay.from_estimator(forecaster).plot().ax_.get_xlabel()
    'share of the forecast'
    """

    def __init__(self, weights: pd.DataFrame):
        self.weights = weights

    @classmethod
    def from_estimator(cls, estimator: Any) -> Self:
        """Show the shares of a fitted forecaster.

        Raises
        ------
        TypeError
            If it has no ``weights_``.
        NotFittedError
            If it is not fitted.
        """
        check_fitted(estimator)
        if not hasattr(estimator, "weights_"):
            raise TypeError(
                f"{type(estimator).__name__} has no weights_; forecasters of skscale have"
            )
        return cls(estimator.weights_)

    def plot(self, ax: Any = None, *, max_series: int = 20, least: float = 0.005) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes, optional
            By default those of a new figure.
        max_series : int, default=20
            Series that are shown at most, the first ones.
        least : float, default=0.005
            Candidates are left out that have a smaller share in all of them.

        Returns
        -------
        SharesDisplay
        """
        check_integer("max_series", max_series, 1)
        (axis,) = axes_for(ax)
        shown = self.weights.iloc[:max_series]
        shown = shown.loc[:, (shown >= least).any()]
        place, start = np.arange(len(shown)), np.zeros(len(shown))
        for name in shown.columns:
            axis.barh(place, shown[name], left=start, label=str(name))
            start = start + shown[name].to_numpy()
        axis.set(xlabel="share of the forecast", xlim=(0, 1))
        axis.set_yticks(place, [_words(key) for key in shown.index] if len(shown) > 1 else [""])
        axis.invert_yaxis()
        axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
        self.ax_, self.figure_ = axis, axis.figure
        return self


def _words(key: Any) -> str:
    return ", ".join(map(str, key)) if isinstance(key, tuple) else str(key)
