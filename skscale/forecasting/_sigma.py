"""Sigma as an sktime forecaster."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._data import Layout
from skscale.nn import SigmaNet

__all__ = ["SigmaForecaster"]


@dataclass(kw_only=True, eq=False, repr=False)
class SigmaForecaster(NetworkForecaster):
    """Sigma.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale.forecasting import SigmaForecaster
    >>> forecaster = SigmaForecaster(random_state=0).fit(load_airline())
    >>> forecaster.predict([1, 2, 3]).shape
    (3,)
    """

    d_model: int = 32
    d_ff: int = 16
    n_layers: int = 1
    dropout: float = 0.0
    scale_independence: bool = True
    feature_transformation: bool = True
    scaling: str = "distance"

    def _build_network(
        self, layout: Layout, n_channels: int, n_past_features: int, n_future_features: int
    ) -> nn.Module:
        return SigmaNet(
            layout.context_length,
            layout.prediction_length,
            n_channels,
            d_model=self.d_model,
            d_ff=self.d_ff,
            n_layers=self.n_layers,
            dropout=self.dropout,
            scale_independence=self.scale_independence,
            feature_transformation=self.feature_transformation,
            scaling=self.scaling,
            n_past_features=n_past_features,
            n_future_features=n_future_features,
        )

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "d_model": 4, "d_ff": 4, "random_state": 0}
        return [
            {**small, "context_length": 4},
            {**small, "scaling": "shared", "scale_independence": False, "loss": "mse"},
        ]
