"""sktime's own checks of the transformer, whole and without exceptions."""

import pytest
from sktime.utils.estimator_checks import check_estimator, parametrize_with_checks

from skscale.panel import SeriesFeatures


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([SeriesFeatures])
def test_sktime_contract(obj, test_name):
    check_estimator(obj, tests_to_run=test_name, raise_exceptions=True, verbose=False)
