"""Pyraformer as an sktime forecaster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.forecasting._parameters import integer
from skscale.forecasting._sizes import heads_that_divide
from skscale.forecasting._windows import Layout
from skscale.nn import PyraformerNet

__all__ = ["PyraformerForecaster"]


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class PyraformerForecaster(NetworkForecaster):
    """Pyraformer: attention between neighbours, parents and children in a pyramid of nodes.

    Univariate, multivariate, panel and hierarchical data, with exogenous features of past and
    future; see `skscale.nn.PyraformerNet` for the network. Channels are forecast together.

    Parameters
    ----------
    d_model : int, default=64
        Features of a node. The paper's hourly runs have 512 for this and the next, six heads of
        128 features each, and five epochs.
    d_ff : int, default=64
        Hidden features of the feed-forward layers.
    n_heads : int or "auto", default="auto"
        Heads of the attention. ``"auto"``: four, or the next power of two below that divides
        ``d_model``.
    head_size : int or "auto", default="auto"
        Features of a head. ``"auto"``: ``d_model / n_heads``, which then must be whole.
    n_layers : int, default=4
        Layers of attention, as in the paper.
    windows : sequence of int or "auto", default="auto"
        Nodes of a level that become one of the next, from the finest level on. ``"auto"``: fours,
        until less than four are left, so that a few layers reach the oldest point of any context.
        From 63 to 254 points these are ``(4, 4, 4)``, as in most of the paper's runs.
    neighbours : int, default=3
        Nodes of its own level that a node sees, itself among them.
    construction : {"bottleneck", "convolution", "max", "average"}, default="bottleneck"
        How nodes become one: by convolutions of fewer features, of all, or by pooling.
    d_bottleneck : int or "auto", default="auto"
        Features of these convolutions. ``"auto"``: a quarter of ``d_model``, as in the paper.
    variant : {"official", "tslib"}, default="official"
        The network of the paper's code or that of the Time-Series-Library, see
        `skscale.nn.PyraformerNet`. The library runs its own with ``windows=(4, 4)``,
        ``neighbours=5``, two layers, 512 features and ``d_ff=2048``.
    decoder : {"linear", "attention", "attention_to_points"}, default="linear"
        One linear map of the last point and its ancestors, or layers in which steps of the horizon
        attend to all nodes, or to the finest level; the latter two are of the official variant.
    normalize : bool, default=True
        Normalise every window. Published long-term runs do not.
    dropout : float, default=0.0
        Dropout while training; 0.05 to 0.2 in the paper's runs.
    {shared}

    References
    ----------
    Liu et al. (2022), Pyraformer: low-complexity pyramidal attention for long-range time series
    modeling and forecasting, ICLR.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import PyraformerForecaster
    >>> forecaster = PyraformerForecaster(max_epochs=2, random_state=0).fit(load_airline())
    >>> forecaster.predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = PyraformerNet

    d_model: int = 64
    d_ff: int = 64
    n_heads: int | str = "auto"
    head_size: int | str = "auto"
    n_layers: int = 4
    windows: Sequence[int] | str = "auto"
    neighbours: int = 3
    construction: str = "bottleneck"
    d_bottleneck: int | str = "auto"
    variant: str = "official"
    decoder: str = "linear"
    normalize: bool = True
    dropout: float = 0.0

    def _check_parameters(self) -> None:
        super()._check_parameters()
        for name in ("n_heads", "head_size", "d_bottleneck"):
            integer(name, getattr(self, name), other="auto")

    def _network_settings(self, layout: Layout) -> dict[str, Any]:
        settings = super()._network_settings(layout)
        settings["n_heads"] = heads_that_divide(self.d_model, self.n_heads, most=4)
        if isinstance(self.windows, str) and self.windows == "auto":
            n_levels = ((layout.context_length + 1).bit_length() - 1) // 2
            settings["windows"] = (4,) * max(n_levels, 1)
        return settings

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "d_model": 4, "d_ff": 4, "n_layers": 1, "random_state": 0}
        return [
            {**small, "context_length": 4, "windows": (2, 2)},
            {**small, "variant": "tslib", "n_layers": 2, "linear_base": False, "loss": "mse"},
        ]
