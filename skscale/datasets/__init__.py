"""Data sets of the documentation and of the papers, as sktime takes them."""

from skscale.datasets._load import available, load

__all__ = ["available", "load"]
