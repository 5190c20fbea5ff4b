"""scikit-learn's own checks, for every operator."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from skscale.operators import (
    AveragePooling,
    ContinuousScale,
    DiscreteGaussian,
    MaxPooling,
    MovingAverage,
    MultiScale,
    Subsampling,
    all_operators,
)

ESTIMATORS = [
    *(kind() for kind in all_operators()),
    AveragePooling(remainder="renormalise", align="end", missing="ignore"),
    MaxPooling(missing="ignore"),
    MovingAverage(window="centred", edges="reflect", even="halved"),
    DiscreteGaussian(edges="reflect"),
    ContinuousScale(Subsampling(), grid="full"),
    MultiScale(scales=(1, 2)),
    MultiScale(MovingAverage(), scales=(2, 1)),
]


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
