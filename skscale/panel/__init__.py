"""Features of the series of a panel, as sktime transformers."""

from skscale.panel._features import SeriesFeatures

__all__ = ["SeriesFeatures"]
