"""Networks as graphs with a dynamic batch, and under the transforms of torch.func."""

import pytest
import torch
from torch.func import functional_call, grad, jvp, vmap

from tests.nn.networks import NETWORKS, build, draw, features_of, gappy, trained

every_network = pytest.mark.parametrize("name", NETWORKS)


def exported(net, inputs):
    batch = torch.export.Dim("batch", min=1)
    shapes = tuple(None if value is None else {0: batch} for value in inputs)
    with torch.no_grad():
        program = torch.export.export(net, tuple(inputs), dynamic_shapes=shapes, strict=False)
    return program.module()


@every_network
@pytest.mark.parametrize("change", [lambda inputs: inputs, gappy], ids=["whole", "gappy"])
def test_a_graph_serves_batches_of_every_size(name, change):
    net = build(name)
    inputs = change(draw(net))
    graph = exported(net, inputs)
    for batch in (inputs, inputs.each(lambda v: v[:1]), inputs.each(lambda v: torch.cat([v] * 3))):
        torch.testing.assert_close(graph(*batch), batch(net), rtol=1e-9, atol=1e-9)


@every_network
@pytest.mark.parametrize("change", [lambda inputs: inputs, gappy], ids=["whole", "gappy"])
def test_vmap_forecasts_every_window_alone(name, change):
    net = build(name)
    inputs = change(draw(net))
    given = {key: value for key, value in inputs._asdict().items() if value is not None}

    def alone(window):
        return net(**{key: value.unsqueeze(0) for key, value in window.items()}).squeeze(0)

    found = vmap(alone)(given)
    torch.testing.assert_close(found, inputs(net), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", [n for n in NETWORKS if trained(n)])
def test_grad_and_jvp_are_those_of_autograd(name):
    net = build(name)
    inputs = draw(net)
    weights = {path: p.detach() for path, p in net.named_parameters()}

    def loss(weights, x):
        moved = inputs._replace(x=x)
        return functional_call(net, weights, tuple(moved)).square().mean()

    inputs(net).square().mean().backward()
    found = grad(loss)(weights, inputs.x)
    for path in trained(name):
        expected = net.get_parameter(path).grad
        torch.testing.assert_close(found[path], expected, rtol=1e-6, atol=1e-8, msg=path)
    tangents = {path: torch.ones_like(value) for path, value in weights.items()}
    _, slope = jvp(loss, (weights, inputs.x), (tangents, torch.zeros_like(inputs.x)))
    torch.testing.assert_close(slope, sum(g.sum() for g in found.values()), rtol=1e-6, atol=1e-8)


def test_features_left_out_stay_so_in_a_graph():
    name = "Sigma"
    assert features_of(name)
    net = build(name)
    inputs = draw(net)._replace(past_features=None, future_features=None)
    torch.testing.assert_close(exported(net, inputs)(*inputs), inputs(net))
