import pytest
import torch
from torch.nn.functional import conv1d, conv_transpose1d, pad

from skscale.nn import MICNNet
from skscale.nn.micn.convolution import CausalConvolution, TokenMap, TokenSpread, moving_average

from ..reference_micn import average, plain


def draw(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def small(*sizes, **options):
    """A network with values of its own in every parameter."""
    torch.manual_seed(0)
    net = MICNNet(*sizes, **{"d_model": 4, "kernels": (4, 5)} | options).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.2 * torch.rand_like(parameter))
    return net


@pytest.mark.parametrize(
    ("sizes", "options"),
    [
        ((13, 4, 3), {}),
        ((24, 12, 2), {"kernels": (3, 6, 8), "n_layers": 2}),
        ((24, 12, 2), {"variant": "tslib", "n_layers": 2}),
        ((24, 12, 2), {"trend": "mean"}),
        ((9, 40, 1), {"d_model": 5, "kernels": [1, 2]}),
        ((1, 1, 1), {"kernels": (12, 16)}),
        ((1, 8, 2), {"kernels": (30, 31)}),
        ((40, 1, 2), {"variant": "tslib", "d_model": 1}),
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


def test_float32_is_as_near_to_the_plain_form_as_its_rounding():
    net = small(96, 200, 2, d_model=16, kernels=(3, 4)).float()
    x = draw(4, 96, 2).float()
    torch.testing.assert_close(net(x), plain(net, x), rtol=1e-5, atol=1e-5)


def test_features_of_context_and_horizon_have_one_embedding():
    net = small(12, 6, 2, n_past_features=3, n_future_features=3)
    x, features = draw(4, 12, 2), draw(4, 18, 3, seed=2)
    forecast = net(x, *features.split([12, 6], dim=1))
    torch.testing.assert_close(forecast, plain(net, x, features), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("counts", [(3, 1), (1, 3), (2, 0), (0, 2)])
def test_columns_that_one_side_lacks_are_zeros(counts):
    n_past, n_future = counts
    net = small(12, 6, 2, n_past_features=n_past, n_future_features=n_future)
    x, features = draw(4, 12, 2), draw(4, 18, max(counts), seed=2)
    features[:, :12, n_past:] = 0
    features[:, 12:, n_future:] = 0
    past = features[:, :12, :n_past] if n_past else None
    future = features[:, 12:, :n_future] if n_future else None
    torch.testing.assert_close(net(x, past, future), plain(net, x, features))


@pytest.mark.parametrize("kernel", range(1, 10))
@pytest.mark.parametrize("length", [1, 4, 13, 18])
def test_tokens_are_those_of_strided_convolutions(kernel, length):
    torch.manual_seed(0)
    local, spread = TokenMap(3, kernel).double(), TokenSpread(3, kernel).double()
    x = draw(2, length, 3)
    weight = local.map.weight.view(3, kernel, 3).transpose(1, 2)
    half = kernel // 2
    expected = conv1d(x.transpose(1, 2), weight, local.map.bias, stride=kernel, padding=half)
    tokens = local(x)
    assert tokens.shape[1] == local.n_tokens(length)
    torch.testing.assert_close(tokens, expected.transpose(1, 2))
    weight = spread.weight.permute(2, 1, 0)
    expected = conv_transpose1d(tokens.transpose(1, 2), weight, spread.bias, stride=kernel)
    torch.testing.assert_close(spread(tokens), expected.transpose(1, 2))


@pytest.mark.parametrize("length", [1, 2, 5, 12])
def test_causal_convolutions_are_convolutions_behind_zeros(length):
    torch.manual_seed(0)
    layer = CausalConvolution(3, length).double()
    x = draw(2, length, 3)
    wide = pad(x.transpose(1, 2), (length - 1, 0))
    expected = conv1d(wide, layer.weight, layer.bias).transpose(1, 2)
    torch.testing.assert_close(layer(x), expected)
    changed = x.clone()
    changed[:, -1] += 1
    torch.testing.assert_close(layer(changed)[:, :-1], expected[:, :-1])


@pytest.mark.parametrize("kernel", [1, 2, 5, 30])
def test_moving_averages_repeat_the_ends(kernel):
    x = draw(2, 9, 3)
    torch.testing.assert_close(moving_average(x, kernel + 1 - kernel % 2), average(x, kernel))


@pytest.mark.parametrize("horizon", [3, 24, 96])
def test_the_first_trend_of_a_constant_is_the_constant(horizon):
    torch.manual_seed(0)
    net = MICNNet(12, horizon, 2, kernels=(4, 6)).double()
    with torch.no_grad():
        for parameter in (net.projection.weight, net.projection.bias, net.regression.bias):
            parameter.zero_()
    window = torch.full((3, 12, 2), 7.0, dtype=torch.float64)
    torch.testing.assert_close(net(window), torch.full((3, horizon, 2), 7.0, dtype=torch.float64))


def test_features_start_without_effect():
    net = MICNNet(12, 6, 2, n_past_features=1, n_future_features=1).double()
    x, ones = draw(3, 12, 2), torch.ones(3, 12, 1, dtype=torch.float64)
    assert torch.equal(net(x), net(x, ones, ones[:, :6]))


def test_no_dropout_is_none():
    net, x = small(12, 6, 2, dropout=0.0).train(), draw(3, 12, 2)
    assert torch.equal(net(x), net(x))
    net = small(12, 6, 2, dropout=0.5).train()
    assert not torch.equal(net(x), net(x))


def test_padding_counts_as_the_mean_of_the_rest():
    net = small(12, 4, 2)
    x, mask = draw(1, 12, 2), torch.arange(12).unsqueeze(0) >= 7
    filled = x.clone()
    filled[:, :7] = x[:, 7:].mean(1, keepdim=True)
    torch.testing.assert_close(net(x, mask=mask), net(filled))


def test_the_mean_is_that_of_what_was_observed():
    net = small(12, 4, 1, trend="mean")
    with torch.no_grad():
        net.projection.weight.zero_()
        net.projection.bias.zero_()
    x, mask = draw(1, 12, 1), torch.tensor([[False] * 3 + [True] * 4 + [False] * 2 + [True] * 3])
    expected = x[mask].mean().expand(1, 4, 1)
    torch.testing.assert_close(net(x, mask=mask), expected)


def test_one_window_and_one_channel_train():
    net = MICNNet(7, 3, 1).train()
    net(draw(1, 7, 1).float()).square().mean().backward()
    assert all(parameter.grad.isfinite().all() for parameter in net.parameters())
