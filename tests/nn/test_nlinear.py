import pytest
import torch

from skscale.nn import LinearForecast, NLinearNet


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("individual", [False, True])
def test_forecasts_move_with_the_level(individual):
    net, x = NLinearNet(12, 4, 2, individual=individual).double(), draw(3, 12, 2)
    shift = torch.tensor([-50.0, 9.0], dtype=torch.float64)
    torch.testing.assert_close(net(x + shift), net(x) + shift)


def test_is_a_linear_forecast_with_a_bias():
    net, x = NLinearNet(12, 4, 1).double(), draw(3, 12, 1)
    weight = net.map.weight.detach().clone()
    weight[:, -1] = 1 - weight[:, :-1].sum(1)
    expected = LinearForecast(weight, 1).double()(x) + net.map.bias.unsqueeze(1)
    torch.testing.assert_close(net(x), expected, rtol=1e-6, atol=1e-6)  # its map is float32


@pytest.mark.parametrize("individual", [False, True])
def test_weights_of_the_last_point_stay_zero(individual):
    net = NLinearNet(12, 4, 2, individual=individual)
    net(draw(3, 12, 2).float()).square().sum().backward()
    assert (net.map.weight[..., -1] == 0).all()
    assert (net.map.weight.grad[..., -1] == 0).all()
    assert (net.map.weight.grad[..., :-1] != 0).all()


def test_the_last_value_is_the_last_observed():
    net, x = NLinearNet(4, 3, 1).double(), torch.tensor([[[9.0], [2.0], [5.0], [7.0]]]).double()
    mask = torch.tensor([[False, True, True, False]])
    window = torch.tensor([0.0, -3.0, 0.0, 0.0], dtype=torch.float64)
    expected = net.map.weight @ window + net.map.bias + 5.0
    torch.testing.assert_close(net(x, mask=mask).flatten(), expected)
