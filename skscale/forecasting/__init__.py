"""sktime forecasters over the torch modules, and the scaling operators for sktime."""

from skscale.forecasting._all import all_forecasters
from skscale.forecasting._amd import AMDForecaster
from skscale.forecasting._autoencoder import MultiScaleAutoencoderForecaster
from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._dlinear import DLinearForecaster
from skscale.forecasting._itransformer import ITransformerForecaster
from skscale.forecasting._micn import MICNForecaster
from skscale.forecasting._msgnet import MSGNetForecaster
from skscale.forecasting._multipatchformer import MultiPatchFormerForecaster
from skscale.forecasting._nhits import NHiTSForecaster
from skscale.forecasting._nlinear import NLinearForecaster
from skscale.forecasting._patchtst import PatchTSTForecaster
from skscale.forecasting._pyraformer import PyraformerForecaster
from skscale.forecasting._scinet import SCINetForecaster
from skscale.forecasting._series_scaling import SeriesScaling
from skscale.forecasting._sigma import SigmaForecaster
from skscale.forecasting._timefilter import TimeFilterForecaster
from skscale.forecasting._timemixer import TimeMixerForecaster
from skscale.forecasting._timemixerpp import TimeMixerPPForecaster
from skscale.forecasting._timepro import TimeProForecaster
from skscale.forecasting._timesnet import TimesNetForecaster
from skscale.forecasting._wpmixer import WPMixerForecaster

__all__ = [
    "AMDForecaster",
    "DLinearForecaster",
    "ITransformerForecaster",
    "MICNForecaster",
    "MSGNetForecaster",
    "MultiPatchFormerForecaster",
    "MultiScaleAutoencoderForecaster",
    "NHiTSForecaster",
    "NLinearForecaster",
    "NetworkForecaster",
    "PatchTSTForecaster",
    "PyraformerForecaster",
    "SCINetForecaster",
    "SeriesScaling",
    "SigmaForecaster",
    "TimeFilterForecaster",
    "TimeMixerForecaster",
    "TimeMixerPPForecaster",
    "TimeProForecaster",
    "TimesNetForecaster",
    "WPMixerForecaster",
    "all_forecasters",
]
