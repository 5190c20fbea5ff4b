"""Torch modules: forward only, plain arguments, no training code."""

from skscale.nn.amd import AMDNet
from skscale.nn.autoencoder import AutoencoderForecastNet, Latent, MultiScaleAutoencoderNet
from skscale.nn.dlinear import DLinearNet
from skscale.nn.forecast import FEATURE_GROUPS, ForecastNet
from skscale.nn.iteration import stabilised
from skscale.nn.itransformer import ITransformerNet
from skscale.nn.layers.decomposition import DFTDecomposition, SeriesDecomposition
from skscale.nn.layers.embedding import CircularEmbedding
from skscale.nn.layers.normalisation import RevIN, RevINState
from skscale.nn.linear import CorrectedForecast, LinearForecast, reference_maps
from skscale.nn.micn import MICNNet
from skscale.nn.msgnet import MSGNet
from skscale.nn.multipatchformer import MultiPatchFormerNet
from skscale.nn.nhits import NHiTSNet
from skscale.nn.nlinear import NLinearNet
from skscale.nn.patchtst import PatchTSTNet
from skscale.nn.pyraformer import PyraformerNet
from skscale.nn.quantile_head import QuantileHead
from skscale.nn.scinet import SCINetNet
from skscale.nn.sigma import ScaleKernel, SigmaNet
from skscale.nn.timefilter import TimeFilterNet
from skscale.nn.timemixer import (
    MultiScaleSeasonMixing,
    MultiScaleTrendMixing,
    PastDecomposableMixing,
    TimeMixerNet,
)
from skscale.nn.timemixerpp import TimeMixerPPNet
from skscale.nn.timepro import TimeProNet
from skscale.nn.timesnet import TimesNet
from skscale.nn.wpmixer import WPMixerNet

__all__ = [
    "FEATURE_GROUPS",
    "AMDNet",
    "AutoencoderForecastNet",
    "CircularEmbedding",
    "CorrectedForecast",
    "DFTDecomposition",
    "DLinearNet",
    "ForecastNet",
    "ITransformerNet",
    "Latent",
    "LinearForecast",
    "MICNNet",
    "MSGNet",
    "MultiPatchFormerNet",
    "MultiScaleAutoencoderNet",
    "MultiScaleSeasonMixing",
    "MultiScaleTrendMixing",
    "NHiTSNet",
    "NLinearNet",
    "PastDecomposableMixing",
    "PatchTSTNet",
    "PyraformerNet",
    "QuantileHead",
    "RevIN",
    "RevINState",
    "SCINetNet",
    "ScaleKernel",
    "SeriesDecomposition",
    "SigmaNet",
    "TimeFilterNet",
    "TimeMixerNet",
    "TimeMixerPPNet",
    "TimeProNet",
    "TimesNet",
    "WPMixerNet",
    "reference_maps",
    "stabilised",
]
