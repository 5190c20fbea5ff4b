"""scikit-learn's own checks, for every operator."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from skscale.operators import (
    AveragePooling,
    ContinuousScale,
    DiscreteGaussian,
    MaxPooling,
    MinPooling,
    MovingAverage,
    MultiScale,
    Segmentation,
    Subsampling,
    WaveletApproximation,
)

ESTIMATORS = [
    AveragePooling(),
    AveragePooling(remainder="renormalise", align="end", missing="ignore"),
    MaxPooling(),
    MaxPooling(missing="ignore"),
    MinPooling(),
    MovingAverage(),
    MovingAverage(window="centred", edges="reflect", even="halved"),
    Subsampling(),
    Segmentation(),
    WaveletApproximation(),
    DiscreteGaussian(),
    DiscreteGaussian(edges="reflect"),
    ContinuousScale(),
    ContinuousScale(Subsampling(), grid="full"),
    MultiScale(scales=(1, 2)),
    MultiScale(MovingAverage(), scales=(2, 1)),
]


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
