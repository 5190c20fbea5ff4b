import numpy as np
import pytest
import torch

from skscale.nn import PyraformerNet
from skscale.nn.pyraformer.pyramid import draw_pyramid, level_sizes

from ..reference_pyraformer import head_nodes, pairs, plain


def draw(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def small(*sizes, **options):
    """A network with values of its own in every parameter."""
    torch.manual_seed(0)
    defaults = {"d_model": 4, "d_ff": 6, "n_heads": 2, "n_layers": 2}
    net = PyraformerNet(*sizes, **defaults | options).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.2 * torch.rand_like(parameter))
    return net


FORMS = [
    ((24, 5, 3), (4, 4), {}),
    ((70, 9, 2), (4, 4, 4), {"n_layers": 1, "neighbours": 5}),
    ((47, 4, 1), (2, 5), {"n_layers": 3, "head_size": 3, "value_size": 2, "neighbours": 1}),
    ((30, 4, 2), (3, 2, 2), {"construction": "convolution", "d_model": 5, "head_size": 2}),
    ((30, 4, 2), (3, 2, 2), {"construction": "max"}),
    ((30, 4, 2), (3, 2, 2), {"construction": "average", "d_bottleneck": 3}),
    ((37, 3, 2), (4, 4), {"variant": "tslib", "neighbours": 5}),
    ((13, 6, 1), (2, 2), {"variant": "tslib", "n_layers": 5}),
]


@pytest.mark.parametrize(("sizes", "windows", "options"), FORMS)
@pytest.mark.parametrize("training", [False, True])
def test_nodes_that_the_head_reads_are_those_of_the_whole_pyramid(
    sizes, windows, options, training
):
    net = small(*sizes, **options, windows=windows, normalize=False).train(training)
    x = draw(3, sizes[0], sizes[2])
    form = {"windows": windows, "reach": options.get("neighbours", 3) // 2}
    form["construction"] = options.get("construction", "bottleneck")
    results = []
    for forecast in (net(x), plain(net, x, **form)):
        gradients = torch.autograd.grad(forecast.sin().sum(), list(net.parameters()))
        results.append([forecast, *gradients])
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-9)


def test_features_of_the_first_step_go_to_the_last_point():
    net = small(12, 6, 2, n_past_features=2, n_future_features=2, windows=(4,), normalize=False)
    with torch.no_grad():
        net.future_projection.weight.zero_()
    x, past, future = draw(4, 12, 2), draw(4, 12, 2, seed=2), draw(4, 6, 2, seed=3)
    expected = plain(net, x, past, future, windows=(4,), reach=1)
    torch.testing.assert_close(net(x, past, future), expected)
    later = future.clone()
    later[:, 1:] += 1
    assert torch.equal(net(x, past, later), net(x, past, future))
    assert not torch.allclose(net(x, past, future + 1), net(x, past, future))


@pytest.mark.parametrize("decoder", ["attention", "attention_to_points"])
@pytest.mark.parametrize("training", [False, True])
def test_steps_that_attend_are_those_of_the_plain_form(decoder, training):
    options = {"windows": (4, 3), "normalize": False, "decoder": decoder, "n_layers": 1}
    net = small(31, 6, 2, n_past_features=2, n_future_features=1, **options).train(training)
    with torch.no_grad():
        net.future_projection.weight.zero_()
    inputs = draw(4, 31, 2), draw(4, 31, 2, seed=2), draw(4, 6, 1, seed=3)
    results = []
    for forecast in (net(*inputs), plain(net, *inputs, windows=(4, 3), reach=1)):
        parameters = [p for name, p in net.named_parameters() if "future_projection" not in name]
        gradients = torch.autograd.grad(forecast.sin().sum(), parameters)
        results.append([forecast, *gradients])
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("decoder", ["attention", "attention_to_points"])
def test_steps_do_not_attend_to_padding_or_later_steps(decoder):
    net = small(24, 5, 1, windows=(4,), n_future_features=1, decoder=decoder, normalize=False)
    with torch.no_grad():
        net.future_projection.weight.zero_()
    x, ahead, mask = draw(2, 24, 1), draw(2, 5, 1, seed=2), torch.arange(24).expand(2, -1) >= 11
    later = ahead.clone()
    later[:, 3:] += 1
    found, other = (net(x, future_features=one, mask=mask) for one in (ahead, later))
    torch.testing.assert_close(found[:, :3], other[:, :3])
    assert not torch.allclose(found[:, 3:], other[:, 3:])
    nodes, known = draw(2, 30, 4), torch.arange(30).expand(2, -1) >= 11
    moved = torch.where(known.unsqueeze(2), nodes, nodes + 1)
    torch.testing.assert_close(net.head(nodes, known, ahead), net.head(moved, known, ahead))
    assert net.head(nodes, torch.zeros_like(known), ahead).isfinite().all()


def test_the_librarys_network_has_one_decoder():
    with pytest.raises(ValueError, match="decoder must be 'linear' for variant='tslib', got 'att"):
        PyraformerNet(8, 2, 1, variant="tslib", decoder="attention")


def test_columns_ahead_are_the_first_of_the_past():
    options = {"n_past_features": 3, "normalize": False}
    net = small(12, 6, 2, n_future_features=1, **options)
    x, past, future = draw(4, 12, 2), draw(4, 12, 3, seed=2), draw(4, 6, 1, seed=3)
    found = net(x, past, future) - net.future_projection(future)
    wide = small(12, 6, 2, n_future_features=3, **options)
    wide.load_state_dict({**net.state_dict(), "future_projection.weight": torch.zeros(1, 3)})
    more = torch.cat([future, torch.zeros_like(past[:, :6, 1:])], dim=2)
    torch.testing.assert_close(found, wide(x, past, more))


