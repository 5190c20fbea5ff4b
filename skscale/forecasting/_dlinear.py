"""DLinear as an sktime forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.nn import DLinearNet

__all__ = ["DLinearForecaster"]


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class DLinearForecaster(NetworkForecaster):
    """DLinear: one linear map of the trend and one of the season.

    Univariate, multivariate, panel and hierarchical data; see `skscale.nn.DLinearNet` for the
    network. It reads no features: a calendar does nothing, and exogenous columns have their
    linear effect alone, with ``linear_base=True``.

    Parameters
    ----------
    moving_avg : int, default=25
        Window of the moving average that gives the trend, as in the paper's code.
    individual : bool, default=False
        Maps of its own for every channel.
    initial : {"uniform", "average"}, default="uniform"
        Start of the weights: the paper's, or that of the Time-Series-Library, see
        `skscale.nn.DLinearNet`.
    {shared}

    References
    ----------
    Zeng et al. (2023), Are transformers effective for time series forecasting?, AAAI.

    Examples
    --------
    With ``linear_base=True`` a linear map corrects a linear forecast. Comparisons with the
    paper train the network alone:

    >>> from sktime.datasets import load_airline
    >>> from skscale import DLinearForecaster
    >>> forecaster = DLinearForecaster(linear_base=False, random_state=0).fit(load_airline())
    >>> forecaster.predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = DLinearNet

    moving_avg: int = 25
    individual: bool = False
    initial: str = "uniform"

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "moving_avg": 5, "random_state": 0}
        return [
            {**small, "context_length": 4},
            {**small, "individual": True, "initial": "average", "linear_base": False},
        ]
