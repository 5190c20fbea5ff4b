"""Torch modules: forward only, plain arguments, no training code."""

from skscale.nn.layers import CircularEmbedding, RevIN, RevINState

__all__ = ["CircularEmbedding", "RevIN", "RevINState"]
