"""Torch modules: forward only, plain arguments, no training code."""

from skscale.nn.autoencoder import Latent, MultiScaleAutoencoderNet
from skscale.nn.autoencoder_forecast import AutoencoderForecastNet
from skscale.nn.block import PastDecomposableMixing
from skscale.nn.decomposition import DFTDecomposition, SeriesDecomposition
from skscale.nn.layers import CircularEmbedding, RevIN, RevINState
from skscale.nn.linear import CorrectedForecast, LinearForecast, reference_maps
from skscale.nn.mixing import MultiScaleSeasonMixing, MultiScaleTrendMixing
from skscale.nn.scaling import ScaleKernel
from skscale.nn.sigma import SigmaNet
from skscale.nn.timemixer import TimeMixerNet

__all__ = [
    "AutoencoderForecastNet",
    "CircularEmbedding",
    "CorrectedForecast",
    "DFTDecomposition",
    "Latent",
    "LinearForecast",
    "MultiScaleAutoencoderNet",
    "MultiScaleSeasonMixing",
    "MultiScaleTrendMixing",
    "PastDecomposableMixing",
    "RevIN",
    "RevINState",
    "ScaleKernel",
    "SeriesDecomposition",
    "SigmaNet",
    "TimeMixerNet",
    "reference_maps",
]
