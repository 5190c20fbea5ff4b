"""SCINet: a tree of even and odd points that learn from each other."""

from skscale.nn.scinet.net import SCINetNet

__all__ = ["SCINetNet"]
