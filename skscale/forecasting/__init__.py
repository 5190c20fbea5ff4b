"""sktime forecasters over the torch modules, and the scaling operators for sktime."""

from skscale.forecasting._autoencoder import MultiScaleAutoencoderForecaster
from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._series_scaling import SeriesScaling
from skscale.forecasting._sigma import SigmaForecaster
from skscale.forecasting._timemixer import TimeMixerForecaster

__all__ = [
    "MultiScaleAutoencoderForecaster",
    "NetworkForecaster",
    "SeriesScaling",
    "SigmaForecaster",
    "TimeMixerForecaster",
]
