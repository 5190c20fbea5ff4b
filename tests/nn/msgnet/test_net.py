import pytest
import torch

from skscale.nn import MSGNet
from skscale.nn.layers.periods import strongest_periods
from skscale.nn.msgnet.graph import GraphMixing, GraphSizes

from ..reference_msgnet import plain


def draw(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def small(*sizes, **options):
    """A network with values of its own in every parameter."""
    torch.manual_seed(0)
    defaults = {"d_model": 8, "d_ff": 6, "n_heads": 2, "conv_channels": 3, "skip_channels": 2}
    net = MSGNet(*sizes, **defaults | options).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.2 * torch.rand_like(parameter))
    return net


def graph(n_channels, **options):
    torch.manual_seed(0)
    sizes = {"length": 6, "d_model": 5, "node_size": 3, "conv_channels": 2, "skip_channels": 4}
    sizes |= {"n_channels": n_channels, "depth": 2, "alpha": 0.3} | options
    return GraphMixing(GraphSizes(**sizes)).double()


@pytest.mark.parametrize(
    ("sizes", "options"),
    [
        ((13, 4, 3), {}),
        ((24, 12, 2), {"top_k": 5, "n_layers": 2}),
        ((24, 12, 8), {"individual": True, "depth": 3, "alpha": 0.0}),
        ((24, 12, 2), {"d_model": 5, "n_heads": 3, "depth": 1}),
        ((12, 4, 2), {"causal": False, "alpha": 1.0, "top_k": 6}),
        ((48, 3, 1), {"top_k": 24}),
        ((2, 3, 2), {"top_k": 1}),
        ((1, 3, 2), {"top_k": 1}),
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


def test_segments_and_a_mask_are_the_same():
    """What a CPU cuts into segments, other devices see through a mask."""
    for causal in (True, False):
        block = small(24, 6, 2, top_k=12, causal=causal).blocks[0]
        h = draw(3, 24, 8)
        weights = draw(36, seed=2).abs()
        tokens = h.repeat_interleave(12, dim=0)
        periods = torch.arange(1, 13).repeat(3)
        masked = block._seen(tokens, block._mask(periods), weights).view(3, 12, 24, 8).sum(1)
        torch.testing.assert_close(block._in_periods(tokens, periods, weights), masked)


def test_periods_of_windows_differ():
    net = small(24, 6, 1, top_k=1)
    t = torch.arange(24, dtype=torch.float64)
    waves = torch.stack([torch.sin(2 * torch.pi * t / period) for period in (4, 12)])
    x = waves.unsqueeze(2)
    with torch.no_grad():
        net.embedding.weight.mul_(10)  # beyond the position table
    periods, _ = strongest_periods(net._embed(net.norm(x)[0], None), 1)
    assert periods.flatten().tolist() == [4, 12]
    torch.testing.assert_close(net(x), torch.cat([net(x[:1]), net(x[1:])]))


def test_points_see_earlier_ones_of_their_period_alone():
    block = small(10, 6, 2).blocks[0]
    mask = block._mask(torch.tensor([4]))[0, 0]
    seen = [[j for j in range(10) if mask[i, j]] for i in range(10)]
    assert seen[:5] == [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3], [4]]
    assert seen[9] == [8, 9]


def test_a_graph_is_one_matrix():
    """Features slide over the nodes, which hear from each other; written out step by step."""
    layer = graph(3)
    h = draw(2, 6, 5)
    weight, bias = layer.folded()
    found = (weight @ h.transpose(1, 2) + bias).view(2, 3, 4, 6)  # node, kept, time
    mean = layer.neighbours()
    read = torch.stack([h[..., n : n + 3] @ layer.read.weight.T for n in range(3)], 1)
    read = read + layer.read.bias  # (batch, node, time, conv)
    hops = [read]
    for _ in range(2):
        heard = torch.einsum("nm,bmtc->bntc", mean, hops[-1])
        hops.append(0.3 * read + 0.7 * heard)
    expected = layer.hops(torch.cat(hops, -1)).transpose(2, 3)
    torch.testing.assert_close(found, expected)


def test_nodes_hear_half_from_themselves():
    layer = graph(3)
    weights = layer.neighbours()
    torch.testing.assert_close(weights.sum(1), torch.ones(3).double())
    assert (weights.diagonal() >= 0.5).all()
    torch.testing.assert_close(graph(1).neighbours(), torch.ones(1, 1).double())


def test_there_are_as_many_features_as_channels():
    assert MSGNet(8, 2, 5, d_model=5, n_heads=1).embedding.weight.shape[0] == 5
    assert MSGNet(8, 2, 5).embedding.weight.shape[0] == 32
    assert MSGNet(8, 2, 40).embedding.weight.shape[0] == 40
    with pytest.raises(ValueError, match="d_model must be at least n_channels=5, got 4"):
        MSGNet(8, 2, 5, d_model=4)


@pytest.mark.parametrize(("length", "most"), [(11, 5), (2, 1), (1, 1)])
def test_there_are_at_most_half_as_many_periods_as_points(length, most):
    assert len(MSGNet(length, 6, 1, top_k=most).blocks[0].graphs) == most
    message = f"top_k must be an integer from 1 to {most}, got {most + 1}"
    with pytest.raises(ValueError, match=message):
        MSGNet(length, 6, 1, top_k=most + 1)


def test_shares_and_heads_are_bounded():
    with pytest.raises(ValueError, match=r"alpha must be from 0 to 1, got 1\.5"):
        MSGNet(8, 2, 1, alpha=1.5)
    with pytest.raises(ValueError, match="n_heads must be an integer from 1 to 4, got 5"):
        MSGNet(8, 2, 1, d_model=4, n_heads=5)


def test_features_of_the_future_start_without_effect():
    net = MSGNet(12, 6, 2, n_future_features=1).double()
    x = draw(3, 12, 2)
    assert torch.equal(net(x), net(x, future_features=torch.ones(3, 6, 1, dtype=torch.float64)))


def test_constant_windows_are_forecast_near_their_level():
    forecast = MSGNet(12, 6, 2)(torch.full((3, 12, 2), 7.0))
    assert (forecast - 7).abs().max() < 0.1


@pytest.mark.parametrize("length", [1, 2, 7])
def test_one_window_and_one_channel_train(length):
    net = MSGNet(length, 3, 1, top_k=1, dropout=0.1).train()
    x = draw(1, length, 1).float().requires_grad_()
    net(x).square().mean().backward()
    assert all(parameter.grad.isfinite().all() for parameter in net.parameters())
    assert x.grad.isfinite().all()
    assert length < 3 or x.grad.abs().max() > 0
