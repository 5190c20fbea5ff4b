"""TimeMixer++: scales folded by their periods, mixed as images."""

from skscale.nn.timemixerpp.net import TimeMixerPPNet

__all__ = ["TimeMixerPPNet"]
