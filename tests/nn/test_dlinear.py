import pytest
import torch

from skscale.nn import DLinearNet, SeriesDecomposition


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def plain(net, x):
    """Split, map, add up, channel by channel; nothing folded."""
    season, trend = SeriesDecomposition(net.moving_avg)(x.transpose(1, 2))
    forecasts = []
    for channel in range(net.n_channels):
        own = channel if net.season.weight.dim() == 3 else slice(None)
        forecasts.append(
            season[:, channel] @ net.season.weight[own].T
            + net.season.bias[own]
            + trend[:, channel] @ net.trend.weight[own].T
            + net.trend.bias[own]
        )
    return torch.stack(forecasts, dim=2)


@pytest.mark.parametrize("individual", [False, True])
@pytest.mark.parametrize("moving_avg", [1, 4, 5, 25])
def test_equals_the_plain_form(moving_avg, individual):
    net = DLinearNet(13, 4, 3, moving_avg=moving_avg, individual=individual).double()
    x = draw(5, 13, 3)
    results = []
    for forecast in (net(x), plain(net, x)):
        gradients = torch.autograd.grad(forecast.sin().sum(), list(net.parameters()))
        results.append([forecast, *gradients])
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("individual", [False, True])
def test_the_start_from_averages_forecasts_the_mean(individual):
    net = DLinearNet(12, 4, 2, individual=individual, moving_avg=1, initial="average").double()
    x = draw(3, 12, 2)
    bias = net.season.bias + net.trend.bias
    bias = bias.T if individual else bias.unsqueeze(1)
    torch.testing.assert_close(net(x), x.mean(1, keepdim=True) + bias, rtol=1e-6, atol=1e-6)


def test_padding_counts_as_the_mean_of_the_rest():
    net = DLinearNet(12, 4, 2, moving_avg=5).double()
    x, mask = draw(1, 12, 2), torch.arange(12).unsqueeze(0) >= 7
    filled = x.clone()
    filled[:, :7] = x[:, 7:].mean(1, keepdim=True)
    torch.testing.assert_close(net(x, mask=mask), net(filled))


def test_individual_maps_are_those_of_single_channels():
    net = DLinearNet(12, 4, 2, individual=True).double()
    x = draw(3, 12, 2)
    one = DLinearNet(12, 4, 1).double()
    one.load_state_dict({name: value[1] for name, value in net.state_dict().items()})
    torch.testing.assert_close(one(x[..., 1:]), net(x)[..., 1:])
