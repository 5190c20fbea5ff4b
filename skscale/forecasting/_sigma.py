"""Sigma as an sktime forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.nn import SigmaNet

__all__ = ["SigmaForecaster"]


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class SigmaForecaster(NetworkForecaster):
    """Sigma: a learnable discrete Gaussian splits the past, an MLP forecasts both parts.

    Univariate, multivariate, panel and hierarchical data, with exogenous features; see
    `skscale.nn.SigmaNet` for the network.

    Parameters
    ----------
    d_model : int, default=8
        Features of the embedding. The paper has 8 to 32, see its Table 6.
    d_ff : int, default=16
        Hidden features of the feature MLP.
    n_layers : int, default=1
        Blocks, one in all of the paper's runs.
    dropout : float, default=0.0
        Dropout of the embedding while training.
    scale_independence : bool, default=True
        Apply the MLP along time to each branch; False: to both jointly.
    feature_transformation : bool, default=True
        Apply the MLP over features.
    scaling : str, default="distance"
        Kernel of the split, see `skscale.nn.ScaleKernel`.
    mixing : {"mlp", "trend_season"}, default="mlp"
        ``"trend_season"`` puts TimeMixer's mixing in the place of the MLP (Table 4 of the
        paper); it has no use for ``scale_independence``.
    {shared}

    References
    ----------
    Lee et al. (2026), Generalizing multi-scale time-series modeling with a single operator,
    arXiv 2605.31129.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import SigmaForecaster
    >>> forecaster = SigmaForecaster(random_state=0).fit(load_airline())
    >>> forecaster.predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = SigmaNet
    _like_trained: ClassVar = True

    d_model: int = 8
    d_ff: int = 16
    n_layers: int = 1
    dropout: float = 0.0
    scale_independence: bool = True
    feature_transformation: bool = True
    scaling: str = "distance"
    mixing: str = "mlp"

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "d_model": 4, "d_ff": 4, "random_state": 0}
        return [
            {**small, "context_length": 4},
            {**small, "scaling": "shared", "linear_base": False, "loss": "mse"},
            {**small, "mixing": "trend_season", "context_length": 4},
        ]
