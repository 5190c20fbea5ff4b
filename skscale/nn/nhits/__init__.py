"""N-HiTS: stacks that see the window at a scale each, and forecast at a scale each."""

from skscale.nn.nhits.net import NHiTSNet

__all__ = ["NHiTSNet"]
