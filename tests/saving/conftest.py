"""The forecasters' fixtures serve here, too."""

from tests.forecasting.conftest import make, panel, series

__all__ = ["make", "panel", "series"]
