"""MultiPatchFormer: patches of four lengths side by side, then attention between channels."""

from skscale.nn.multipatchformer.net import MultiPatchFormerNet

__all__ = ["MultiPatchFormerNet"]
