"""NLinear as an sktime forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.nn import NLinearNet

__all__ = ["NLinearForecaster"]


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class NLinearForecaster(NetworkForecaster):
    """NLinear: one linear map of the window's distance from its last value.

    Univariate, multivariate, panel and hierarchical data; see `skscale.nn.NLinearNet` for the
    network. It reads no features: a calendar does nothing, and exogenous columns have their
    linear effect alone, with ``linear_base=True``.

    Parameters
    ----------
    individual : bool, default=False
        A map of its own for every channel.
    {shared}

    References
    ----------
    Zeng et al. (2023), Are transformers effective for time series forecasting?, AAAI.

    Examples
    --------
    With ``linear_base=True`` a linear map corrects a linear forecast. Comparisons with the
    paper train the network alone:

    >>> from sktime.datasets import load_airline
    >>> from skscale import NLinearForecaster
    >>> forecaster = NLinearForecaster(linear_base=False, random_state=0).fit(load_airline())
    >>> forecaster.predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = NLinearNet

    individual: bool = False

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "random_state": 0}
        return [
            {**small, "context_length": 4},
            {**small, "individual": True, "linear_base": False, "loss": "mse"},
        ]
