"""TimeMixer, and its layers under their published names."""

from skscale.nn.timemixer.block import PastDecomposableMixing
from skscale.nn.timemixer.mixing import MultiScaleSeasonMixing, MultiScaleTrendMixing
from skscale.nn.timemixer.net import TimeMixerNet

__all__ = [
    "MultiScaleSeasonMixing",
    "MultiScaleTrendMixing",
    "PastDecomposableMixing",
    "TimeMixerNet",
]
