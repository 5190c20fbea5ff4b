"""TimeFilter: a graph of all patches, of which each keeps some kinds of edges."""

from skscale.nn.timefilter.net import TimeFilterNet

__all__ = ["TimeFilterNet"]
