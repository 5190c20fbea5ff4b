import pytest
import torch

from skscale.forecasting import SCINetForecaster
from skscale.forecasting._scinet import StackedLoss
from skscale.nn import CorrectedForecast, LinearForecast, SCINetNet, reference_maps
from skscale.training import Batch


@pytest.fixture
def network():
    torch.manual_seed(0)
    return SCINetNet(8, 3, 2, n_stacks=2, n_levels=1)


def batch():
    x = torch.randn(5, 8, 2, generator=torch.Generator().manual_seed(1))
    zeros, ones = torch.zeros(5, 1, 2), torch.ones(5, 1, 2)
    return Batch(x, x[:, :3], None, None, None, None, zeros, ones)


def mse(forecast):
    return (forecast - batch().y).square().mean()


def test_training_looks_at_both_stacks(network):
    found = StackedLoss(network.train(), "mse")(network, batch())
    x = batch().x
    torch.testing.assert_close(found, mse(network(x)) + mse(network.first_forecast(x)))


def test_both_stacks_correct_a_linear_forecast(network):
    linear = LinearForecast(reference_maps(8, 3, 4)["level"], 2)
    whole = CorrectedForecast(linear, network, share=0.7).train()
    found, x = StackedLoss(network, "mse")(whole, batch()), batch().x
    shift = 0.7 * (network.first_forecast(x) - network(x))
    torch.testing.assert_close(found, mse(whole(x)) + mse(whole(x) + shift))


def test_validation_looks_at_the_forecast_alone(network):
    found = StackedLoss(network.eval(), "mse")(network, batch())
    torch.testing.assert_close(found, mse(network(batch().x)))


LEVELS = {32: 3, 16: 3, 15: 2, 8: 2, 4: 1, 1: 1}


@pytest.mark.parametrize("context", LEVELS)
def test_leaves_keep_two_points(context, series):
    settings = {"context_length": context, "max_epochs": 1, "linear_base": False}
    forecaster = SCINetForecaster(**settings).fit(series, fh=[1])
    assert len(forecaster.network_.tree.levels) == LEVELS[context]
