"""MICN as an sktime forecaster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.nn import MICNNet

__all__ = ["MICNForecaster"]


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class MICNForecaster(NetworkForecaster):
    """MICN: a linear trend, and a season from local and global convolutions of several scales.

    Univariate, multivariate, panel and hierarchical data, with exogenous features of past and
    future; see `skscale.nn.MICNNet` for the network. Channels are forecast together.

    Parameters
    ----------
    d_model : int, default=32
        Features of the embedding; 512 in the paper's runs, seventy times the cost of a step.
    kernels : sequence of int, default=(12, 16)
        Points of a token, one number for each scale, as in the paper's runs.
    n_layers : int, default=1
        Layers of the season.
    trend : {"regression", "mean"}, default="regression"
        Linear map of the past trend, or the mean of the window.
    variant : {"official", "tslib"}, default="official"
        The paper's code or the Time-Series-Library's, see `skscale.nn.MICNNet`.
    normalize : bool, default=False
        Normalise every window by its own mean and standard deviation, as the published network
        does not.
    dropout : float, default=0.0
        Dropout while training; 0.05 in the paper's runs.
    {shared}

    References
    ----------
    Wang et al. (2023), MICN: multi-scale local and global context modeling for long-term series
    forecasting, ICLR.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import MICNForecaster
    >>> forecaster = MICNForecaster(d_model=8, max_epochs=5, random_state=0)
    >>> forecaster.fit(load_airline()).predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = MICNNet

    d_model: int = 32
    kernels: Sequence[int] = (12, 16)
    n_layers: int = 1
    trend: str = "regression"
    variant: str = "official"
    normalize: bool = False
    dropout: float = 0.0

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "d_model": 4, "kernels": (2, 3), "random_state": 0}
        return [
            {**small, "context_length": 4},
            {**small, "trend": "mean", "variant": "tslib", "linear_base": False, "loss": "mse"},
        ]
