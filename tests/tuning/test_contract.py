"""sktime's own checks of what searches."""

import pytest
from sktime.utils.estimator_checks import check_estimator, parametrize_with_checks

from skscale.tuning import AutoMultiScale, ForecastingSearchCV


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([ForecastingSearchCV, AutoMultiScale])
def test_sktime_contract(obj, test_name):
    check_estimator(obj, tests_to_run=test_name, raise_exceptions=True, verbose=False)
