"""Torch modules: forward only, plain arguments, no training code."""

from skscale.nn.layers import CircularEmbedding, RevIN, RevINState, SeriesDecomposition
from skscale.nn.scaling import ScaleKernel
from skscale.nn.sigma import SigmaNet

__all__ = [
    "CircularEmbedding",
    "RevIN",
    "RevINState",
    "ScaleKernel",
    "SeriesDecomposition",
    "SigmaNet",
]
