"""Former place of `skscale.nn.timemixer.official`."""

from skscale.nn.timemixer.official import timemixer_official_names

__all__ = ["timemixer_official_names"]
