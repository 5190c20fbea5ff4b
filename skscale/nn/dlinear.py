"""DLinear: one linear map of the trend and one of the season."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.checks import check_choice, check_flag, check_integer
from skscale.nn.layers.decomposition import SeriesDecomposition
from skscale.nn.layers.masking import fill
from skscale.nn.layers.official import Place, check_config, load_weights
from skscale.nn.layers.time_map import TimeMap, apply_time_map, has_own_maps, place_time_map

__all__ = ["DLinearNet", "dlinear_from_official", "dlinear_places"]

INITIALS = ("uniform", "average")


class DLinearNet(ForecastNet):
    """DLinear: a moving average splits the window, and both parts are mapped along time.

    Both maps are folded into one before they meet the window, which costs half a step and
    changes no number. The network reads no features. Padding counts as the mean of what was
    observed.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series.
    moving_avg : int, default=25
        Window of the moving average, fixed in the paper's code. It may be even, which crashes
        there, and longer than the context.
    individual : bool, default=False
        Maps of its own for every channel.
    initial : {"uniform", "average"}, default="uniform"
        Start of the weights: at random like any linear layer, as in the paper's code, or
        ``1 / context_length`` each, as in the Time-Series-Library, whose results start from
        the mean of the window.
    n_past_features, n_future_features : int, default=0
        Must be 0.

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.

    References
    ----------
    Zeng et al. (2023), Are transformers effective for time series forecasting?, AAAI.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import DLinearNet
    >>> net = DLinearNet(context_length=96, prediction_length=24, n_channels=7)
    >>> net(torch.randn(8, 96, 7)).shape
    torch.Size([8, 24, 7])
    """

    past_groups = future_groups = ()

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        moving_avg: int = 25,
        individual: bool = False,
        initial: str = "uniform",
        n_past_features: int = 0,
        n_future_features: int = 0,
    ):
        super().__init__(
            context_length,
            prediction_length,
            n_channels,
            n_past_features=n_past_features,
            n_future_features=n_future_features,
        )
        n_maps = self.n_channels if check_flag("individual", individual) else None
        decomposition = SeriesDecomposition(check_integer("moving_avg", moving_avg, 1))
        self.moving_avg = decomposition.kernel_size
        self.season = TimeMap(self.context_length, self.prediction_length, n_maps)
        self.trend = TimeMap(self.context_length, self.prediction_length, n_maps)
        if check_choice("initial", initial, INITIALS) == "average":
            for layer in (self.season, self.trend):
                nn.init.constant_(layer.weight, 1 / self.context_length)
        self.counts: Tensor
        _, counts = decomposition.counts(self.context_length)
        self.register_buffer("counts", counts.T.contiguous(), persistent=False)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        average, season, trend = self._average(x), self.season, self.trend
        folded = season.weight + (trend.weight - season.weight) @ average
        return apply_time_map(fill(x, mask), folded, season.bias + trend.bias)

    def _average(self, x: Tensor) -> Tensor:
        """Matrix of the moving average along time."""
        return self.counts.to(x.dtype) / self.moving_avg

    def _window_parts(
        self, x: Tensor, past_features: Tensor | None, mask: Tensor | None
    ) -> dict[str, Tensor]:
        x = fill(x, mask)
        trend = self._average(x) @ x
        return {"trend": trend, "season": x - trend}

    def _forecast_parts(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> dict[str, Tensor]:
        maps = {"trend": self.trend, "season": self.season}
        parts = self._window_parts(x, None, mask)
        return {name: maps[name](part) for name, part in parts.items()}


def dlinear_from_official(state_dict: dict[str, Tensor], config: dict[str, Any]) -> DLinearNet:
    """Build a `DLinearNet` from official weights; see `skscale.official.from_official`.

    The weights say whether channels have maps of their own: the Time-Series-Library ignores the
    flag ``individual``. ``moving_avg`` is 25 if the run does not name it. Both forecast all
    channels, whatever ``c_out`` says.
    """
    check_config(config, ("seq_len", "pred_len", "enc_in"))
    net = DLinearNet(
        config["seq_len"],
        config["pred_len"],
        config["enc_in"],
        moving_avg=config.get("moving_avg", 25),
        individual=has_own_maps(state_dict, "Linear_Seasonal"),
    )
    load_weights(net, state_dict, dlinear_places, lambda name: False)
    return net


def dlinear_places(net: DLinearNet) -> list[Place]:
    """Every official parameter with ours."""
    season = place_time_map("Linear_Seasonal", net.season)
    return season + place_time_map("Linear_Trend", net.trend)
