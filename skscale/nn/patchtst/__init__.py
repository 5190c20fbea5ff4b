"""PatchTST: attention between patches of a window, every channel on its own."""

from skscale.nn.patchtst.net import PatchTSTNet

__all__ = ["PatchTSTNet"]