@pytest.mark.parametrize("n_layers", [1, 2, 4, 9])
@pytest.mark.parametrize(
    ("length", "windows", "reach"),
    [(96, (4, 4), 2), (97, (4, 4, 4), 1), (23, (2, 3), 0), (11, (5,), 50), (7, (), 2), (1, (), 1)],
)
def test_the_pyramid_is_that_of_all_pairs(length, windows, reach, n_layers):
    sees, nodes = pairs(length, windows, reach), head_nodes(length, windows)
    pyramid = draw_pyramid(level_sizes(length, windows), windows, reach, n_layers)
    needed, counts = set(nodes), [len(nodes)]
    assert pyramid.nodes[: len(nodes)].tolist() == nodes
    for _ in range(n_layers):
        needed |= {j for i in needed for j in sees[i].nonzero().flatten().tolist()}
        counts.insert(0, len(needed))
    assert pyramid.counts == tuple(counts)
    assert set(pyramid.nodes.tolist()) == needed
    everything = draw_pyramid(level_sizes(length, windows), windows, reach, n_layers, read="all")
    assert everything.nodes.tolist() == list(range(len(sees)))
    assert everything.counts == (len(sees),) * (n_layers + 1)
    assert np.array_equal(everything.sees, sees.numpy())
    points = draw_pyramid(level_sizes(length, windows), windows, reach, n_layers, read="points")
    assert points.counts[-1] == length
    assert points.nodes[:length].tolist() == list(range(length))
    expected = sees[pyramid.nodes[: counts[1]]][:, pyramid.nodes]
    assert np.array_equal(pyramid.sees, expected.numpy())


def test_few_nodes_are_needed():
    """With windows of four and a reach of two on each side, of the 126 nodes of 96 points."""
    pyramids = [draw_pyramid([96, 24, 6], (4, 4), 2, n_layers) for n_layers in (1, 2, 3)]
    assert [pyramid.counts for pyramid in pyramids] == [(11, 3), (33, 11, 3), (74, 33, 11, 3)]


def test_the_newest_point_below_a_node_is_its_last_or_what_is_left():
    pyramid = draw_pyramid([9, 2], (4,), 8, 1)
    below = dict(zip(pyramid.nodes.tolist(), pyramid.newest.tolist(), strict=True))
    assert below == {**{i: i for i in range(9)}, 9: 3, 10: 8}


@pytest.mark.parametrize("variant", ["official", "tslib"])
def test_padding_is_not_seen(variant):
    """A node of padding alone is seen by nobody else: its value goes nowhere."""
    net = small(24, 4, 1, windows=(4, 2), variant=variant, normalize=False)
    x = draw(2, 24, 1)
    mask = torch.arange(24).expand(2, -1) >= 13
    nodes = net._nodes(net.norm(x, mask.unsqueeze(2))[0], None, None)
    hidden = torch.as_tensor(net.newest) < 13
    sees = net._sees(net._known(mask.unsqueeze(2)))
    moved = torch.where(hidden[:, None], nodes + 1, nodes)
    for i, layer in enumerate(net.layers):
        n_nodes, n_seers = net.counts[i : i + 2]
        part = sees[..., :n_seers, :n_nodes]
        nodes, moved = (layer(h[:, :n_seers], h, part) for h in (nodes, moved))
    torch.testing.assert_close(nodes, moved)
    assert hidden.any()


def test_every_point_reaches_the_forecast():
    for n_layers in (1, 4):
        net, x = small(96, 2, 1, n_layers=n_layers), draw(1, 96, 1).requires_grad_()
        net(x).sum().backward()
        assert (x.grad != 0).all()


@pytest.mark.parametrize("variant", ["official", "tslib"])
@pytest.mark.parametrize("length", [1, 2, 3, 5, 16])
def test_short_windows_have_fewer_levels(length, variant):
    net = PyraformerNet(length, 3, 1, d_model=3, n_heads=1, variant=variant).train()
    forecast = net(draw(1, length, 1).float())
    forecast.square().mean().backward()
    assert forecast.isfinite().all()
    assert all(p.grad.isfinite().all() for p in net.parameters() if p.grad is not None)


def test_constant_windows_are_finite():
    net = small(24, 4, 2).float().train()
    assert net(torch.full((3, 24, 2), 7.0)).isfinite().all()


def test_the_horizons_term_starts_without_effect():
    net = PyraformerNet(12, 6, 2, n_future_features=1, variant="tslib").double()
    x, ones = draw(3, 12, 2), torch.ones(3, 6, 1, dtype=torch.float64)
    assert torch.equal(net(x), net(x, future_features=ones))


def test_weights_start_as_published():
    torch.manual_seed(0)
    net = PyraformerNet(24, 48, 7, d_model=32, n_layers=1)
    attention, head = net.layers[0].attention, net.head.weight
    for weight in (*attention.qkv.weight.chunk(3), attention.out.weight):
        assert weight.abs().max().item() == pytest.approx((6 / 64) ** 0.5, rel=0.02)
    assert head.std().item() == pytest.approx((2 / sum(head.shape)) ** 0.5, rel=0.02)
    assert net.embedding.values.weight.std().item() == pytest.approx((2 / 21) ** 0.5, rel=0.1)


def test_open_sizes_of_heads_divide_the_features():
    assert PyraformerNet(8, 2, 1, d_model=6, n_heads=4, head_size=5).layers[0] is not None
    with pytest.raises(ValueError, match="n_heads must divide d_model=6, got 4"):
        PyraformerNet(8, 2, 1, d_model=6, n_heads=4)
