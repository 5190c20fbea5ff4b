"""Choosing a forecaster and its parameters by held-out errors."""

from skscale.tuning._auto import AutoMultiScale
from skscale.tuning._search import ForecastingSearchCV

__all__ = ["AutoMultiScale", "ForecastingSearchCV"]
