"""TimeMixer as an sktime forecaster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._docs import with_shared_parameters
from skscale.forecasting._parameters import flag, integer
from skscale.forecasting._sizes import scales_that_fit
from skscale.forecasting._windows import Layout
from skscale.nn import TimeMixerNet

__all__ = ["TimeMixerForecaster"]


@with_shared_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class TimeMixerForecaster(NetworkForecaster):
    """TimeMixer: seasons and trends of several scales mix, one predictor for each scale.

    Univariate, multivariate, panel and hierarchical data, with exogenous features of past and
    future; see `skscale.nn.TimeMixerNet` for the network.

    Parameters
    ----------
    d_model : int, default=16
        Features of the embedding; this and the next as in the paper's ETT runs.
    d_ff : int, default=32
        Hidden features of the feed-forward layers.
    n_layers : int, default=2
        Past-decomposable-mixing blocks.
    down_sampling_layers : int or "auto", default="auto"
        Scales beyond the finest. ``"auto"``: three, less for contexts that they would leave
        with less than two points.
    down_sampling_window : int, default=2
        Factor between neighbouring scales.
    down_sampling_method : {"avg", "max", "conv"}, default="avg"
        How a scale follows from the finer one.
    decomp_method : {"moving_avg", "dft_decomp"}, default="moving_avg"
        Split into season and trend.
    moving_avg : int, default=25
        Window of the moving average.
    top_k : int, default=5
        Frequencies of the Fourier decomposition.
    channel_independent : bool, default=True
        Forecast every channel from its own past, or all from all.
    dropout : float, default=0.0
        Dropout of the embedding while training; 0.1 in the paper's runs.
    use_future_features : bool, default=True
        Let calendar and exogenous features of the horizon shift the forecast (the official
        flag ``use_future_temporal_feature``).
    {shared}

    References
    ----------
    Wang et al. (2024), TimeMixer: decomposable multiscale mixing for time series forecasting,
    ICLR.

    Examples
    --------
    >>> from sktime.datasets import load_airline
    >>> from skscale import TimeMixerForecaster
    >>> forecaster = TimeMixerForecaster(max_epochs=5, random_state=0).fit(load_airline())
    >>> forecaster.predict([1, 2, 3]).shape
    (3,)
    """

    _network: ClassVar = TimeMixerNet

    d_model: int = 16
    d_ff: int = 32
    n_layers: int = 2
    down_sampling_layers: int | str = "auto"
    down_sampling_window: int = 2
    down_sampling_method: str = "avg"
    decomp_method: str = "moving_avg"
    moving_avg: int = 25
    top_k: int = 5
    channel_independent: bool = True
    dropout: float = 0.0
    use_future_features: bool = True

    def _check_parameters(self) -> None:
        super()._check_parameters()
        integer("down_sampling_layers", self.down_sampling_layers, least=0, other="auto")
        integer("down_sampling_window", self.down_sampling_window)
        flag("use_future_features", self.use_future_features)

    def _network_settings(self, layout: Layout) -> dict[str, Any]:
        settings = super()._network_settings(layout)
        del settings["use_future_features"]
        layers = scales_that_fit(
            layout.context_length, self.down_sampling_window, self.down_sampling_layers
        )
        return settings | {"down_sampling_layers": layers}

    def _feature_groups(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        past, future = super()._feature_groups()
        return past, future if self.use_future_features else ()

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small networks for sktime's checks."""
        small = {"max_epochs": 2, "d_model": 4, "d_ff": 4, "n_layers": 1, "random_state": 0}
        return [
            {**small, "context_length": 4, "moving_avg": 3},
            {**small, "channel_independent": False, "linear_base": False, "loss": "mse"},
        ]
