"""Anomalies of time series, as an sktime detector."""

from skscale.detection._detector import MultiScaleAnomalyDetector

__all__ = ["MultiScaleAnomalyDetector"]
