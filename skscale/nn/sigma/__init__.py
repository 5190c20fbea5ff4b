"""The Sigma network (arXiv 2605.31129)."""

from skscale.nn.sigma.net import SigmaNet
from skscale.nn.sigma.scaling import ScaleKernel

__all__ = ["ScaleKernel", "SigmaNet"]
