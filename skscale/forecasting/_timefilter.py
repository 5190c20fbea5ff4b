"""TimeFilter as an sktime forecaster."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from torch import Tensor, nn

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.forecasting._parameters import integer, number
from skscale.forecasting._sizes import heads_that_divide
from skscale.forecasting._windows import Layout
from skscale.nn import TimeFilterNet
from skscale.nn.timefilter.routing import Routing, routing_loss
from skscale.training import Batch, Objective, forecast_objective
from skscale.training.losses import Loss
from skscale.training.objective import as_read_by

__all__ = ["TimeFilterForecaster"]


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class TimeFilterForecaster(NetworkForecaster):
    """TimeFilter: a graph of all patches, of which each keeps some kinds of edges.

    Univariate, multivariate, panel and hierarchical data, with exogenous features of past and
    future; see `skscale.nn.TimeFilterNet` for the network. Channels are forecast together, and
    their order matters.

    Parameters
    ----------
    d_model : int, default=64
        Features of a patch; 128 to 512 in the paper's runs.
    d_ff : int, default=128
        Hidden features of the feed-forward layers; 128 to 2048 in the paper's runs.
    n_heads : int or "auto", default="auto"
        Graphs side by side, which must divide ``d_model``. ``"auto"``: four as in the paper, or
        the next power of two below that divides.
    n_layers : int, default=1
        Layers; two in most of the paper's runs.
    patch_length : int or "auto", default="auto"
        Points of a patch. ``"auto"``: the largest up to 16 and half a context that leaves no point
        over, or the largest at all if that is less than half as long. The paper has 2 to 16 at 96
        points; cost grows with the square of the number of patches.
    alpha : float, default=0.1
        Share of a node's scores that is filtered as the smallest.
    top_p : float, default=0.5
        Probability at which a node's choice of kinds ends; 0 for none, as in the paper's runs on
        ETTm1 and ETTm2.
    filter : {"zero", "remove"}, default="zero"
        What becomes of filtered edges: a score of zero as in the paper, or none.
    positions : bool, default=True
        Add sines and cosines of the number of the node.
    dropout : float, default=0.0
        Dropout of edges and hidden features while training; 0.3 to 0.8 in the paper's runs.
    routing_weight : float, default=0.05
        Weight, beside the loss of the forecast, of the routers' own: kinds of edges are used
        evenly, and choices are clear. The paper's code balances first, second and third
        choices, whichever kinds these are. Validation looks at the forecast alone.
    {shared}

    References
    ----------
    Hu et al. (2025), TimeFilter: patch-specific spatial-temporal graph filtration for time series
    forecasting, ICML, arXiv 2501.13041.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import TimeFilterForecaster
    >>> forecaster = TimeFilterForecaster(max_epochs=2, random_state=0).fit(load_airline())
    >>> forecaster.predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = TimeFilterNet

    d_model: int = 64
    d_ff: int = 128
    n_heads: int | str = "auto"
    n_layers: int = 1
    patch_length: int | str = "auto"
    alpha: float = 0.1
    top_p: float = 0.5
    filter: str = "zero"
    positions: bool = True
    dropout: float = 0.0
    routing_weight: float = 0.05

    def _check_parameters(self) -> None:
        super()._check_parameters()
        for name in ("n_heads", "patch_length"):
            integer(name, getattr(self, name), other="auto")
        number("routing_weight", self.routing_weight)

    def _network_settings(self, layout: Layout) -> dict[str, Any]:
        settings = super()._network_settings(layout)
        del settings["routing_weight"]
        return settings | {"n_heads": heads_that_divide(self.d_model, self.n_heads, most=4)}

    def _objective(self, network: nn.Module) -> Objective:
        return RoutedLoss(cast(TimeFilterNet, network), self.loss, self.routing_weight)

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "d_model": 4, "d_ff": 4, "random_state": 0}
        return [
            {**small, "context_length": 4},
            {**small, "filter": "remove", "alpha": 0.3, "linear_base": False, "loss": "mse"},
        ]


class RoutedLoss:
    """Loss of the forecast, and in training that of the routers."""

    def __init__(self, network: TimeFilterNet, loss: str | Loss, weight: float):
        self.network = network
        self.forecast = forecast_objective(loss)
        self.weight = weight if network.top_p else 0.0

    def __call__(self, net: nn.Module, batch: Batch) -> Tensor:
        """Loss of a batch of windows."""
        if not net.training or not self.weight:
            return self.forecast(net, batch)
        unseen: AbstractContextManager[list[Routing]] = nullcontext([])  # of compiled networks
        with self.network.watched() if isinstance(net, nn.Module) else unseen as routings:
            value = self.forecast(net, batch)
        if not routings:  # or a linear forecast of share zero, which does not ask the network
            batch = as_read_by(self.network, batch)
            routings = self.network.routings(batch.x, batch.past_features, batch.mask)
        return value + self.weight * routing_loss(routings)
