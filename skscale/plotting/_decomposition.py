"""What a network takes a window apart into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from skscale.forecasting._context import Context
from skscale.forecasting._fitted import FittedNetwork
from skscale.forecasting._windows import windows_between
from skscale.nn.layers.checks import check_integer
from skscale.ops import beside_values
from skscale.plotting._axes import axes_for, plotted
from skscale.plotting._fitted import check_fitted
from skscale.plotting._series import draw
from skscale.training.objective import as_read_by

__all__ = ["DecompositionDisplay"]


class DecompositionDisplay:
    """A window and what a network takes it apart into.

    Parameters
    ----------
    window : Series
        What the network forecasts from, in the units of the series.
    parts : dict of str to Series
        Its parts, or its scales.
    add_up : bool, default=True
        Whether parts add up to the window, the first holding its level; False for scales, each a
        version of all of it.

    Attributes
    ----------
    ax_ : Axes or ndarray of Axes
        One for each part.
    figure_ : Figure

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import TimeMixerForecaster
    >>> from skscale.plotting import DecompositionDisplay
    >>> forecaster = TimeMixerForecaster(max_epochs=1, random_state=0)
    >>> forecaster = forecaster.fit(load_airline(), fh=[1, 2, 3])
    >>> display = DecompositionDisplay.from_estimator(forecaster)
    >>> list(display.parts)
    ['scale 1', 'scale 2', 'scale 4', 'scale 8']
    """

    def __init__(self, window: pd.Series, parts: Mapping[str, pd.Series], add_up: bool = True):
        self.window = window
        self.parts = parts
        self.add_up = add_up

    @classmethod
    def from_estimator(cls, estimator: Any, *, series: Any = None, channel: Any = None) -> Self:
        """Take apart the last window that a fitted forecaster saw of a series.

        Shown is what its network sees, without the linear effect of exogenous columns, and
        `skscale.nn.ForecastNet.window_parts` of it, in the units of the series.

        Parameters
        ----------
        estimator : forecaster of skscale
        series : label, optional
            Instance of a panel; by default the first.
        channel : label, optional
            Column of y; by default the first.

        Returns
        -------
        DecompositionDisplay

        Raises
        ------
        TypeError
            If it is no forecaster of skscale, or its network takes nothing apart.
        NotFittedError
            If it is not fitted.
        ValueError
            If there is no such series or channel.
        """
        check_fitted(estimator)
        context = getattr(estimator, "_context", None)
        if context is None:
            raise TypeError(f"{type(estimator).__name__} is no forecaster of skscale")
        row = _place("series", series, context.panel.keys)
        column = _place("channel", channel, context.panel.columns)
        window, parts = _last_window(estimator.model_, context, row)
        if not parts:
            raise TypeError(f"the network of {type(estimator).__name__} takes no window apart")
        last = context.panel.offsets[row + 1]
        times = context.panel.times[last - len(window) : last]
        named = {name: pd.Series(part[:, column], times) for name, part in parts.items()}
        return cls(pd.Series(window[:, column], times), named, estimator.network_.parts_add_up)

    @classmethod
    def from_autoencoder(cls, estimator: Any, X: Any, *, channel: int = 0) -> Self:
        """Show what every stage of a fitted `MultiScaleAutoencoder` reconstructs of a series.

        Parameters
        ----------
        estimator : MultiScaleAutoencoder
        X : array-like of shape (n_timepoints,) or (n_channels, n_timepoints)
            One series, as those in fit.
        channel : int, default=0
            Channel that is shown.

        Returns
        -------
        DecompositionDisplay

        Raises
        ------
        TypeError
            If ``estimator`` is no `MultiScaleAutoencoder`.
        NotFittedError
            If it is not fitted.
        ValueError
            If ``X`` is no such series, or has no such channel.
        """
        check_fitted(estimator)
        codec = getattr(estimator, "codec_", None)
        if codec is None:
            raise TypeError(f"{type(estimator).__name__} has no codec_; MultiScaleAutoencoder has")
        series = np.asarray(X, dtype=np.float64)
        z = torch.from_numpy(np.asarray(estimator.transform(series[None])))
        rows = np.atleast_2d(series)
        check_integer("channel", channel, 0, maximum=len(rows) - 1)
        with torch.no_grad():
            stages = [np.atleast_2d(part[0].numpy())[channel] for part in codec.stages(z)]
        parts = {f"stage {k}": pd.Series(stage) for k, stage in enumerate(stages, start=1)}
        parts["not reconstructed"] = pd.Series(rows[channel] - sum(stages))
        return cls(pd.Series(rows[channel]), parts)

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes or sequence of Axes, optional
            One for each part; by default those of a new figure.

        Returns
        -------
        DecompositionDisplay
        """
        axes = axes_for(ax, len(self.parts))
        for i, (axis, (name, part)) in enumerate(zip(axes, self.parts.items(), strict=True)):
            if i == 0 or not self.add_up:
                draw(axis, self.window, "0.7", "window")
            draw(axis, part, f"C{i}", name)
            axis.legend(frameon=False, loc="upper left")
            axis.tick_params("x", rotation=20)
        self.ax_, self.figure_ = plotted(axes), axes[0].figure
        return self


@torch.no_grad()
def _last_window(
    model: FittedNetwork, context: Context, row: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """What the network sees last of a series and its parts, (n_points, n_channels) each."""
    device = next((p.device for p in model.network.parameters()), torch.device("cpu"))
    lengths = context.panel.lengths
    windows = windows_between(context.buffer.to(device), model.layout, lengths, lengths)
    cut = int(lengths[row])
    batch = windows.at(torch.tensor([row], device=device), torch.tensor([cut], device=device))
    read = as_read_by(model.network, batch)
    scaled = model.network.eval().window_parts(read.x, read.past_features, read.mask)
    shown = min(cut, model.layout.context_length)

    def in_units(x: Tensor, level: bool) -> np.ndarray:
        values = x * batch.scale + (batch.location if level else 0.0)
        return values[0, -shown:].cpu().numpy()

    every = not model.network.parts_add_up
    parts = {name: in_units(part, every or i == 0) for i, (name, part) in enumerate(scaled.items())}
    x = batch.x
    if batch.mask is not None:
        x = torch.where(beside_values(batch.mask), x, torch.nan)
    return in_units(x, True), parts


def _place(name: str, label: Any, index: pd.Index | None) -> int:
    """Position of a label; the first by default."""
    if label is None:
        return 0
    known = pd.Index([]) if index is None else index
    if label not in known:
        raise ValueError(f"{name} must be one of {list(known)[:5]}, got {label!r}")
    return int(known.get_loc(label))
