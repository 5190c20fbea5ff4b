"""Errors of a rolling evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd

from skscale.plotting._axes import axes_for, legend_beside, plotted
from skscale.plotting._series import draw

__all__ = ["BacktestDisplay"]

_WORDS = {"step": "steps ahead", "cutoff": "cut-off", "scale": "steps averaged over"}
_METRICS = {"mae": "mean absolute error", "mse": "mean squared error"}


class BacktestDisplay:
    """Errors by step ahead, by cut-off and by scale, of one or several forecasters.

    Parameters
    ----------
    errors : dict of str to dict of str to DataFrame
        By the name of the forecaster, then by ``"step"``, ``"cutoff"`` and, where steps follow
        each other, ``"scale"``: columns ``"mae"`` and ``"mse"``.

    Attributes
    ----------
    ax_ : Axes or ndarray of Axes
        One for each of step, cut-off and scale.
    figure_ : Figure

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from sktime.split import ExpandingWindowSplitter
    >>> from skscale import SigmaForecaster
    >>> from skscale.evaluation import backtest
    >>> from skscale.plotting import BacktestDisplay
    >>> cv = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=120)
    >>> found = backtest(SigmaForecaster(random_state=0), load_airline(), cv, detail=True)
    >>> [axis.get_xlabel() for axis in BacktestDisplay.from_backtest(found).plot().ax_]
    ['steps ahead', 'cut-off', 'steps averaged over']
    """

    def __init__(self, errors: Mapping[str, Mapping[str, pd.DataFrame]]):
        self.errors = errors

    @classmethod
    def from_backtest(cls, found: Any) -> Self:
        """Show what `skscale.evaluation.backtest` found.

        Parameters
        ----------
        found : Backtest, or dict of str to Backtest
            What it returns with ``detail=True``; several by the names of their forecasters.

        Returns
        -------
        BacktestDisplay

        Raises
        ------
        TypeError
            If one is no `Backtest`.
        """
        named = found if isinstance(found, Mapping) else {"": found}
        for one in named.values():
            if not hasattr(one, "by_step"):
                raise TypeError(
                    f"found must be a Backtest, from backtest(..., detail=True), got "
                    f"{type(one).__name__}"
                )
        return cls({name: _errors(one) for name, one in named.items()})

    def plot(
        self, ax: Any = None, *, by: str | Sequence[str] | None = None, metric: str = "mae"
    ) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes or sequence of Axes, optional
            One for each of ``by``; by default those of a new figure.
        by : {"step", "cutoff", "scale"} or sequence of these, optional
            What is shown; by default all that there is.
        metric : {"mae", "mse"}, default="mae"
            Mean absolute or mean squared error.

        Returns
        -------
        BacktestDisplay

        Raises
        ------
        ValueError
            If ``by`` or ``metric`` is none of these.
        """
        there = [one for one in _WORDS if all(one in found for found in self.errors.values())]
        kinds = there if by is None else [by] if isinstance(by, str) else list(by)
        for kind in kinds:
            if kind not in there:
                raise ValueError(f"by must be one of {there}, got {kind!r}")
        if metric not in _METRICS:
            raise ValueError(f"metric must be one of {list(_METRICS)}, got {metric!r}")
        axes = axes_for(ax, len(kinds), n_columns=len(kinds))
        for axis, kind in zip(axes, kinds, strict=True):
            for i, (name, found) in enumerate(self.errors.items()):
                draw(axis, found[kind][metric], f"C{i}", name, marker=".")
            axis.set(xlabel=_WORDS[kind], ylabel=_METRICS[metric])
            if kind == "scale":
                axis.set_xscale("log", base=2)
                scales = next(iter(self.errors.values()))[kind].index
                axis.set_xticks(scales, [f"{scale:g}" for scale in scales])
            if kind == "cutoff":
                axis.tick_params("x", rotation=20)
        if len(self.errors) > 1:
            legend_beside(axes, ours=ax is None)
        self.ax_, self.figure_ = plotted(axes), axes[0].figure
        return self


def _errors(found: Any) -> dict[str, pd.DataFrame]:
    errors = {"step": found.by_step(), "cutoff": found.by_cutoff()}
    n_steps = len(found.steps)
    if n_steps > 1 and (np.diff(found.steps) == 1).all():
        scales = 2 ** np.arange(int(np.log2(n_steps)) + 1)
        errors["scale"] = found.by_scale(tuple(scales.tolist()))
    return errors
