"""sktime's own checks of the detector, whole and without exceptions."""

import pytest
from sktime.utils.estimator_checks import check_estimator, parametrize_with_checks

from skscale.detection import MultiScaleAnomalyDetector


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([MultiScaleAnomalyDetector])
def test_sktime_contract(obj, test_name):
    check_estimator(obj, tests_to_run=test_name, raise_exceptions=True, verbose=False)
