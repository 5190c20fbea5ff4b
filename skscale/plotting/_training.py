"""Losses and rates of a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from skscale.plotting._axes import axes_for, plotted
from skscale.plotting._fitted import check_fitted

__all__ = ["TrainingDisplay"]


class TrainingDisplay:
    """Loss and learning rate of every epoch, and the epoch whose weights were kept.

    Parameters
    ----------
    history : dict
        ``history_`` of an estimator: ``train_loss``, ``valid_loss``, ``learning_rate`` and
        ``best_epoch``, counted from 0, -1 for the weights before the first step.

    Attributes
    ----------
    ax_ : ndarray of two Axes
        Losses and learning rate.
    figure_ : Figure

    Raises
    ------
    ValueError
        If nothing was trained; says why.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import SigmaForecaster
    >>> from skscale.plotting import TrainingDisplay
    >>> forecaster = SigmaForecaster(pretrained=None, max_epochs=3, random_state=0)
    >>> display = TrainingDisplay.from_estimator(forecaster.fit(load_airline(), fh=[1, 2, 3]))
    >>> display.plot().ax_[0].get_xlabel()
    'epoch'
    """

    def __init__(self, history: Mapping[str, Any]):
        if not len(history["train_loss"]):
            notes = "; ".join(history.get("notes", []))
            raise ValueError(f"history holds no epoch{': ' + notes if notes else ''}")
        self.history = history

    @classmethod
    def from_estimator(cls, estimator: Any) -> Self:
        """Show the training of a fitted estimator: a forecaster or a `MultiScaleAutoencoder`.

        Raises
        ------
        TypeError
            If it has no ``history_``.
        NotFittedError
            If it is not fitted.
        """
        check_fitted(estimator)
        if not hasattr(estimator, "history_"):
            name = type(estimator).__name__
            raise TypeError(f"{name} has no history_; what skscale trains has")
        return cls(estimator.history_)

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : sequence of two Axes, optional
            For losses and learning rate; by default those of a new figure.

        Returns
        -------
        TrainingDisplay
        """
        losses, rates = axes_for(ax, 2, n_columns=2)
        epochs = np.arange(1, len(self.history["train_loss"]) + 1)
        losses.plot(epochs, self.history["train_loss"], marker=".", label="training")
        if len(self.history["valid_loss"]):
            losses.plot(epochs, self.history["valid_loss"], marker=".", label="held out")
        kept = self.history["best_epoch"] + 1
        label = f"kept: epoch {kept}" if kept else "kept: before the first"
        losses.axvline(kept, color="0.5", lw=1, ls="--", label=label)
        losses.set(xlabel="epoch", ylabel="loss")
        losses.legend(frameon=False)
        rates.plot(epochs, self.history["learning_rate"], marker=".", color="0.3")
        rates.set(xlabel="epoch", ylabel="learning rate")
        self.ax_, self.figure_ = plotted([losses, rates]), losses.figure
        return self
