"""N-HiTS as an sktime forecaster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.forecasting._parameters import is_one_of
from skscale.forecasting._windows import Layout
from skscale.nn import NHiTSNet

__all__ = ["NHiTSForecaster"]

_LARGEST_POOL = 16
_FIRST, _SECOND = 12, 24  # pools of the first two stacks in a context, at least
_KNOTS = 4, 8  # of the first two stacks in the horizon


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class NHiTSForecaster(NetworkForecaster):
    """N-HiTS: every stack sees the window pooled, and forecasts few points that it interpolates.

    Univariate, multivariate, panel and hierarchical data, with exogenous features of past and
    future; see `skscale.nn.NHiTSNet` for the network. What every stack adds to a forecast is
    shown by `skscale.explanation.explain`.

    Parameters
    ----------
    pool_sizes : sequence of int or "auto", default="auto"
        Points of the window in a pooled one, a number for each stack. ``"auto"``: three stacks,
        with a twelfth and a twenty-fourth of the context, at most 16 and 8, and 1: (8, 4, 1) for
        96 points. The paper's runs choose among (1, 1, 1), (2, 2, 2), (4, 4, 4), (8, 8, 8),
        (8, 4, 1) and (16, 8, 1).
    downsampling : sequence of int or "auto", default="auto"
        Points of the horizon to a knot, a number for each stack. ``"auto"``: four knots in the
        first stack, eight in the second and one for each point in all others: (24, 12, 1) for 96
        points. The paper's runs choose among (168, 24, 1), (24, 12, 1), (180, 60, 1), (60, 8, 1)
        and (40, 20, 1).
    n_blocks : sequence of int or "auto", default="auto"
        Blocks of every stack. ``"auto"``: one, as in the paper's runs.
    shared_weights : bool, default=False
        Blocks of a stack are one and the same.
    hidden_sizes : sequence of int, default=(256, 256)
        Units of the hidden layers of each block; (512, 512) in the paper's runs.
    pooling : {"max", "average"}, default="max"
        What stands for a group of points.
    interpolation : {"linear", "nearest", "cubic"}, default="linear"
        From knots to points.
    activation : str, default="relu"
        ``"relu"``, ``"softplus"``, ``"tanh"``, ``"selu"``, ``"leaky_relu"`` or ``"sigmoid"``.
    normalize : bool, default=True
        Normalise every window by its own mean and standard deviation, as the published network
        does not.
    dropout : float, default=0.0
        Dropout of hidden values while training; 0 in the paper's runs.
    {shared}

    References
    ----------
    Challu et al. (2023), N-HiTS: neural hierarchical interpolation for time series forecasting,
    AAAI, arXiv 2201.12886.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import NHiTSForecaster
    >>> forecaster = NHiTSForecaster(max_epochs=5, random_state=0).fit(load_airline())
    >>> forecaster.predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = NHiTSNet

    pool_sizes: Sequence[int] | str = "auto"
    downsampling: Sequence[int] | str = "auto"
    n_blocks: Sequence[int] | str = "auto"
    shared_weights: bool = False
    hidden_sizes: Sequence[int] = (256, 256)
    pooling: str = "max"
    interpolation: str = "linear"
    activation: str = "relu"
    normalize: bool = True
    dropout: float = 0.0

    def _network_settings(self, layout: Layout) -> dict[str, Any]:
        settings = super()._network_settings(layout)
        automatic = {
            "pool_sizes": _pools(layout.context_length),
            "downsampling": _points_to_a_knot(layout.prediction_length),
            "n_blocks": (1, 1, 1),
        }
        left_open = [name for name in automatic if is_one_of(settings[name], ("auto",))]
        given = [settings[name] for name in automatic if name not in left_open]
        n_stacks = len(given[0]) if given and isinstance(given[0], list | tuple) else 3
        return settings | {name: _for_stacks(automatic[name], n_stacks) for name in left_open}

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "hidden_sizes": (4, 4), "random_state": 0}
        two = {"pool_sizes": (2, 1), "pooling": "average", "interpolation": "cubic"}
        return [
            {**small, "context_length": 4},
            {**small, **two, "linear_base": False, "loss": "mse"},
        ]


def _pools(context_length: int) -> tuple[int, ...]:
    first, second = context_length // _FIRST, context_length // _SECOND
    return min(max(first, 1), _LARGEST_POOL), min(max(second, 1), _LARGEST_POOL // 2), 1


def _points_to_a_knot(prediction_length: int) -> tuple[int, ...]:
    first, second = (max(prediction_length // knots, 1) for knots in _KNOTS)
    return first, second, 1


def _for_stacks(numbers: tuple[int, ...], n_stacks: int) -> tuple[int, ...]:
    """Numbers of the last stacks, of which more see every point."""
    return numbers[-n_stacks:] + (1,) * (n_stacks - len(numbers))
