"""TimePro: a scan over the channels, whose states are read where they are most telling."""

from skscale.nn.timepro.net import TimeProNet

__all__ = ["TimeProNet"]
