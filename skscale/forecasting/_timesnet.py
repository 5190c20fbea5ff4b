"""TimesNet as an sktime forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.forecasting._parameters import integer
from skscale.forecasting._windows import Layout
from skscale.nn import TimesNet

__all__ = ["TimesNetForecaster"]


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class TimesNetForecaster(NetworkForecaster):
    """TimesNet: windows folded by their strongest periods, convolved along and across.

    Univariate, multivariate, panel and hierarchical data, with exogenous features of past and
    future; see `skscale.nn.TimesNet` for the network. Channels are forecast together.

    Parameters
    ----------
    d_model : int, default=16
        Features of the embedding; this and the next two as in the paper's ETTh1 runs.
    d_ff : int, default=32
        Features between the convolutions of a block.
    n_layers : int, default=2
        Blocks.
    top_k : int or "auto", default="auto"
        Periods of a window, at most half of context and horizon together. ``"auto"``: five as
        in the paper, or that half.
    n_kernels : int, default=3
        Convolutions of a layer, of sizes 1, 3, ..., ``2 * n_kernels - 1``. The paper has 6,
        which cost more than twice as much.
    dropout : float, default=0.0
        Dropout of the embedding while training; 0.1 in the paper's runs.
    {shared}

    References
    ----------
    Wu et al. (2023), TimesNet: temporal 2D-variation modeling for general time series analysis,
    ICLR.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import TimesNetForecaster
    >>> forecaster = TimesNetForecaster(d_model=4, d_ff=8, max_epochs=2, random_state=0)
    >>> forecaster.fit(load_airline()).predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = TimesNet

    d_model: int = 16
    d_ff: int = 32
    n_layers: int = 2
    top_k: int | str = "auto"
    n_kernels: int = 3
    dropout: float = 0.0

    def _check_parameters(self) -> None:
        super()._check_parameters()
        integer("top_k", self.top_k, other="auto")

    def _network_settings(self, layout: Layout) -> dict[str, Any]:
        settings = super()._network_settings(layout)
        if isinstance(self.top_k, str):
            settings["top_k"] = min(5, (layout.context_length + layout.prediction_length) // 2)
        return settings

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "d_model": 4, "d_ff": 4, "n_layers": 1, "random_state": 0}
        return [
            {**small, "context_length": 4, "n_kernels": 2},
            {**small, "top_k": 2, "dropout": 0.1, "linear_base": False, "loss": "mse"},
        ]
