"""sktime forecasters over the torch modules, and the scaling operators for sktime."""

from skscale.forecasting._series_scaling import SeriesScaling

__all__ = ["SeriesScaling"]
