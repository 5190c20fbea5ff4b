"""TimePro as an sktime forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.forecasting._parameters import integer
from skscale.nn import TimeProNet

__all__ = ["TimeProForecaster"]


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class TimeProForecaster(NetworkForecaster):
    """TimePro: a scan over the channels, whose states are read where they are most telling.

    Univariate, multivariate, panel and hierarchical data, with exogenous features of past and
    future; see `skscale.nn.TimeProNet` for the network. Channels are forecast together, and their
    order matters.

    Parameters
    ----------
    d_model : int, default=16
        Features of a patch; 16 to 48 in the paper's runs.
    n_layers : int, default=1
        Layers; 1 to 3 in the paper's runs, two for ETTh1.
    patch_length : int or "auto", default="auto"
        Points of a patch. ``"auto"``: 12 as in most of the paper's runs, an eighth of contexts
        beyond 96 points, or all of a shorter context.
    stride : int or "auto", default="auto"
        Points from the start of a patch to that of the next. ``"auto"``: half a patch, as in the
        paper.
    initial : {"zero", "average"}, default="zero"
        Shares of the places at which states are read: none as in the paper, or the same.
    dropout : float, default=0.0
        Dropout of the embedded patches while training; 0.1 in the paper's runs.
    {shared}

    References
    ----------
    Ma et al. (2025), TimePro: efficient multivariate long-term time series forecasting with
    variable- and time-aware hyper-state, ICML, arXiv 2505.20774.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import TimeProForecaster
    >>> forecaster = TimeProForecaster(max_epochs=2, random_state=0).fit(load_airline())
    >>> forecaster.predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = TimeProNet

    d_model: int = 16
    n_layers: int = 1
    patch_length: int | str = "auto"
    stride: int | str = "auto"
    initial: str = "zero"
    dropout: float = 0.0

    def _check_parameters(self) -> None:
        super()._check_parameters()
        for name in ("patch_length", "stride"):
            integer(name, getattr(self, name), other="auto")

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "d_model": 4, "random_state": 0}
        return [
            {**small, "context_length": 4},
            {**small, "initial": "average", "dropout": 0.1, "linear_base": False, "loss": "mse"},
        ]
