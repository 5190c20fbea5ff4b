"""A fitted forecaster as one torch module, its scaling included."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from skscale.forecasting._column_units import FURTHEST
from skscale.forecasting._context import Context
from skscale.forecasting._fitted import FittedNetwork
from skscale.forecasting._intervals import TrainedOffsets
from skscale.forecasting._rolling import roll_forward
from skscale.nn import ScaleKernel
from skscale.nn.layers.checks import check_shape, check_tensor
from skscale.ops import beside_values
from skscale.ops.tracing import exporting
from skscale.training import Batch

__all__ = ["ForecastModule"]


class ForecastModule(nn.Module):
    """What a fitted forecaster computes between a window and its forecast, in original units.

    `NetworkForecaster.to_torch` makes it. It holds copies of the networks, in evaluation mode, and
    what is known of the series seen: location, scale, bounds, effects of columns, and the share of
    what was learned that the length of each series justifies. It computes in float64 but for the
    networks, and passes no gradients.

    Attributes
    ----------
    context_length : int
        Points of a window: those that the network sees, or more where trained weights take part.
    prediction_length : int
        Steps of a forecast.
    n_series, n_channels : int
        Series seen, in the order of their names, and columns of y.
    n_features : int
        Columns beside y, see `skscale.export_inputs`.
    quantiles : tuple of float
        Probabilities of the quantiles that come with a forecast.
    """

    order: Tensor
    place: Tensor
    location: Tensor
    scale: Tensor
    lowest: Tensor
    highest: Tensor
    share: Tensor
    effect: Tensor
    column_location: Tensor
    column_scale: Tensor
    ends: Tensor

    def __init__(
        self, model: FittedNetwork, context: Context, steps: int, quantiles: Sequence[float] = ()
    ):
        super().__init__()
        assert model.spread is not None
        nets = (model.forecast, model.rolled, model.prior, model.spread)
        self.first, self.later, self.prior, self.spread = deepcopy(nets)
        self.context_length = self._seen = model.layout.context_length
        self.prediction_length, self.quantiles = steps, tuple(quantiles)
        self.n_series, self.n_channels = context.scale.scale.shape
        sizes = model.columns.sizes
        self.n_features = sum(sizes.values())
        self._n_ahead, self._n_calendar = sizes["exogenous"], sizes["calendar"]
        share = torch.ones(self.n_series, dtype=torch.float64)
        if self.prior is not None:
            share = model.share.of(torch.tensor(context.panel.lengths), self.prior.season)
        self._learned, self._trained = bool((share > 0).any()), bool((share < 1).any())
        if self._trained and self.prior is not None:
            self.context_length = max(self._seen, self.prior.history_length)
        self._keep(model, context, share)
        for module in self.modules():
            if isinstance(module, ScaleKernel):
                module.fold()
        self.cpu().eval().requires_grad_(False)

    def _keep(self, model: FittedNetwork, context: Context, share: Tensor) -> None:
        """Hold what is known of the series as buffers, (n_series, 1, ...)."""
        scale, columns = context.scale, model.columns
        for name in ("location", "scale", "lowest", "highest", "column_location", "column_scale"):
            value = np.array(getattr(scale, name), dtype=np.float64)
            self.register_buffer(name, torch.from_numpy(value).unsqueeze(1))
        self.register_buffer("share", share.reshape(-1, 1, 1))
        self.register_buffer("effect", torch.from_numpy(np.array(scale.effect)))
        spread = (columns.highest - columns.lowest) / 2
        ends = np.stack((columns.lowest - spread, columns.highest + spread))
        self.register_buffer("ends", torch.from_numpy(ends))
        self.register_buffer("order", torch.from_numpy(np.array(context.channels)))
        self.register_buffer("place", self.order.argsort())
        self._has_effect = bool(scale.effect.any())

    @torch.no_grad()
    def forward(
        self,
        values: Tensor,
        mask: Tensor | None = None,
        past_features: Tensor | None = None,
        future_features: Tensor | None = None,
        series: Tensor | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Forecast.

        Parameters
        ----------
        values : Tensor of shape (batch, context_length, n_channels)
            Windows, the newest value last, in the units of y. At least one value of each window
            and channel is observed among those that the network sees.
        mask : bool Tensor of shape (batch, context_length) or that of ``values``, optional
            False where a value is missing, or the series had not begun. nan is missing, too.
        past_features : Tensor of shape (batch, context_length, n_features), optional
            Columns beside y, as `skscale.export_inputs` gives them; needed where there are some.
        future_features : Tensor of shape (batch, prediction_length, n_features), optional
            Those of the steps ahead.
        series : int64 Tensor of shape (batch,), optional
            Which of the series seen every window belongs to; needed where there are several.

        Returns
        -------
        forecast : Tensor of shape (batch, prediction_length, n_channels)
        quantiles : Tensor of shape (batch, prediction_length, n_channels, n_quantiles)
            Only where quantiles were asked for.

        Raises
        ------
        ValueError
            If a shape does not fit, or features or series are needed and not given.
        """
        self._check(values, past_features, future_features, series)
        i = values.new_zeros(values.shape[0], dtype=torch.int64) if series is None else series
        observed = ~values.isnan() if mask is None else beside_values(mask) & ~values.isnan()
        rows, past = self._columns(past_features, i)
        ahead, future = self._columns(future_features, i)
        x = self._scaled(values.to(torch.float64)[..., self.place], rows, i)
        observed = observed[..., self.place]
        x = x.to(torch.float32).masked_fill(~observed, 0.0)
        history = Batch(x, x, observed, None, past, future, self.location[i], self.scale[i])
        found = self._undone(self._quantiles(history, i), ahead, i)[..., self.order]
        forecast = found[0]
        return (forecast, found[1:].permute(1, 2, 3, 0)) if self.quantiles else forecast

    def _quantiles(self, history: Batch, i: Tensor) -> Tensor:
        """Forecast and quantiles in scaled units, (1 + n_quantiles, batch, steps, n_channels)."""
        n = self._seen
        past = history.past_features
        assert history.mask is not None
        batch = history._replace(
            x=history.x[:, -n:],
            mask=history.mask[:, -n:],
            past_features=None if past is None else past[:, -n:],
        )
        steps, share = self.prediction_length, self.share[i]
        trained, ahead = None, torch.zeros((), dtype=torch.float64, device=i.device)
        if self._learned:
            ahead = ahead + share * roll_forward(self.first, self.later, batch, steps)
        if self._trained and self.prior is not None:
            m = self.prior.history_length
            whole = history._replace(x=history.x[:, -m:], mask=history.mask[:, -m:])
            expected, offsets = self.prior.with_offsets(whole, steps)
            ahead = ahead + (1 - share) * expected
            if offsets is not None and self.prior.net is not None:
                trained = TrainedOffsets(self.prior.net.quantile_levels, offsets, 1 - share)
        if not self.quantiles:
            return ahead.unsqueeze(0)
        found = self.spread.quantiles(ahead, batch, self.quantiles, trained)
        return torch.cat((ahead.unsqueeze(0), found))

    def _columns(self, features: Tensor | None, i: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Standardised columns, and the features that the network sees of them."""
        if features is None:
            return None, None
        features = features.to(torch.float64)
        n, m = self._n_ahead, self._n_ahead + self._n_calendar
        first, calendar, others = features[..., :n], features[..., n:m], features[..., m:]
        rows = torch.cat((first, others), dim=-1)
        rows = (rows - self.column_location[i]) / self.column_scale[i]
        rows = rows.clamp(-FURTHEST, FURTHEST)
        seen = torch.maximum(torch.minimum(rows, self.ends[1]), self.ends[0])
        seen = torch.cat((seen[..., :n], calendar, seen[..., n:]), dim=-1)
        return rows, seen.to(torch.float32)

    def _scaled(self, values: Tensor, rows: Tensor | None, i: Tensor) -> Tensor:
        """As `SeriesScale.apply`."""
        scale, x = self.scale[i], values - self.location[i]
        if self._has_effect and rows is not None:
            x = x - rows @ self.effect[i]
        return (x / torch.where(scale > 0, scale, 1.0)).clamp(-FURTHEST, FURTHEST)

    def _undone(self, scaled: Tensor, rows: Tensor | None, i: Tensor) -> Tensor:
        """As `SeriesScale.undo`."""
        values = scaled * self.scale[i] + self.location[i]
        if self._has_effect and rows is not None:
            values = values + rows @ self.effect[i]
        return torch.maximum(torch.minimum(values, self.highest[i]), self.lowest[i])

    def _check(
        self, values: Tensor, past: Tensor | None, future: Tensor | None, series: Tensor | None
    ) -> None:
        """Raise ValueError unless all inputs are there that the forecaster needs, and fit."""
        if exporting():
            return
        L, T, n = self.context_length, self.prediction_length, self.n_features
        check_tensor("values", values)
        check_shape("values", values, ("batch", L, self.n_channels))
        for name, value, length in (("past_features", past, L), ("future_features", future, T)):
            if value is None and n:
                raise ValueError(f"{name} are needed, of shape (batch, {length}, {n})")
            if value is not None and not n:
                raise ValueError(f"{name} must be left out: the forecaster has seen no columns")
            if value is not None:
                check_shape(name, value, ("batch", length, n))
        if series is None and self.n_series > 1:
            raise ValueError(
                f"series are needed, of shape (batch,): the forecaster has seen {self.n_series}"
            )
