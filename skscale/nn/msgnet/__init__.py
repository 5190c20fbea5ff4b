"""MSGNet: graphs between channels at several periods."""

from skscale.nn.msgnet.net import MSGNet

__all__ = ["MSGNet"]
