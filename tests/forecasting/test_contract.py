"""sktime's own checks of every forecaster, whole and without exceptions."""

import pytest
from sktime.utils.estimator_checks import check_estimator, parametrize_with_checks

from skscale import MultiScaleAutoencoderForecaster, SigmaForecaster, TimeMixerForecaster
from skscale.forecasting import all_forecasters

# What forecasters do beside their network is the same code: three show it in the quick run.
QUICK = [SigmaForecaster, TimeMixerForecaster, MultiScaleAutoencoderForecaster]
OTHERS = [forecaster for forecaster in all_forecasters() if forecaster not in QUICK]


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(QUICK)
def test_sktime_contract(obj, test_name):
    check_estimator(obj, tests_to_run=test_name, raise_exceptions=True, verbose=False)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(OTHERS)
def test_sktime_contract_of_other_networks(obj, test_name):
    check_estimator(obj, tests_to_run=test_name, raise_exceptions=True, verbose=False)
