"""TimeMixer++ as an sktime forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.forecasting._parameters import integer
from skscale.forecasting._sizes import scales_that_fit
from skscale.forecasting._windows import Layout
from skscale.nn import TimeMixerPPNet

__all__ = ["TimeMixerPPForecaster"]

_MOST_HEADS, _MOST_PERIODS = 8, 2


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class TimeMixerPPForecaster(NetworkForecaster):
    """TimeMixer++: scales of the window become images, whose seasons and trends mix.

    Univariate, multivariate, panel and hierarchical data, with exogenous features of past and
    future; see `skscale.nn.TimeMixerPPNet` for the network, and for what in it is the paper's.

    Parameters
    ----------
    d_model : int, default=16
        Features of the embedding. The paper gives none; this is one user's log of its code.
    d_ff : int, default=32
        Features between the convolutions; 64 there.
    n_layers : int, default=1
        Blocks; from 1 to 3 in the paper's runs.
    n_heads : int or "auto", default="auto"
        Heads of the attention between channels. ``"auto"``: eight, or as many as the coarsest
        scale has points.
    top_k : int or "auto", default="auto"
        Periods of a window, at most half of the points of its coarsest scale, or one. ``"auto"``:
        two, or that half; from 1 to 5 in the paper's runs.
    n_kernels : int, default=3
        Convolutions of a layer, of sizes 1, 3, ..., ``2 * n_kernels - 1``; cost grows with the
        square.
    down_sampling_layers : int or "auto", default="auto"
        Scales beyond the finest. ``"auto"``: three as in the paper, less for contexts that they
        would leave with less than two points.
    down_sampling_window : int, default=2
        Factor between neighbouring scales.
    down_sampling_method : {"avg", "max", "conv"}, default="avg"
        How a scale follows from the finer one; by a convolution in the paper.
    channel_independent : bool, default=True
        Embed every channel by itself, or all together.
    channel_mixing : bool, default=True
        Attention between the channels of the coarsest scale.
    head : {"sum", "mean", "finest", "coarsest"}, default="sum"
        What is made of the scales' forecasts.
    normalize : bool, default=True
        Normalise every window and scale.
    dropout : float, default=0.0
        Dropout while training.
    {shared}

    References
    ----------
    Wang et al. (2025), TimeMixer++: a general time series pattern machine for universal predictive
    analysis, ICLR, arXiv 2410.16032.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import TimeMixerPPForecaster
    >>> forecaster = TimeMixerPPForecaster(d_model=4, d_ff=8, max_epochs=2, random_state=0)
    >>> forecaster.fit(load_airline()).predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = TimeMixerPPNet

    d_model: int = 16
    d_ff: int = 32
    n_layers: int = 1
    n_heads: int | str = "auto"
    top_k: int | str = "auto"
    n_kernels: int = 3
    down_sampling_layers: int | str = "auto"
    down_sampling_window: int = 2
    down_sampling_method: str = "avg"
    channel_independent: bool = True
    channel_mixing: bool = True
    head: str = "sum"
    normalize: bool = True
    dropout: float = 0.0

    def _check_parameters(self) -> None:
        super()._check_parameters()
        integer("down_sampling_layers", self.down_sampling_layers, least=0, other="auto")
        for name in ("n_heads", "top_k"):
            integer(name, getattr(self, name), other="auto")
        integer("down_sampling_window", self.down_sampling_window)

    def _network_settings(self, layout: Layout) -> dict[str, Any]:
        settings = super()._network_settings(layout)
        length, window = layout.context_length, self.down_sampling_window
        layers = scales_that_fit(length, window, self.down_sampling_layers)
        # The network names a number of scales that leaves none.
        coarsest = max(length // window ** min(layers, 1000), 1)
        automatic = {
            "n_heads": min(_MOST_HEADS, coarsest),
            "top_k": min(_MOST_PERIODS, max(coarsest // 2, 1)),
        }
        open_ones = {name: n for name, n in automatic.items() if settings[name] == "auto"}
        return settings | open_ones | {"down_sampling_layers": layers}

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "d_model": 4, "d_ff": 4, "n_kernels": 2, "random_state": 0}
        mixed = {"channel_independent": False, "head": "mean", "down_sampling_layers": 1}
        return [
            {**small, "context_length": 4},
            {**small, **mixed, "top_k": 1, "linear_base": False, "loss": "mse"},
        ]
