"""A trained network with all that is needed to use it again."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from skscale.forecasting._columns import Columns
from skscale.forecasting._context import Context
from skscale.forecasting._effects import ColumnEffects
from skscale.forecasting._frames import channel_order
from skscale.forecasting._future import Future, at_steps
from skscale.forecasting._intervals import Spread, TrainedOffsets
from skscale.forecasting._panel import Panel
from skscale.forecasting._passes import passes
from skscale.forecasting._prior import Prior, Shares
from skscale.forecasting._rolling import roll_forward
from skscale.forecasting._series_scale import SeriesScale
from skscale.forecasting._time import TimeStep
from skscale.forecasting._windows import Layout
from skscale.nn import ForecastNet
from skscale.training import History, Windows

__all__ = ["FittedNetwork"]

_ALL_LEARNED = Shares(1.0, 1.0)


@dataclass
class FittedNetwork:
    """A trained network with all that is needed to use it again.

    Attributes
    ----------
    network : ForecastNet
        Stays on the device it was trained on; pickles and copies hold it on the CPU.
    forecast : ForecastNet
        What forecasts: the network, or a linear forecast that it corrects.
    rolled : ForecastNet
        What forecasts beyond the network's horizon, from its own forecasts.
    layout : Layout
    channels : Index
        Columns of y, in the order of the network.
    columns : Columns
    step : TimeStep
        Of the data in fit.
    history : History
    effects : ColumnEffects or None
        What the exogenous columns add to any series; the network sees and forecasts what is left.
    bounds, scaler : see the parameters of forecasters
    prior : Prior or None
        What forecasts without having learned from the data.
    share : Shares
        Of ``forecast``; the rest is the prior's.
    shares : dict of str to float
        Of the candidates within ``forecast``.
    spread : Spread or None
        How far series stray from the forecasts; None before training.
    """

    network: ForecastNet
    forecast: ForecastNet
    rolled: ForecastNet
    layout: Layout
    channels: pd.Index
    columns: Columns
    step: TimeStep
    history: History
    effects: ColumnEffects | None = None
    bounds: tuple | str | None = None
    scaler: str = "standard"
    prior: Prior | None = None
    share: Shares = _ALL_LEARNED
    shares: dict[str, float] = field(default_factory=lambda: {"network": 1.0})
    spread: Spread | None = None

    def check(self, panel: Panel) -> Panel:
        """Bring the channels of ``panel`` into the network's order, its columns to numbers.

        Raises
        ------
        ValueError
            If channels, exogenous columns or step are not those of the fit.
        """
        self.columns.encoder.check(panel.X)
        if not self.step.matches(panel.step):
            raise ValueError(
                f"y has {panel.step}, but the network was trained on {self.step}; resample y, or "
                "fit anew"
            )
        return self.columns.encoded(panel.with_columns(self.channels))

    def weights(self, panel: Panel) -> pd.DataFrame:
        """Share of every candidate in the forecast of every series of ``panel``."""
        rows = []
        for n_points in panel.lengths:
            learned = 1.0
            if self.prior is not None:
                learned = float(self.share.of(torch.tensor(n_points), self.prior.season))
            row = {name: learned * share for name, share in self.shares.items()}
            if self.prior is not None:
                for name, share in self.prior.named_shares(int(n_points)).items():
                    row[name] = row.get(name, 0.0) + (1 - learned) * share
            rows.append(row)
        return pd.DataFrame(rows, index=panel.keys).fillna(0.0)

    def scale_of(self, panel: Panel) -> SeriesScale:
        """Statistics of the series of a panel, and the effect of columns on them."""
        scale = SeriesScale.of(panel, self.columns.units, scaler=self.scaler)
        scale = scale.within(self.bounds, panel)
        if self.effects is None:
            return scale
        return scale.with_effect(self.effects.of_series(panel, scale))

    def context(
        self, y: pd.DataFrame, X: pd.DataFrame | None, panel: Panel, known: Context | None = None
    ) -> Context:
        """Keep data to forecast from.

        Parameters
        ----------
        y, X : DataFrame
            All rows.
        panel : Panel
            The newest stretches of their series, in their order.
        known : Context, optional
            Its series keep their statistics, as if nothing had come since.
        """
        panel = self.check(panel).check_observed(1)
        # Nothing may depend on the order in which the series of a panel come.
        ordered = panel.in_order_of_names()
        scale = self.scale_of(ordered)
        if known is not None:
            scale = known.scale.carried_to(known.panel, ordered, scale)
        order = ordered.positions_of(panel)
        channels = np.argsort(channel_order(y.columns, self.channels))
        return Context(y, X, ordered, order, channels, scale, self.columns)

    def predict(
        self,
        context: Context,
        steps: np.ndarray,
        X: pd.DataFrame | None,
        device: torch.device,
        alpha: Sequence[float] = (0.5,),
    ) -> np.ndarray:
        """Forecast ``steps`` (n_series, n_steps) after the ends of all series.

        Steps ahead come from each series' last window. In-sample steps are one-step-ahead
        forecasts from the window before the point.

        Returns
        -------
        float64 ndarray of shape (n_series, n_steps, n_channels, n_alpha)
            Quantiles; that of one half is the forecast itself.
        """

        def forecasts(series: np.ndarray, cuts: np.ndarray, future: Future) -> np.ndarray:
            return self.forecasts(context, series, cuts, future, device, alpha)

        return at_steps(self.columns, context, steps, X, forecasts)

    def forecasts(
        self,
        context: Context,
        series: np.ndarray,
        cuts: np.ndarray,
        future: Future,
        device: torch.device,
        alpha: Sequence[float] = (0.5,),
    ) -> np.ndarray:
        """Forecast all steps of ``future`` behind cuts of series, in few passes.

        Parameters
        ----------
        context : Context
        series, cuts : int64 ndarray of shape (n_windows,)
            Series of every window, and its number of points before the cut.
        future : Future
        device : device
        alpha : sequence of float
            Probabilities of the quantiles; that of one half is the forecast itself.

        Returns
        -------
        float64 ndarray of shape (n_windows, longest, n_channels, n_alpha), in original units
        """
        assert self.spread is not None
        parts = []
        for part in passes(context.buffer.to(device), self.layout, series, cuts, future):
            ahead, trained = self.ahead(part.windows, part.place, future.longest, part.features)
            batch = part.windows.at(*part.place)
            found = self.spread.quantiles(ahead, batch, alpha, trained)
            rows, of = future.rows[part.block], series[part.block]
            undone = [context.scale.undo(q, of, rows) for q in _numbers(found)]
            parts.append(np.stack(undone, axis=-1))
        return np.concatenate(parts)

    def ahead(
        self, windows: Windows, place: list[Tensor], longest: int, future: Tensor | None = None
    ) -> tuple[Tensor, TrainedOffsets | None]:
        """Scaled forecasts of the windows at ``place``, their series and cuts, in float64.

        ``future`` are the features ahead; by default those that the windows hold. Where trained
        weights take part, the distance of their quantiles comes as well.
        """
        first, later = self.on(windows.device)
        share = torch.ones(1, 1, 1, dtype=torch.float64, device=windows.device)
        if self.prior is not None:
            share = self.share.of(place[1], self.prior.season)[:, None, None]
        trained, ahead = None, torch.zeros((), dtype=torch.float64, device=windows.device)
        if share.any():
            batch = windows.at(*place)
            batch = batch if future is None else batch._replace(future_features=future)
            ahead = ahead + share * roll_forward(first, later, batch, longest)
        if self.prior is not None and (share < 1).any():
            history = windows.reaching_back(self.prior.history_length).at(*place)
            expected, offsets = self.prior.with_offsets(history, longest)
            ahead = ahead + (1 - share) * expected
            if offsets is not None and self.prior.net is not None:
                levels = self.prior.net.quantile_levels
                trained = TrainedOffsets(levels, offsets, 1 - share)
        return ahead, trained

    @torch.no_grad()
    def of_windows(self, windows: Windows, index: Tensor) -> tuple[Tensor, TrainedOffsets | None]:
        """`ahead` of windows ``index``, over the network's own horizon."""
        return self.ahead(windows, list(windows.place(index)), windows.prediction_length)

    def on(self, device: torch.device) -> tuple[ForecastNet, ForecastNet]:
        """Return what forecasts first and later blocks, moved to ``device`` if it is elsewhere."""
        if _device(self.network) != device:
            # Takes a millisecond to find out that there is nothing to do.
            for net in (self.forecast, self.rolled, self.prior, self.spread):
                if net is not None:
                    net.to(device)
        return self.forecast.eval(), self.rolled.eval()

    def __getstate__(self) -> dict[str, Any]:
        """Hold the network on the CPU, so that a copy loads on a machine without a GPU."""
        state = dict(self.__dict__)
        if _device(self.network).type != "cpu":
            names = ("network", "forecast", "rolled", "prior", "spread")
            nets = {name: state[name] for name in names if state[name] is not None}
            state.update(deepcopy(nn.ModuleDict(nets)).cpu())
        return state


def _numbers(values: Tensor) -> np.ndarray:
    return values.cpu().numpy().astype(np.float64)


def _device(network: nn.Module) -> torch.device:
    return next((p.device for p in network.parameters()), torch.device("cpu"))
