"""Former place of `skscale.nn.sigma.official`."""

from skscale.nn.sigma.official import sigma_places

__all__ = ["sigma_places"]
