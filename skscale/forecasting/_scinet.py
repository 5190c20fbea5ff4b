"""SCINet as an sktime forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, cast

from torch import Tensor, nn

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.forecasting._parameters import integer
from skscale.forecasting._windows import Layout
from skscale.nn import CorrectedForecast, ForecastNet, LinearForecast, SCINetNet
from skscale.training import Batch, Objective, forecast_objective
from skscale.training.losses import Loss

__all__ = ["SCINetForecaster"]

_MOST_LEVELS = 3


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class SCINetForecaster(NetworkForecaster):
    """SCINet: the window is halved into even and odd points again and again, which learn in pairs.

    Univariate, multivariate, panel and hierarchical data, with exogenous features of past and
    future; see `skscale.nn.SCINetNet` for the network. Channels are forecast together.

    Parameters
    ----------
    hidden_size : float, default=1
        Hidden channels of a convolution, as a multiple of the channels; 0.5 to 8 in the paper's
        runs. Weights grow with the square of the channels.
    kernel_size : int, default=5
        Points of the first convolution of each pair.
    n_levels : int or "auto", default="auto"
        Levels of the tree, at most 10. ``"auto"``: three, fewer where leaves would have less
        than two points; 3 to 5 in the paper's runs.
    n_stacks : int, default=1
        One or two trees, one behind the other. With two, the loss of the first one's forecast
        counts in training as much as that of the second.
    concat_length : int, default=0
        Last points of the window that the second stack sees; 0 for all.
    groups : int, default=1
        Groups of the convolutions, a divisor of channels and hidden channels; as many as channels
        for one forecast each.
    modified : bool, default=True
        Scale and shift, as in the paper; else shift alone.
    positions : bool, default=False
        Add sines and cosines of the place to the window.
    variant : {"official", "tslib"}, default="official"
        The paper's code or the Time-Series-Library's, see `skscale.nn.SCINetNet`.
    normalize : bool, default=True
        Normalise every window. The paper's runs on ETT do not.
    affine : bool, default=True
        Learn a weight and a bias for every channel in the normalisation.
    dropout : float, default=0.0
        Dropout while training; 0.25 or 0.5 in the paper's runs.
    {shared}

    References
    ----------
    Liu et al. (2022), SCINet: time series modeling and forecasting with sample convolution and
    interaction, NeurIPS, arXiv 2106.09305.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import SCINetForecaster
    >>> forecaster = SCINetForecaster(max_epochs=5, random_state=0).fit(load_airline())
    >>> forecaster.predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = SCINetNet

    hidden_size: float = 1.0
    kernel_size: int = 5
    n_levels: int | str = "auto"
    n_stacks: int = 1
    concat_length: int = 0
    groups: int = 1
    modified: bool = True
    positions: bool = False
    variant: str = "official"
    normalize: bool = True
    affine: bool = True
    dropout: float = 0.0

    def _check_parameters(self) -> None:
        super()._check_parameters()
        integer("n_levels", self.n_levels, other="auto")

    def _network_settings(self, layout: Layout) -> dict[str, Any]:
        settings = super()._network_settings(layout)
        if isinstance(self.n_levels, str):
            halvings = layout.context_length.bit_length() - 2
            settings["n_levels"] = min(max(halvings, 1), _MOST_LEVELS)
        return settings

    def _objective(self, network: nn.Module) -> Objective | None:
        if self.n_stacks == 1:
            return super()._objective(network)
        return StackedLoss(cast(SCINetNet, network), self.loss)

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "random_state": 0}
        return [
            {**small, "context_length": 4},
            {**small, "n_stacks": 2, "n_levels": 1, "linear_base": False, "loss": "mse"},
        ]


class StackedLoss:
    """Loss of the forecast, and in training that of the first stack's as well."""

    def __init__(self, network: SCINetNet, loss: str | Loss):
        self.first = FirstStack(network)
        self.forecast = forecast_objective(loss)

    def __call__(self, net: nn.Module, batch: Batch) -> Tensor:
        """Loss of a batch of windows."""
        value = self.forecast(net, batch)
        if not net.training:
            return value
        first: ForecastNet = self.first
        linear = getattr(net, "linear", None)
        if linear is not None:  # a linear forecast that the network corrects
            share = cast(float, net.share)
            first = CorrectedForecast(cast(LinearForecast, linear), first, share)
        return value + self.forecast(first, batch)


class FirstStack(ForecastNet):
    """The first of two stacks as a network.

    Parameters
    ----------
    network : SCINetNet
        Of two stacks.
    """

    def __init__(self, network: SCINetNet):
        super().__init__(
            network.context_length,
            network.prediction_length,
            network.n_channels,
            n_past_features=network.n_past_features,
            n_future_features=network.n_future_features,
        )
        self.network = network

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        return self.network.first_forecast(x, past_features, future_features, mask)
