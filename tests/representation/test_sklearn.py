"""scikit-learn's own checks."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skscale.representation import MultiScaleAutoencoder

SMALL = {"latent_size": 1, "hidden_size": 4, "max_epochs": 2}
ESTIMATORS = [
    MultiScaleAutoencoder(**SMALL),
    MultiScaleAutoencoder(scales=(1.0,), variational=True, validation_fraction=0.0, **SMALL),
]


@pytest.mark.filterwarnings("ignore:latent_size")
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
