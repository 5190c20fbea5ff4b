"""Import of the papers' official checkpoints; lives in `skscale.official`."""

from skscale.official import from_official

__all__ = ["from_official"]
