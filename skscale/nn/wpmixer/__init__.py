"""WPMixer: a mixer of patches for each level of a wavelet transform."""

from skscale.nn.wpmixer.net import WPMixerNet

__all__ = ["WPMixerNet"]
