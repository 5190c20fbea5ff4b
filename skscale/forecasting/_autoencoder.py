"""Multi-scale autoencoder as an sktime forecaster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from torch import Tensor, nn

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.forecasting._parameters import number
from skscale.forecasting._windows import Layout
from skscale.nn import AutoencoderForecastNet
from skscale.training import Batch, Objective, forecast_objective
from skscale.training.losses import Loss, get_loss

__all__ = ["MultiScaleAutoencoderForecaster"]


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class MultiScaleAutoencoderForecaster(NetworkForecaster):
    """Encodes the past at several scales, reconstructs it, and forecasts from the latent values.

    Univariate, multivariate, panel and hierarchical data, with exogenous features; see
    `skscale.nn.AutoencoderForecastNet` for the network.

    Parameters
    ----------
    scales : sequence of float, default=(0.25, 1.0)
        Share of the window, or of its points, that each encoder sees, in (0, 1].
    view : str or sequence of str, default="average"
        What an encoder of scale s sees, for all or one for each scale: ``"first"`` and
        ``"recent"`` this share of the window; ``"average"``, ``"max"``, ``"min"`` and
        ``"subsample"`` all of it, coarsened in blocks of 1 / s points.
    decoding : {"residual", "joint"}, default="residual"
        How reconstructions come about, see `skscale.nn.MultiScaleAutoencoderNet`.
    latent_size : int or sequence of int, default=8
        Latent values of each encoder.
    hidden_size : int, default=64
        Hidden units, see `skscale.nn.MultiScaleAutoencoderNet`.
    dropout : float, default=0.0
        Dropout of the latent values that are decoded, while training.
    reconstruction_weight : float, default=0.5
        Weight of the reconstruction's loss beside the forecast's. Validation looks at the
        forecast alone.
    {shared}

    References
    ----------
    Encoders: Ayaz, Multi-scale latent representation for time series feature learning and
    augmentation.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import MultiScaleAutoencoderForecaster
    >>> forecaster = MultiScaleAutoencoderForecaster(random_state=0).fit(load_airline())
    >>> forecaster.predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = AutoencoderForecastNet

    scales: Sequence[float] = (0.25, 1.0)
    view: str | Sequence[str] = "average"
    decoding: str = "residual"
    latent_size: int | Sequence[int] = 8
    hidden_size: int = 64
    dropout: float = 0.0
    reconstruction_weight: float = 0.5

    def _network_settings(self, layout: Layout) -> dict[str, Any]:
        settings = super()._network_settings(layout)
        del settings["reconstruction_weight"]
        return settings

    def _check_parameters(self) -> None:
        super()._check_parameters()
        number("reconstruction_weight", self.reconstruction_weight)

    def _objective(self, network: nn.Module) -> Objective:
        own = cast(AutoencoderForecastNet, network)
        return JointLoss(own, self.loss, self.reconstruction_weight)

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "latent_size": 2, "hidden_size": 4, "random_state": 0}
        joint = {"scales": (0.5, 1.0), "view": "recent", "decoding": "joint"}
        return [
            {**small, "context_length": 4},
            {**small, **joint, "linear_base": False, "loss": "mse"},
        ]


class JointLoss:
    """Loss of the forecast, and in training that of the reconstruction as well."""

    def __init__(
        self, network: AutoencoderForecastNet, loss: str | Loss, reconstruction_weight: float
    ):
        self.network = network
        self.forecast = forecast_objective(loss)
        self.loss = get_loss(loss)
        self.reconstruction_weight = reconstruction_weight

    def __call__(self, net: nn.Module, batch: Batch) -> Tensor:
        """Loss of a batch of windows."""
        value = self.forecast(net, batch)
        if not net.training or not self.reconstruction_weight:
            return value
        found = self.network.reconstruct(batch.x, batch.past_features, batch.mask)
        weight = None if batch.weight is None else batch.weight.mean(dim=1, keepdim=True)
        past = batch._replace(y=batch.x, y_mask=batch.mask, weight=weight)
        return value + self.reconstruction_weight * self.loss(found, past)
