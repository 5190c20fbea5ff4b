"""AMD as an sktime forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, cast

from torch import Tensor, nn

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.forecasting._parameters import integer, number
from skscale.forecasting._windows import Layout
from skscale.nn import AMDNet
from skscale.training import Batch, Objective, forecast_objective
from skscale.training.losses import Loss

__all__ = ["AMDForecaster"]

_LONGEST_PATCH = 16


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class AMDForecaster(NetworkForecaster):
    """AMD: experts forecast, and the scales of the window choose among them.

    Univariate, multivariate, panel and hierarchical data; see `skscale.nn.AMDNet` for the
    network. Of features it reads exogenous columns known over the horizon.

    Parameters
    ----------
    patch_length : int or "auto", default="auto"
        Points of a patch. ``"auto"``: 16, as in most of the paper's runs, halved until two
        patches fit the context.
    n_blocks : int, default=1
        Recurrences over patches.
    alpha : float, default=0.0
        Weight of a map across channels; 0 forecasts every channel from its own past, as the paper
        does on most data.
    pooling_levels : int, default=3
        Scales beside the window's own. Those without a point are left out.
    pooling_window : int, default=2
        Factor between neighbouring scales, from 2 up.
    n_experts : int, default=8
        Experts.
    top_k : int, default=2
        Experts that are preferred.
    d_ff : int, default=256
        Hidden units of each expert; 2048 in the paper's code, 13 million weights for a horizon of
        720.
    normalize : bool, default=True
        Normalise every window.
    batch_norm : bool, default=True
        Normalise every channel and point over the batch.
    dropout : float, default=0.0
        Dropout while training; 0.1 in the paper's runs.
    balance_weight : float, default=1.0
        Weight, beside the loss of the forecast, of how unevenly experts are used, averaged over
        channels. The paper's code sums over channels, and so does ``balance_weight`` times
        their number; on wide data that drowns the forecast. Validation looks at the forecast
        alone.
    {shared}

    References
    ----------
    Hu et al. (2025), Adaptive multi-scale decomposition framework for time series forecasting,
    AAAI, arXiv 2406.03751.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import AMDForecaster
    >>> forecaster = AMDForecaster(max_epochs=5, random_state=0).fit(load_airline())
    >>> forecaster.predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = AMDNet

    patch_length: int | str = "auto"
    n_blocks: int = 1
    alpha: float = 0.0
    pooling_levels: int = 3
    pooling_window: int = 2
    n_experts: int = 8
    top_k: int = 2
    d_ff: int = 256
    normalize: bool = True
    batch_norm: bool = True
    dropout: float = 0.0
    balance_weight: float = 1.0

    def _check_parameters(self) -> None:
        super()._check_parameters()
        integer("patch_length", self.patch_length, other="auto")
        for name in ("alpha", "balance_weight"):
            number(name, getattr(self, name))

    def _network_settings(self, layout: Layout) -> dict[str, Any]:
        settings = super()._network_settings(layout)
        del settings["balance_weight"]
        settings["patch_length"] = self._points_of_a_patch(layout.context_length)
        return settings

    def _points_of_a_patch(self, context_length: int) -> int:
        if not isinstance(self.patch_length, str):
            return self.patch_length
        points = _LONGEST_PATCH
        while points > 1 and 2 * points > context_length:
            points //= 2
        return points

    def _objective(self, network: nn.Module) -> Objective:
        return BalancedLoss(cast(AMDNet, network), self.loss, self.balance_weight)

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "d_ff": 4, "n_experts": 3, "random_state": 0}
        return [
            {**small, "context_length": 4},
            {**small, "alpha": 0.5, "batch_norm": False, "linear_base": False, "loss": "mse"},
        ]


class BalancedLoss:
    """Loss of the forecast, and in training how unevenly experts are used."""

    def __init__(self, network: AMDNet, loss: str | Loss, balance_weight: float):
        self.network = network
        self.forecast = forecast_objective(loss)
        self.balance_weight = balance_weight

    def __call__(self, net: nn.Module, batch: Batch) -> Tensor:
        """Loss of a batch of windows."""
        value = self.forecast(net, batch)
        if not net.training or not self.balance_weight:
            return value
        imbalance = self.network.imbalance(batch.x, batch.mask).mean()
        return value + self.balance_weight * imbalance
