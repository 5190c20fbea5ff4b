"""Scaling operators as scikit-learn transformers."""

from skscale.operators._all import all_operators
from skscale.operators._base import ScalingOperator
from skscale.operators._continuous import ContinuousScale
from skscale.operators._multiscale import MultiScale
from skscale.operators._pooling import (
    AveragePooling,
    MaxPooling,
    MinPooling,
    Segmentation,
    Subsampling,
)
from skscale.operators._smoothing import DiscreteGaussian, MovingAverage, WaveletApproximation
from skscale.operators._transformer import SeriesTransformer

__all__ = [
    "AveragePooling",
    "ContinuousScale",
    "DiscreteGaussian",
    "MaxPooling",
    "MinPooling",
    "MovingAverage",
    "MultiScale",
    "ScalingOperator",
    "Segmentation",
    "SeriesTransformer",
    "Subsampling",
    "WaveletApproximation",
    "all_operators",
]
