"""sktime forecasters over the torch modules."""

from skscale.forecasting._sigma import SigmaForecaster

__all__ = ["SigmaForecaster"]
