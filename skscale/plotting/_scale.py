"""Learned scales and kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from skscale.plotting._axes import axes_for, plotted
from skscale.plotting._fitted import check_fitted

__all__ = ["ScaleDisplay"]


class ScaleDisplay:
    """Learned scale of every distance, and the weight of the kernel there.

    Parameters
    ----------
    scales, kernels : sequence of ndarray of shape (context_length,)
        By distance, for every block of the network; None for scales where a kernel has none.

    Attributes
    ----------
    ax_ : ndarray of two Axes
        Scales and weights.
    figure_ : Figure

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import SigmaForecaster
    >>> from skscale.plotting import ScaleDisplay
    >>> forecaster = SigmaForecaster(pretrained=None, max_epochs=3, random_state=0)
    >>> display = ScaleDisplay.from_estimator(forecaster.fit(load_airline(), fh=[1, 2, 3]))
    >>> [axis.get_ylabel() for axis in display.plot().ax_]
    ['learned scale', 'weight of the kernel']
    """

    def __init__(self, scales: Sequence[np.ndarray | None], kernels: Sequence[np.ndarray]):
        self.scales = scales
        self.kernels = kernels

    @classmethod
    def from_estimator(cls, estimator: Any) -> Self:
        """Show the kernels of a fitted `SigmaForecaster`.

        Raises
        ------
        TypeError
            If its network has no kernels, or they differ from window to window.
        NotFittedError
            If it is not fitted.
        """
        check_fitted(estimator)
        name = type(estimator).__name__
        network: Any = getattr(estimator, "network_", None)
        kernels = getattr(network, "kernels", None)
        if kernels is None:
            raise TypeError(f"the network of {name} has no kernels; that of SigmaForecaster has")
        if any(kernel is None for kernel in kernels):
            raise TypeError(f"every window has kernels of its own with scaling='sample' of {name}")
        found = [None if one is None else one.numpy(force=True) for one in network.scales]
        return cls(found, [kernel.numpy(force=True) for kernel in kernels])

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : sequence of two Axes, optional
            For scales and weights; by default those of a new figure.

        Returns
        -------
        ScaleDisplay
        """
        left, right = axes_for(ax, 2, n_columns=2)
        for i, (scales, kernel) in enumerate(zip(self.scales, self.kernels, strict=True), start=1):
            label = f"block {i}" if len(self.kernels) > 1 else None
            if scales is not None:
                left.plot(scales, label=label)
            right.plot(kernel, label=label)
        left.set(xlabel="distance", ylabel="learned scale")
        right.set(xlabel="distance", ylabel="weight of the kernel")
        if len(self.kernels) > 1:
            right.legend(frameon=False)
        self.ax_, self.figure_ = plotted([left, right]), left.figure
        return self
