import pytest
import torch

from skscale.forecasting import AMDForecaster
from skscale.forecasting._amd import BalancedLoss
from skscale.nn import AMDNet
from skscale.training import Batch


@pytest.fixture
def network():
    torch.manual_seed(0)
    return AMDNet(8, 3, 2, patch_length=4, n_experts=3, d_ff=4, batch_norm=False, dropout=0.0)


def batch():
    x = torch.randn(5, 8, 2, generator=torch.Generator().manual_seed(1))
    mask = torch.arange(8) >= torch.tensor([0, 1, 2, 3, 4]).unsqueeze(1)
    zeros, ones = torch.zeros(5, 1, 2), torch.ones(5, 1, 2)
    return Batch(x, x[:, :3], mask, None, None, None, zeros, ones)


def test_training_adds_how_unevenly_experts_are_used_on_average_over_channels(network):
    loss = BalancedLoss(network.train(), "mse", balance_weight=0.7)
    with torch.no_grad():
        network.gate.noise.fill_(-1e3)  # no logit is far from zero: next to no noise
        network.gate.logits.bias.fill_(5.0)
    found = loss(network, batch())
    x, y, mask = batch()[:3]
    imbalance = network.imbalance(x, mask)
    expected = (network(x, mask=mask) - y).square().mean() + 0.7 * imbalance.mean()
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
    assert imbalance.mean() > 0.01


def test_validation_looks_at_the_forecast_alone(network):
    loss = BalancedLoss(network.eval(), "mse", balance_weight=1e6)
    expected = (network(batch().x, mask=batch().mask) - batch().y).square().mean()
    torch.testing.assert_close(loss(network, batch()), expected)


@pytest.mark.parametrize(
    ("context", "patch_length"), [(96, 16), (32, 16), (31, 8), (15, 4), (4, 2), (2, 1), (1, 1)]
)
def test_two_patches_fit_the_context(context, patch_length, series):
    forecaster = AMDForecaster(context_length=context, d_ff=4, max_epochs=1, linear_base=False)
    y = series if context < 40 else series.iloc[[0] * 150].set_axis(range(150))
    forecaster.fit(y, fh=[1])
    assert forecaster.network_.blocks[0].patch_map.in_features == patch_length
