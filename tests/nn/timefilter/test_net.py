import math

import pytest
import torch

from skscale.nn import TimeFilterNet
from skscale.nn.timefilter.graph import Filter, FilteredGraph
from skscale.nn.timefilter.routing import edge_kinds, routing_loss
from skscale.official import from_official

from ...official_cases import load
from ..reference_timefilter import plain


def draw(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def build(*sizes, **options):
    torch.manual_seed(0)
    options = {"d_model": 8, "d_ff": 6, "n_heads": 2, "n_layers": 1} | options
    net = TimeFilterNet(*sizes, **options).double()
    with torch.no_grad():
        for value in net.parameters():
            value.add_(0.2 * torch.randn_like(value))
    return net


FORMS = {
    "as published": ((24, 5, 3), {}),
    "two layers": ((24, 5, 3), {"n_layers": 2, "n_heads": 4, "alpha": 0.3, "top_p": 0.8}),
    "no positions, all kinds": ((21, 5, 2), {"positions": False, "top_p": 1.0, "alpha": 0.0}),
    "points left over": ((23, 5, 2), {"patch_length": 4}),
    "alone": ((24, 5, 3), {"top_p": 0.0, "alpha": 0.0}),
    "alone, some are small": ((24, 5, 3), {"top_p": 0.0, "alpha": 0.6}),
    "one node": ((3, 2, 1), {"patch_length": 3}),
    "one point": ((1, 2, 3), {}),
}


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_equals_the_plain_form(form, training):
    sizes, options = FORMS[form]
    net, x = build(*sizes, **options).train(training), draw(3, sizes[0], sizes[2])
    results = []
    for function in (ours, plain):
        torch.manual_seed(1)  # noise of the routers
        forecast, loss = function(net, x)
        value = forecast.sin().sum() + (0.0 if loss is None or not training else loss)
        net.zero_grad()
        value.backward()
        gradients = [p.grad for p in net.parameters() if p.grad is not None]
        results.append([forecast.detach(), *gradients])
        if loss is not None:
            results[-1].append(loss.detach())
    if not training:  # the plain form does not cut what an unused loss hangs on
        assert len(results[0]) >= len(list(net.parameters())) - 4
    torch.testing.assert_close(*results, rtol=1e-8, atol=1e-9)


def ours(net, x):
    """Forecast and published routing loss of one pass."""
    with net.watched() as seen:
        forecast = net(x)
    return forecast, routing_loss(seen, ranked=True) if seen else None


@pytest.mark.parametrize("top_p", [0.0, 0.5])
@pytest.mark.parametrize("filter", ["zero", "remove"])
def test_graphs_a_few_at_a_time_are_those_together(filter, top_p, monkeypatch):
    net, x = build(24, 5, 3, top_p=top_p, filter=filter, n_heads=4).train(), draw(3, 24, 3)
    if top_p == 0:
        net.blocks[0].graph.dropout = 1e-9  # takes the way of edges that may be dropped
    mask = torch.arange(24) >= torch.tensor([[0], [13], [20]])
    results = []
    for numbers in (10**9, 5 * 6**2):
        monkeypatch.setattr("skscale.nn.timefilter.graph._NUMBERS", numbers)
        torch.manual_seed(1)
        with net.watched() as seen:
            forecast = net(x, mask=mask)
        value = forecast.sin().sum() + (routing_loss(seen) if seen else 0.0)
        net.zero_grad()
        value.backward()
        results.append(
            [forecast.detach(), *(p.grad for p in net.parameters() if p.grad is not None)]
        )
    torch.testing.assert_close(*results, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("stem", ["timefilter_default", "timefilter_two_blocks"])
def test_the_recorded_routing_loss(stem):
    config, weights, tensors, *_ = load(stem, torch.float64)
    net = from_official("timefilter", weights, config)
    found = routing_loss(net.routings(tensors["x"]), ranked=True)
    torch.testing.assert_close(found, tensors["moe_loss"], rtol=1e-6, atol=1e-6)


def test_dropped_edges_leave_means_of_the_others():
    net = build(24, 5, 3, dropout=0.5)
    x = draw(4, 24, 3)
    torch.testing.assert_close(net.eval()(x), plain(net, x)[0])
    graph = net.train().blocks[0].graph
    with torch.no_grad():
        graph.value.weight.zero_()
        graph.value.bias.fill_(2.0)
    nodes, kinds = draw(4, 6, 8), edge_kinds(3, 2)
    mixed = graph(nodes, kinds)[0]
    # A mean of twos is two, whatever was dropped; a row that lost all its edges has none.
    whole = (mixed - 2).abs() < 1e-9
    assert whole.any()
    assert (whole | (mixed == 0)).all()


@pytest.mark.parametrize("top_p", [0.0, 0.4])
def test_removed_edges_have_no_weight(top_p):
    torch.manual_seed(0)
    removed = Filter(n_smallest=2, top_p=top_p, removes=True, dropout=0.0)
    graph = FilteredGraph(6, 4, 2, removed).double().eval().requires_grad_(False)
    nodes, kinds = draw(1, 6, 4), edge_kinds(2, 3)
    value = graph.value(nodes).view(6, 2, 2)
    found = graph(nodes, kinds)[0].view(6, 2, 2)
    heads = nodes.view(6, 2, 2).transpose(0, 1)
    for head in range(2):
        scores = graph.first(heads[head]) @ graph.second(heads[head]).T
        scores = torch.nn.functional.gelu(scores)
        for node in range(6):
            small = set(scores[node].argsort()[:2].tolist())
            row = torch.tensor([0.0 if j in small else scores[node, j] for j in range(6)]).double()
            left = {node}
            if top_p:
                p = (graph.router.gate.weight @ row).softmax(0)
                order = p.argsort(descending=True).tolist()
                chosen = [order[0]] if p[order[0]] > top_p else order[:2]
                left |= {j for j in range(6) if kinds[node, j] in chosen and j not in small}
            left = sorted(left)
            weights = scores[node, left].softmax(0)
            torch.testing.assert_close(found[node, head], weights @ value[left, head])


def test_the_routing_loss_reaches_routers_and_forecasts_do_not():
    net, x = build(24, 5, 3).train(), draw(4, 24, 3)
    router = net.blocks[0].graph.router
    net(x).sum().backward()
    assert router.gate.weight.grad is None
    routing_loss(net.routings(x)).backward()
    assert router.gate.weight.grad.any()
    assert router.noise.weight.grad.any()


def test_watching_leaves_no_trace():
    net, x = build(24, 5, 3, n_layers=2), draw(4, 24, 3)
    with net.watched() as seen:
        net(x)
    net(x)
    assert len(seen) == 2
    assert not any(module._forward_hooks for module in net.modules())
    assert build(24, 5, 3, top_p=0.0).routings(x) == []


def test_padded_patches_are_seen_by_no_other():
    net = build(24, 5, 2, patch_length=4, positions=False, alpha=0.0, top_p=1.0)
    nodes, kinds = draw(1, 12, 8), net.kinds
    shown = torch.ones(1, 12, dtype=torch.bool)
    shown[0, [0, 6]] = False
    graph = net.blocks[0].graph.eval()
    other = nodes.clone()
    other[0, [0, 6]] += 3.0
    seen = shown[0].nonzero().flatten()
    found = [graph(one, kinds, shown)[0][:, seen] for one in (nodes, other)]
    torch.testing.assert_close(*found)
    assert not torch.isclose(graph(nodes, kinds)[0], graph(other, kinds)[0]).any()


def test_alone_with_padding_is_the_softmax():
    graph = build(24, 5, 2, top_p=0.0, alpha=0.0, dropout=0.3, patch_length=4).blocks[0].graph
    nodes, kinds = draw(2, 12, 8), edge_kinds(2, 6)
    shown = torch.rand(2, 12, generator=torch.Generator().manual_seed(3)) > 0.4
    value, heads = (graph._heads(one).unflatten(0, (2, 2)) for one in (graph.value(nodes), nodes))
    own = torch.nn.functional.gelu((graph.first(heads) * graph.second(heads)).sum(-1))
    scores = own.diag_embed().masked_fill(
        ~shown[:, None, None] & ~torch.eye(12, dtype=torch.bool), -math.inf
    )
    expected = (scores.softmax(-1) @ value).transpose(1, 2).flatten(2)
    torch.testing.assert_close(graph.eval()(nodes, kinds, shown)[0], expected)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("length", [1, 2, 5, 11, 37])
def test_any_length_and_one_channel_train(length, channels):
    net = TimeFilterNet(length, 3, channels, d_model=6, d_ff=4, n_heads=2).train()
    with net.watched() as seen:
        forecast = net(draw(2, length, channels).float())
    (forecast.square().mean() + routing_loss(seen)).backward()
    assert forecast.isfinite().all()
    assert all(p.grad.isfinite().all() for p in net.parameters())


PATCHES = {96: 16, 24: 12, 97: 16, 36: 12, 22: 11, 4: 2, 3: 1, 1: 1, 34: 16}


@pytest.mark.parametrize("length", PATCHES)
def test_patches_left_open_leave_few_points_over(length):
    assert TimeFilterNet(length, 3, 2, d_model=4).patch_length == PATCHES[length]


def test_points_left_over_are_the_oldest_and_patches_are_of_one_channel():
    net, x = build(23, 5, 2, patch_length=4), draw(2, 23, 2)
    cut = net._patches(x)
    assert cut.shape == (2, 2, 5, 4)
    assert torch.equal(cut[:, 1].flatten(1), x[:, 3:, 1])


def test_constant_windows_have_finite_forecasts_and_gradients():
    net = build(24, 5, 3).train()
    with net.watched() as seen:
        forecast = net(torch.full((2, 24, 3), 7.0, dtype=torch.float64))
    (forecast.sum() + routing_loss(seen)).backward()
    assert forecast.isfinite().all()
    assert all(p.grad.isfinite().all() for p in net.parameters())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_heads": 3}, "n_heads must divide d_model=8, got 3"),
        ({"patch_length": 25}, "patch_length must be an integer from 1 to 24, got 25"),
        ({"top_p": 1.5}, r"top_p must be in \[0, 1\], got 1.5"),
        ({"alpha": 1.0}, r"alpha must be in \[0, 1\), got 1.0"),
    ],
)
def test_what_does_not_fit_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        build(24, 5, 3, **options)


def test_features_start_without_effect():
    net = TimeFilterNet(24, 5, 3, d_model=4, n_past_features=2, n_future_features=1)
    net = net.double().eval()
    x, past, ahead = draw(2, 24, 3), draw(2, 24, 2, seed=2), draw(2, 5, 1, seed=3)
    assert torch.equal(net(x, past, ahead), net(x))
    with torch.no_grad():
        net.past_projection.weight.normal_()
    assert not torch.isclose(net(x, past), net(x)).any()
