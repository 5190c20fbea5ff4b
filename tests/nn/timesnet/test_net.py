import pytest
import torch

from skscale.nn import TimesNet
from skscale.nn.layers.periods import group_by_period, strongest_periods
from skscale.nn.timesnet.block import TimesBlock

from ..reference_timesnet import plain


def draw(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def small(*sizes, **options):
    """A network with values of its own in every parameter."""
    torch.manual_seed(0)
    defaults = {"d_model": 4, "d_ff": 6, "n_layers": 2, "top_k": 2, "n_kernels": 3}
    net = TimesNet(*sizes, **defaults | options).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.2 * torch.rand_like(parameter))
    return net


@pytest.mark.parametrize(
    ("sizes", "options"),
    [
        ((13, 4, 3), {}),
        ((24, 12, 2), {"top_k": 5}),
        ((24, 12, 2), {"d_model": 5, "n_kernels": 1}),
        ((9, 40, 1), {"n_layers": 1, "n_kernels": 6}),
        ((24, 12, 2), {"top_k": 18, "n_layers": 1}),
        ((1, 1, 1), {"top_k": 1}),
        ((1, 8, 2), {"top_k": 4}),
    ],
)
def test_equals_the_plain_form(sizes, options):
    net = small(*sizes, **options)
    x = draw(5, sizes[0], sizes[2]).cumsum(1)
    results = []
    for forecast in (net(x), plain(net, x)):
        gradients = torch.autograd.grad(forecast.sin().sum(), list(net.parameters()))
        results.append([forecast, *gradients])
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_equals_the_plain_form_with_features():
    net = small(12, 6, 2, n_past_features=3)
    x, features = draw(4, 12, 2), draw(4, 12, 3, seed=2)
    torch.testing.assert_close(net(x, features), plain(net, x, features), rtol=1e-9, atol=1e-9)


def test_periods_of_windows_differ():
    """Each window is folded by its own wave, whatever its batch mates are."""
    t = torch.arange(24, dtype=torch.float64)
    waves = torch.stack([torch.sin(2 * torch.pi * t / period) for period in (4, 12)])
    block = TimesBlock(1, 2, top_k=1, n_kernels=2).double()
    h = waves.unsqueeze(2)
    together = block(h)
    for i in range(2):
        torch.testing.assert_close(together[i : i + 1], block(h[i : i + 1]))
    mean = torch.fft.rfft(h, dim=1).abs().mean((0, 2))
    assert mean.topk(2).indices.sort().values.tolist() == [2, 6]


def test_periods_without_weight_change_nothing():
    """Large amplitudes, as training makes them: softmax leaves one period, and so does the net."""
    net, x = small(24, 12, 2, top_k=5, n_layers=1).float(), draw(8, 24, 2).float()
    with torch.no_grad():
        net.lengthen.weight.mul_(50)
    n_convolved = []
    net.blocks[0].register_forward_pre_hook(
        lambda block, inputs: n_convolved.append(len(members(block, *inputs)))
    )
    torch.testing.assert_close(net(x), plain(net, x), rtol=1e-5, atol=1e-5)
    assert n_convolved[0] < 2 * len(x)


def members(block, h):
    """Sequences that the block convolves, one with several periods several times."""
    periods, amplitudes = strongest_periods(h, block.top_k)
    return group_by_period(periods, amplitudes.softmax(dim=1)).members


@pytest.mark.parametrize("start", [0, 1, 5, 11, 16, 23])
def test_the_end_of_a_block_is_computed_alone(start):
    torch.manual_seed(0)
    block = TimesBlock(3, 4, top_k=12, n_kernels=3).double()
    h = draw(2, 24, 3)
    torch.testing.assert_close(block(h, start=start), block(h)[:, start:])


def test_there_are_at_most_half_as_many_periods_as_points():
    assert TimesNet(5, 6, 1, top_k=5).blocks[0].top_k == 5
    with pytest.raises(ValueError, match="top_k must be an integer from 1 to 5, got 6"):
        TimesNet(5, 6, 1, top_k=6)


def test_features_of_the_future_start_without_effect():
    net = TimesNet(12, 6, 2, n_future_features=1).double()
    x = draw(3, 12, 2)
    assert torch.equal(net(x), net(x, future_features=torch.ones(3, 6, 1, dtype=torch.float64)))


def test_constant_windows_are_forecast_near_their_level():
    net = TimesNet(12, 6, 2)
    forecast = net(torch.full((3, 12, 2), 7.0))
    assert (forecast - 7).abs().max() < 0.1


def test_one_window_and_one_channel_train():
    net = TimesNet(7, 3, 1).train()
    net(draw(1, 7, 1).float()).square().mean().backward()
    assert all(parameter.grad.isfinite().all() for parameter in net.parameters())
