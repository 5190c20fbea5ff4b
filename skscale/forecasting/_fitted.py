"""A trained network with all that is needed to use it again."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from skscale.forecasting._columns import Columns
from skscale.forecasting._context import Context, Future
from skscale.forecasting._effects import ColumnEffects
from skscale.forecasting._frames import channel_order
from skscale.forecasting._horizon import check_reach, filled, rows_ahead, sources, times_after
from skscale.forecasting._panel import Panel
from skscale.forecasting._prior import Prior, Shares
from skscale.forecasting._rolling import roll_forward
from skscale.forecasting._series_scale import SeriesScale
from skscale.forecasting._time import TimeStep
from skscale.forecasting._windows import Layout, windows_between
from skscale.nn import ForecastNet
from skscale.ops.arrays import from_numpy
from skscale.ops.threads import threads_for
from skscale.training import History, SeriesBuffer, Windows

__all__ = ["FittedNetwork"]

_VALUES_AT_ONCE = 2**20  # of the contexts of one pass
_MOST_WINDOWS = 1024
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
    bounds : (lower, upper), "auto" or None
        Of the forecasts.
    prior : Prior or None
        What forecasts without having learned from the data.
    share : Shares
        Of ``forecast``; the rest is the prior's.
    shares : dict of str to float
        Of the candidates within ``forecast``.
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
    prior: Prior | None = None
    share: Shares = _ALL_LEARNED
    shares: dict[str, float] = field(default_factory=lambda: {"network": 1.0})

    def check(self, panel: Panel) -> Panel:
        """Bring the channels of ``panel`` into the network's order.

        Raises
        ------
        ValueError
            If channels, exogenous columns or step are not those of the fit.
        """
        self.columns.check(panel.X)
        if not self.step.matches(panel.step):
            raise ValueError(
                f"y has {panel.step}, but the network was trained on {self.step}; resample y, or "
                "fit anew"
            )
        return panel.with_columns(self.channels)

    def weights(self, panel: Panel) -> pd.DataFrame:
        """Share of every candidate in the forecast of every series of ``panel``."""
        rows = []
        for n_points in panel.lengths:
            learned = 1.0
            if self.prior is not None:
                learned = float(self.share.of(torch.tensor(n_points), self.prior.season))
            row = {name: learned * share for name, share in self.shares.items()}
            if self.prior is not None:
                for name, share in self.prior.shares(int(n_points)).items():
                    row[name] = row.get(name, 0.0) + (1 - learned) * share
            rows.append(row)
        return pd.DataFrame(rows, index=panel.keys).fillna(0.0)

    def scale_of(self, panel: Panel) -> SeriesScale:
        """Statistics of the series of a panel, and the effect of columns on them."""
        scale = SeriesScale.of(panel, self.columns.units).within(self.bounds, panel)
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
        panel = self.check(panel)
        # Nothing may depend on the order in which the series of a panel come.
        ordered = panel.in_order_of_names()
        scale = self.scale_of(ordered)
        if known is not None:
            scale = known.scale.carried_to(known.panel, ordered, scale)
        rows = scale.standardised(ordered)
        buffer = self.buffer(ordered, scale, rows)
        order = ordered.positions_of(panel)
        channels = np.argsort(channel_order(y.columns, self.channels))
        return Context(y, X, ordered, order, channels, scale, rows, buffer)

    def buffer(self, panel: Panel, scale: SeriesScale, rows: np.ndarray) -> SeriesBuffer:
        """Scaled series and features of a panel with standardised columns ``rows``, on the CPU."""
        features = self.columns.features(panel.times, rows)
        return SeriesBuffer(
            values=from_numpy(scale.apply(panel).astype(np.float32)),
            offsets=from_numpy(panel.offsets.astype(np.int64)),
            location=from_numpy(scale.location),
            scale=from_numpy(scale.scale),
            features=None if features is None else from_numpy(features),
        )

    def predict(
        self, context: Context, steps: np.ndarray, X: pd.DataFrame | None, device: torch.device
    ) -> np.ndarray:
        """Forecast ``steps`` (n_series, n_steps) after the ends; (n_series, n_steps, n_channels).

        Steps ahead come from each series' last window. In-sample steps are one-step-ahead
        forecasts from the window before the point.
        """
        lengths, longest = context.panel.lengths, int(steps.max())
        check_reach(steps, lengths)
        found = np.empty((*steps.shape, len(self.channels)))
        if longest > 0:
            future = self._behind_the_end(context, X, steps)
            every = np.arange(len(lengths))
            ahead = self.forecasts(context, every, lengths, future, device)
            place = np.clip(steps - 1, 0, None)[..., None]
            found = np.take_along_axis(ahead, place, axis=1)
        row, column = np.nonzero(steps < 1)
        if len(row):
            cuts = lengths[row] - 1 + steps[row, column]
            one = self.within(context, row, cuts, np.ones(1, dtype=bool))
            found[row, column] = self.forecasts(context, row, cuts, one, device)[:, 0]
        return found

    def forecasts(
        self,
        context: Context,
        series: np.ndarray,
        cuts: np.ndarray,
        future: Future,
        device: torch.device,
    ) -> np.ndarray:
        """Forecast all steps of ``future`` behind cuts of series, in few passes.

        Parameters
        ----------
        context : Context
        series, cuts : int64 ndarray of shape (n_windows,)
            Series of every window, and its number of points before the cut.
        future : Future
        device : device

        Returns
        -------
        float64 ndarray of shape (n_windows, longest, n_channels), in original units
        """
        buffer = context.buffer.to(device)
        values = self.layout.context_length * len(self.channels)
        size = int(np.clip(_VALUES_AT_ONCE // values, 16, _MOST_WINDOWS))
        ends = (np.full(len(context.panel.lengths), end) for end in (cuts.min(), cuts.max()))
        windows = windows_between(buffer, self.layout, *ends)
        parts = []
        with threads_for(values * min(size, len(cuts))):
            for start in range(0, len(cuts), size):
                block = slice(start, start + size)
                place = [from_numpy(i[block]).to(device) for i in (series, cuts)]
                known = future.tensor(block, device)
                ahead = self._ahead(windows, place, known, future.longest)
                parts.append(context.scale.undo(ahead, series[block], future.rows[block]))
        return np.concatenate(parts)

    def _ahead(
        self, windows: Windows, place: list[Tensor], future: Tensor | None, longest: int
    ) -> np.ndarray:
        """Scaled forecasts of the windows at ``place``, float64."""
        first, later = self._on(windows.device)
        if self.prior is None:
            batch = windows.at(*place)._replace(future_features=future)
            return roll_forward(first, later, batch, longest).cpu().numpy().astype(np.float64)
        history = windows.reaching_back(self.prior.history_length).at(*place)
        share = self.share.of(place[1], self.prior.season)[:, None, None]
        ahead = torch.zeros((), dtype=torch.float64, device=windows.device)
        if share.any():
            batch = windows.at(*place)._replace(future_features=future)
            ahead = ahead + share * roll_forward(first, later, batch, longest)
        if (share < 1).any():
            ahead = ahead + (1 - share) * self.prior(history, longest)
        return ahead.cpu().numpy()

    def within(
        self, context: Context, series: np.ndarray, cuts: np.ndarray, held: np.ndarray
    ) -> Future:
        """What is known behind ``cuts`` of ``series``, both (n_windows,), within the data.

        Rows of steps that are not ``held`` (longest,) count as unknown: they take the row before.
        """
        offsets, features = context.panel.offsets, context.buffer.features
        first, last = offsets[series] + cuts, offsets[series + 1] - 1
        point = np.minimum(first[:, None] + np.arange(len(held)), last[:, None])
        rows = filled(context.rows[point], np.broadcast_to(sources(held), point.shape))
        if features is None:
            return Future(rows, None)
        found = features.numpy()[point]
        found[..., : self.columns.n_exogenous] = self.columns.seen(rows)
        return Future(rows, found)

    def _behind_the_end(
        self, context: Context, X: pd.DataFrame | None, steps: np.ndarray
    ) -> Future:
        """What is known behind the end of every series, up to the longest of ``steps``.

        Steps that ``X`` leaves out take the row before.
        """
        panel, n_series, longest = context.panel, len(steps), int(steps.max())
        rows = np.zeros((n_series, longest, self.columns.n_exogenous))
        if not sum(self.columns.sizes.values()):
            return Future(rows, None)
        times = times_after(panel, np.tile(np.arange(1, longest + 1), (n_series, 1)))
        if X is not None and self.columns.n_exogenous:
            found, held = rows_ahead(panel, X, steps, times)
            series = np.repeat(np.arange(n_series), longest)
            found = context.scale.standardised_rows(found.reshape(len(series), -1), series)
            rows = filled(found.reshape(rows.shape), sources(held))
        features = self.columns.features(times, rows.reshape(len(times), -1))
        assert features is not None
        return Future(rows, features.reshape(n_series, longest, -1))

    def _on(self, device: torch.device) -> tuple[ForecastNet, ForecastNet]:
        """Return what forecasts first and later blocks, moved to ``device`` if it is elsewhere."""
        if _device(self.network) != device:
            # Takes a millisecond to find out that there is nothing to do.
            for net in (self.forecast, self.rolled, self.prior):
                if net is not None:
                    net.to(device)
        return self.forecast.eval(), self.rolled.eval()

    def __getstate__(self) -> dict[str, Any]:
        """Hold the network on the CPU, so that a copy loads on a machine without a GPU."""
        state = dict(self.__dict__)
        if _device(self.network).type != "cpu":
            names = ("network", "forecast", "rolled", "prior")
            nets = {name: state[name] for name in names if state[name] is not None}
            state.update(deepcopy(nn.ModuleDict(nets)).cpu())
        return state


def _device(network: nn.Module) -> torch.device:
    return next((p.device for p in network.parameters()), torch.device("cpu"))
