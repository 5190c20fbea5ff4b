"""AMD: experts forecast, and the scales of the window choose among them."""

from skscale.nn.amd.net import AMDNet

__all__ = ["AMDNet"]
