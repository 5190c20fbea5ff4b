"""MICN."""

from skscale.nn.micn.net import MICNNet

__all__ = ["MICNNet"]
