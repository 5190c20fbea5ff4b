"""NLinear: one linear map of the window's distance from its last value."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.checks import check_flag
from skscale.nn.layers.masking import hide
from skscale.nn.layers.official import Place, check_config, load_weights
from skscale.nn.layers.time_map import TimeMap, has_own_maps, place_time_map

__all__ = ["NLinearNet", "nlinear_from_official", "nlinear_places"]


class NLinearNet(ForecastNet):
    """NLinear: a window is mapped along time as its distance from the last value.

    Forecasts move with the level of the window, so one outlier at its end moves them as far; they
    do not scale with it, since the bias does not. The weights of the last point never meet a
    value but zero: they start at zero and stay there (at random in the paper's code, which
    changes no forecast). The network reads no features. Padding is left out, and the last value
    is the last that was observed.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series.
    individual : bool, default=False
        A map of its own for every channel.
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
    >>> from skscale.nn import NLinearNet
    >>> net = NLinearNet(context_length=96, prediction_length=24, n_channels=7)
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
        individual: bool = False,
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
        self.map = TimeMap(self.context_length, self.prediction_length, n_maps)
        with torch.no_grad():
            self.map.weight[..., -1] = 0.0

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        last = x[:, -1:]  # the last observed one: it has been carried to the end
        return self.map(hide(x - last, mask)) + last


def nlinear_from_official(state_dict: dict[str, Tensor], config: dict[str, Any]) -> NLinearNet:
    """Build an `NLinearNet` from official weights; see `skscale.official.from_official`."""
    check_config(config, ("seq_len", "pred_len", "enc_in"))
    net = NLinearNet(
        config["seq_len"],
        config["pred_len"],
        config["enc_in"],
        individual=has_own_maps(state_dict, "Linear"),
    )
    load_weights(net, state_dict, nlinear_places, lambda name: False)
    return net


def nlinear_places(net: NLinearNet) -> list[Place]:
    """Every official parameter with ours."""
    return place_time_map("Linear", net.map)
