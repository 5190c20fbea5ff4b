"""TimesNet."""

from skscale.nn.timesnet.net import TimesNet

__all__ = ["TimesNet"]
