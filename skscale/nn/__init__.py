"""Torch modules: forward only, plain arguments, no training code."""

from skscale.nn.decomposition import DFTDecomposition, SeriesDecomposition
from skscale.nn.layers import CircularEmbedding, RevIN, RevINState
from skscale.nn.mixing import (
    MultiScaleSeasonMixing,
    MultiScaleTrendMixing,
    PastDecomposableMixing,
)
from skscale.nn.timemixer import TimeMixerNet

__all__ = [
    "CircularEmbedding",
    "DFTDecomposition",
    "MultiScaleSeasonMixing",
    "MultiScaleTrendMixing",
    "PastDecomposableMixing",
    "RevIN",
    "RevINState",
    "SeriesDecomposition",
    "TimeMixerNet",
]
