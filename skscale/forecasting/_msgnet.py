"""MSGNet as an sktime forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.forecasting._parameters import integer
from skscale.forecasting._sizes import heads_that_divide
from skscale.forecasting._windows import Layout
from skscale.nn import MSGNet

__all__ = ["MSGNetForecaster"]

_MOST_HEADS = 8


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class MSGNetForecaster(NetworkForecaster):
    """MSGNet: channels hear of each other through graphs, one for each period of a window.

    Univariate, multivariate, panel and hierarchical data, with exogenous features of past and
    future; see `skscale.nn.MSGNet` for the network. Channels are forecast together.

    Parameters
    ----------
    d_model : int or "auto", default="auto"
        Features of a point, at least as many as channels. ``"auto"``: 32, as in the paper's ETTh1
        runs, or as many as there are channels.
    d_ff : int, default=64
        Hidden features behind the attention; as in those runs.
    n_heads : int or "auto", default="auto"
        Heads of the attention. ``"auto"``: eight as in the paper, or the next power of two below
        that divides ``d_model``.
    n_layers : int, default=1
        Blocks; one or two, three on Electricity, in the paper's runs.
    top_k : int or "auto", default="auto"
        Periods of a window, each with a graph, at most half of the context, or one. ``"auto"``:
        three as in half of the paper's runs, five in the others, or that half.
    node_size : int, default=10
        Numbers by which a channel finds its neighbours; 10 to 100 in the paper's runs.
    conv_channels : int, default=16
        What a node of the graph reads of every point; 16 or 32 in the paper's runs.
    skip_channels : int, default=16
        What it keeps; 32 in the paper's runs, which have twice as many weights. These grow with the
        square of the context.
    depth : int, default=2
        How often a node hears from its neighbours.
    alpha : float, default=0.3
        Share of what a node read itself in what it knows then, from 0 to 1.
    causal : bool, default=True
        Whether a point sees the earlier ones of its period alone, as published; else all.
    individual : bool, default=False
        A map along time for every channel.
    dropout : float, default=0.0
        Dropout while training; 0.05 to 0.3 in the paper's runs.
    {shared}

    References
    ----------
    Cai et al. (2024), MSGNet: learning multi-scale inter-series correlations for multivariate time
    series forecasting, AAAI.

    Examples
    --------
    >>> from sktime.datasets import load_longley
    >>> from skscale import MSGNetForecaster
    >>> _, y = load_longley()
    >>> forecaster = MSGNetForecaster(d_model=8, max_epochs=2, random_state=0).fit(y)
    >>> forecaster.predict([1, 2, 3]).shape
    (3, 5)
    """

    _network: ClassVar = MSGNet

    d_model: int | str = "auto"
    d_ff: int = 64
    n_heads: int | str = "auto"
    n_layers: int = 1
    top_k: int | str = "auto"
    node_size: int = 10
    conv_channels: int = 16
    skip_channels: int = 16
    depth: int = 2
    alpha: float = 0.3
    causal: bool = True
    individual: bool = False
    dropout: float = 0.0

    def _check_parameters(self) -> None:
        super()._check_parameters()
        for name in ("d_model", "n_heads", "top_k"):
            integer(name, getattr(self, name), other="auto")

    def _network_settings(self, layout: Layout) -> dict[str, Any]:
        settings = super()._network_settings(layout)
        if self.d_model != "auto":
            settings["n_heads"] = heads_that_divide(self.d_model, self.n_heads, _MOST_HEADS)
        elif self.n_heads == "auto":
            settings["n_heads"] = _MOST_HEADS
        if self.top_k == "auto":
            settings["top_k"] = min(3, max(layout.context_length // 2, 1))
        return settings

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "d_ff": 4, "skip_channels": 2, "random_state": 0}
        return [
            {**small, "context_length": 4, "conv_channels": 2},
            {**small, "n_heads": 2, "causal": False, "linear_base": False, "loss": "mse"},
        ]
