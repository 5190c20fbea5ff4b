import pytest
import torch

from skscale.forecasting._timefilter import RoutedLoss
from skscale.nn import CorrectedForecast, LinearForecast, TimeFilterNet, reference_maps
from skscale.nn.timefilter.routing import routing_loss
from skscale.training import Batch


@pytest.fixture
def network():
    torch.manual_seed(0)
    return TimeFilterNet(8, 3, 2, d_model=4, d_ff=4, n_heads=2, n_layers=2)


def batch():
    x = torch.randn(5, 8, 2, generator=torch.Generator().manual_seed(1))
    mask = torch.arange(8) >= torch.tensor([0, 1, 2, 3, 4]).unsqueeze(1)
    zeros, ones = torch.zeros(5, 1, 2), torch.ones(5, 1, 2)
    return Batch(x, x[:, :3], mask, None, None, None, zeros, ones)


def expected(network, whole):
    """By one pass for the forecast and another for the routers, with the same noise."""
    x, y, mask = batch()[:3]
    torch.manual_seed(2)
    error = (whole(x, mask=mask) - y).square().mean()
    torch.manual_seed(2)
    return error + 0.7 * routing_loss(network.routings(x, mask=mask))


@pytest.mark.parametrize("share", [None, 0.5, 0.0])
def test_training_adds_the_loss_of_the_routers(network, share):
    whole = network.train()
    if share is not None:
        linear = LinearForecast(reference_maps(8, 3, 4)["level"], 2)
        whole = CorrectedForecast(linear, network, share).train()
    loss = RoutedLoss(network, "mse", 0.7)
    torch.manual_seed(2)
    found = loss(whole, batch())
    torch.testing.assert_close(found, expected(network, whole))
    found.backward()
    for block in network.blocks:
        assert block.graph.router.gate.weight.grad.any()
        assert block.graph.router.noise.weight.grad.any()


def test_a_pass_that_shows_no_router_is_taken_again(network):
    """A compiled network may run without the hooks that watch it."""

    class Compiled:
        training, n_past_features, n_future_features = True, 0, 0

        def __call__(self, x, past_features, future_features, mask):
            return x[:, :3]

    network.train()
    torch.manual_seed(2)
    found = RoutedLoss(network, "mse", 0.7)(Compiled(), batch())
    torch.manual_seed(2)
    routings = network.routings(batch().x, mask=batch().mask)
    torch.testing.assert_close(found, 0.7 * routing_loss(routings))


def test_validation_looks_at_the_forecast_alone(network):
    loss = RoutedLoss(network.eval(), "mse", 1e6)
    error = (network(batch().x, mask=batch().mask) - batch().y).square().mean()
    torch.testing.assert_close(loss(network, batch()), error)


def test_no_router_has_no_loss():
    network = TimeFilterNet(8, 3, 2, d_model=4, d_ff=4, n_heads=2, top_p=0.0).train()
    error = (network(batch().x, mask=batch().mask) - batch().y).square().mean()
    torch.testing.assert_close(RoutedLoss(network, "mse", 1e6)(network, batch()), error)
