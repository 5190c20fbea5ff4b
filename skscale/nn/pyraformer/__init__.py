"""Pyraformer: attention along a pyramid of a window's points and ever coarser nodes."""

from skscale.nn.pyraformer.net import PyraformerNet

__all__ = ["PyraformerNet"]
