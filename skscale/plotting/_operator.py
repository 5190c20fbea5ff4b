"""A series at several scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import clone

from skscale.plotting._axes import axes_for, plotted

__all__ = ["OperatorDisplay"]


class OperatorDisplay:
    """A series, and what a scaling operator leaves of it at several scales.

    Parameters
    ----------
    series : ndarray of shape (n_timepoints,)
    scaled : dict of scale to ndarray of shape (n_timepoints,)
        Brought back to the length of the series.

    Attributes
    ----------
    ax_ : Axes or ndarray of Axes
        One for each scale.
    figure_ : Figure

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.operators import AveragePooling
    >>> from skscale.plotting import OperatorDisplay
    >>> x = np.sin(np.arange(48) / 4)
    >>> display = OperatorDisplay.from_estimator(AveragePooling(), x, scales=[2, 8]).plot()
    >>> [axis.get_title() for axis in display.ax_]
    ['scale 2', 'scale 8']
    """

    def __init__(self, series: np.ndarray, scaled: Mapping[Any, np.ndarray]):
        self.series = series
        self.scaled = scaled

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, scales: Sequence[Any] = (2, 4, 8)) -> Self:
        """Apply an operator at several scales.

        Parameters
        ----------
        estimator : ScalingOperator
            Its own scale does not count. A clone is fitted for every scale.
        X : array-like of shape (n_timepoints,)
            One series.
        scales : sequence, default=(2, 4, 8)
            Each a value that the operator takes.

        Returns
        -------
        OperatorDisplay

        Raises
        ------
        TypeError
            If ``estimator`` is no scaling operator.
        ValueError
            If ``X`` is more than one series, or a scale does not fit.
        """
        if isinstance(estimator, type) or not hasattr(estimator, "inverse_transform"):
            raise TypeError(f"estimator must be a scaling operator, got {estimator!r}")
        series = np.asarray(X, dtype=np.float64)
        if series.ndim != 1:
            raise ValueError(f"X must be one series, (n_timepoints,), got shape {series.shape}")
        if not len(scales):
            raise ValueError("scales must hold at least one scale, got none")
        return cls(series, {scale: _at_scale(estimator, series, scale) for scale in scales})

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes or sequence of Axes, optional
            One for each scale; by default those of a new figure.

        Returns
        -------
        OperatorDisplay
        """
        axes = axes_for(ax, len(self.scaled))
        for i, (axis, (scale, values)) in enumerate(zip(axes, self.scaled.items(), strict=True)):
            axis.plot(self.series, color="0.7", label="series")
            axis.plot(values, color=f"C{i}", label=f"scale {scale:g}")
            axis.set_title(f"scale {scale:g}")
        axes[-1].set_xlabel("time")
        self.ax_, self.figure_ = plotted(axes), axes[0].figure
        return self


def _at_scale(operator: Any, series: np.ndarray, scale: Any) -> np.ndarray:
    fitted = clone(operator).set_params(scale=scale)
    scaled = fitted.fit_transform(series[None])
    return np.asarray(fitted.inverse_transform(scaled))[0]
