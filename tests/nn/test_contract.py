"""What holds for every forecasting network."""

import copy
import pickle

import numpy as np
import pytest
import torch

from skscale.nn import FEATURE_GROUPS, ForecastNet
from tests.cuda import needs_cuda

from .networks import (
    BATCH,
    CHANNELS,
    CONTEXT,
    HORIZON,
    NETWORKS,
    Inputs,
    build,
    draw,
    features_of,
    gappy,
    padded,
    trained,
)

every_network = pytest.mark.parametrize("name", NETWORKS)
networks_with_features = pytest.mark.parametrize("name", [n for n in NETWORKS if features_of(n)])
trained_networks = pytest.mark.parametrize("name", [n for n in NETWORKS if trained(n)])
CHANGES = {(lambda inputs: inputs): "whole", padded: "padded", gappy: "gappy"}
SHAPE = (BATCH, HORIZON, CHANNELS)


def assert_equal(found, expected, tolerance=1e-10):
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)


@every_network
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("features", [True, False])
def test_shape_and_type(name, dtype, features):
    net = build(name, features=features, dtype=dtype)
    forecast = padded(draw(net, dtype=dtype))(net)
    assert isinstance(net, ForecastNet)
    assert forecast.shape == SHAPE
    assert forecast.dtype == dtype
    assert forecast.isfinite().all()
    assert draw(net, batch=1, dtype=dtype)(net).shape == (1, HORIZON, CHANNELS)


@every_network
@pytest.mark.parametrize("change", CHANGES, ids=CHANGES.get)
def test_a_forecast_does_not_depend_on_its_batch_mates(name, change):
    net = build(name)
    inputs = change(draw(net))
    alone = [inputs.each(lambda value, i=i: value[i : i + 1])(net) for i in range(BATCH)]
    assert_equal(torch.cat(alone), inputs(net))


@every_network
def test_what_stands_in_padding_does_not_matter(name):
    net = build(name)
    inputs = padded(draw(net))
    hidden = ~inputs.mask.unsqueeze(-1)
    expected = inputs(net)
    for junk in (0.0, 1e6, torch.nan, torch.inf):
        past = inputs.past_features
        other = inputs._replace(
            x=inputs.x.masked_fill(hidden, junk),
            past_features=None if past is None else past.masked_fill(hidden, junk),
        )
        assert torch.equal(other(net), expected)
    assert not torch.allclose(expected[1:], inputs._replace(mask=None)(net)[1:])


@every_network
def test_a_mask_that_hides_nothing_changes_nothing(name):
    net = build(name)
    inputs = draw(net)
    everything = torch.ones(BATCH, CONTEXT, dtype=torch.bool)
    for mask in (everything, everything.unsqueeze(-1).expand(-1, -1, CHANNELS)):
        assert_equal(inputs._replace(mask=mask)(net), inputs(net))


@every_network
def test_what_stands_in_a_hole_does_not_matter(name):
    net = build(name)
    inputs = gappy(draw(net))
    expected = inputs(net)
    assert expected.isfinite().all()
    for junk in (0.0, 1e9, torch.nan, torch.inf):
        other = inputs._replace(x=inputs.x.masked_fill(~inputs.mask, junk))
        assert torch.equal(other(net), expected)
    assert not torch.allclose(expected[1:], inputs._replace(mask=None)(net)[1:])


@every_network
@pytest.mark.parametrize("change", [padded, gappy])
def test_a_mask_of_points_is_that_of_all_their_values(name, change):
    net = build(name)
    inputs = change(draw(net))
    points = inputs.mask if inputs.mask.dim() == 2 else inputs.mask[..., 0]
    values = points.unsqueeze(-1).expand(-1, -1, CHANNELS)
    forecast = inputs._replace(mask=points)(net)
    assert_equal(inputs._replace(mask=values)(net), forecast)


@every_network
def test_a_straight_line_needs_no_inner_points(name):
    """What fills its holes is the line: only statistics know that they were there."""
    net = build(name)
    line = torch.linspace(-3, 3, CONTEXT, dtype=torch.float64).reshape(1, -1, 1)
    whole = draw(net, batch=1)._replace(x=line.expand(-1, -1, CHANNELS).clone())
    mask = torch.ones(1, CONTEXT, CHANNELS, dtype=torch.bool)
    mask[:, [5, 11, 12, 18]] = False  # alike on both sides of the middle
    filled, expected = whole._replace(mask=mask)(net), whole(net)
    assert (filled - expected).abs().max() < 0.3 * (1 + expected.abs().max())


@every_network
def test_a_window_of_padding_alone_is_finite(name):
    net = build(name)
    nothing = torch.zeros(BATCH, CONTEXT, dtype=torch.bool)
    assert draw(net)._replace(mask=nothing)(net).isfinite().all()


@every_network
def test_padding_passes_no_gradient(name):
    net = build(name)
    inputs = padded(draw(net))
    inputs = inputs._replace(x=inputs.x.clone().requires_grad_())
    inputs(net).square().sum().backward()
    assert (inputs.x.grad[~inputs.mask] == 0).all()
    assert (inputs.x.grad[inputs.mask] != 0).any()


@every_network
def test_holes_pass_no_gradient(name):
    net = build(name)
    inputs = gappy(draw(net))
    inputs = inputs._replace(x=inputs.x.masked_fill(~inputs.mask, torch.nan).requires_grad_())
    inputs(net).square().sum().backward()
    assert (inputs.x.grad[~inputs.mask] == 0).all()
    assert inputs.x.grad.isfinite().all()
    assert all(p.grad is None or p.grad.isfinite().all() for p in net.parameters())


@every_network
def test_a_forward_pass_leaves_no_trace(name):
    net = build(name)
    inputs = padded(draw(net))
    state, given = copy.deepcopy(net.state_dict()), inputs.each(torch.clone)
    attributes = {path: set(vars(module)) for path, module in net.named_modules()}
    first, second = inputs(net), inputs(net)
    assert torch.equal(first, second)
    assert attributes == {path: set(vars(module)) for path, module in net.named_modules()}
    torch.testing.assert_close(net.state_dict(), state, rtol=0, atol=0)
    for value, before in zip(inputs, given, strict=True):
        assert value is before is None or torch.equal(value, before)


@pytest.mark.parametrize("name", [n for n, row in NETWORKS.items() if row.equivariant])
@pytest.mark.parametrize("change", CHANGES, ids=CHANGES.get)
def test_shift_and_scale_of_the_input_come_out_again(name, change):
    net = build(name)
    # The 1e-5 that is added to a variance must not count: large windows, and more than one point.
    inputs = change(draw(net)).each(lambda value: value[:-1])
    inputs = inputs._replace(x=1e4 * inputs.x)
    shift, scale = torch.tensor([-5e4, 9.0], dtype=torch.float64), 1e3
    moved = inputs._replace(x=scale * inputs.x + shift)(net)
    torch.testing.assert_close(moved, scale * inputs(net) + shift, rtol=1e-6, atol=1.0)


WRONG_MASKS = [
    torch.ones(BATCH, CONTEXT),
    torch.ones(BATCH, CONTEXT, dtype=torch.uint8),
    np.ones((BATCH, CONTEXT), dtype=bool),
    [True] * CONTEXT,
]


@every_network
def test_masks_are_boolean_and_have_a_value_for_every_point(name):
    net = build(name)
    inputs = draw(net)
    for mask in WRONG_MASKS:
        with pytest.raises(TypeError, match="mask must be a boolean Tensor, got"):
            inputs._replace(mask=mask)(net)
    for shape in [(BATCH, CONTEXT + 1), (1, CONTEXT), (CONTEXT,), (BATCH, CONTEXT, CHANNELS + 1)]:
        mask = torch.ones(shape, dtype=torch.bool)
        with pytest.raises(ValueError, match=rf"mask must have shape \({BATCH}, {CONTEXT}\) or "):
            inputs._replace(mask=mask)(net)


@every_network
def test_windows_are_floating_point_tensors_of_one_shape(name):
    net = build(name, features=False)
    x = draw(net).x
    for wrong in (x.numpy(), x.long(), x.to(torch.complex128), None):
        with pytest.raises(TypeError, match="x must be a floating-point Tensor, got"):
            net(wrong)
    with pytest.raises(TypeError, match=r"type of the network, torch.float64, got torch.float32"):
        net(x.float())
    for wrong in (x[0], x[:, 1:], x[..., 1:], x.unsqueeze(0)):
        message = rf"x must have shape \(batch, {CONTEXT}, {CHANNELS}\), got"
        with pytest.raises(ValueError, match=message):
            net(wrong)


@networks_with_features
@pytest.mark.parametrize("kind", ["past_features", "future_features"])
def test_wrong_features_are_named(name, kind):
    net = build(name)
    inputs = draw(net)
    right = getattr(inputs, kind)
    if right is None:
        return  # the network reads none
    for wrong in (right[:1], right[:, 1:], right[..., 1:], right[0]):
        with pytest.raises(ValueError, match=rf"{kind} must have shape \({BATCH}, "):
            inputs._replace(**{kind: wrong})(net)
    for wrong in (right.numpy(), right.long(), right.float()):
        with pytest.raises(TypeError, match=f"{kind} must "):
            inputs._replace(**{kind: wrong})(net)


@every_network
@pytest.mark.parametrize("kind", ["past_features", "future_features"])
def test_features_that_were_not_announced_are_refused(name, kind):
    net = build(name, features=False)
    length = CONTEXT if kind == "past_features" else HORIZON
    with pytest.raises(ValueError, match=f"n_{kind}=0 and takes no {kind}"):
        draw(net)._replace(**{kind: torch.zeros(BATCH, length, 1)})(net)


@networks_with_features
def test_features_left_out_count_as_zeros(name):
    net = build(name)
    inputs = draw(net)
    zeros = inputs.each(torch.zeros_like)._replace(x=inputs.x)
    assert torch.equal(Inputs(inputs.x)(net), zeros(net))
    assert not torch.allclose(inputs(net), zeros(net))


@networks_with_features
def test_features_of_the_future_matter(name):
    net = build(name)
    inputs = draw(net)
    other = inputs._replace(future_features=inputs.future_features + 1)
    assert not torch.allclose(inputs(net), other(net))


@every_network
def test_copies_forecast_the_same(name):
    net = build(name)
    inputs = padded(draw(net))
    for twin in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net)):
        assert torch.equal(inputs(twin), inputs(net))
        assert twin.past_groups == net.past_groups
    twin = NETWORKS[name].build(CONTEXT, HORIZON, CHANNELS, **features_of(name)).double().eval()
    twin.load_state_dict(net.state_dict())
    assert torch.equal(inputs(twin), inputs(net))


def gradients(net, inputs, y, enabled):
    net.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
        forecast = inputs(net)
    (forecast.float() - y).square().mean().backward()
    return {name: p.grad for name, p in net.named_parameters() if p.grad is not None}


@trained_networks
def test_gradients_under_autocast_are_near_those_of_float32(name):
    net = build(name, dtype=torch.float32)
    inputs = padded(draw(net, dtype=torch.float32))
    y = inputs.x[:, :HORIZON]
    exact, half = (gradients(net, inputs, y, enabled) for enabled in (False, True))
    assert exact.keys() == half.keys() == trained(name)
    whole = torch.cat([g.flatten() for g in exact.values()])
    error = torch.cat([(half[key] - g).flatten() for key, g in exact.items()])
    assert all(g.dtype == torch.float32 for g in half.values())
    # bfloat16 keeps eight bits; the rounding of a dozen layers adds up, by processor more or less.
    assert 0 < error.norm() < 0.1 * whole.norm()


@every_network
def test_autocast_leaves_float64_alone(name):
    net = build(name)
    inputs = padded(draw(net))
    expected = inputs(net)
    with torch.autocast("cpu", torch.bfloat16):
        assert_equal(inputs(net), expected)


@trained_networks
def test_every_parameter_gets_a_gradient(name):
    net = build(name).train()
    y = padded(draw(net))(net)
    (y * torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view_as(y).cos()).mean().backward()
    parameters = dict(net.named_parameters())
    for path in trained(name):
        assert parameters[path].grad is not None, path
        assert parameters[path].grad.abs().max() > 0, path


@every_network
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16], ids=str)
def test_torchs_default_type_changes_nothing(name, dtype):
    net, inputs = build(name, dtype=torch.float32), draw(build(name), dtype=torch.float32)
    expected = padded(inputs)(net)
    torch.set_default_dtype(dtype)
    try:
        torch.manual_seed(0)
        fresh = NETWORKS[name].build(CONTEXT, HORIZON, CHANNELS, **features_of(name))
        other = build(name, dtype=torch.float32)
        found = padded(inputs)(other)
    finally:
        torch.set_default_dtype(torch.float32)
    assert all(value.dtype == torch.float32 for value in fresh.parameters())
    torch.testing.assert_close(other.state_dict(), net.state_dict(), rtol=0, atol=0)
    assert torch.equal(found, expected)


@every_network
def test_numpy_integers_are_integers(name):
    features = {key: np.int64(value) for key, value in features_of(name).items()}
    sizes = (np.int64(CONTEXT), np.int32(HORIZON), np.uint8(CHANNELS))
    torch.manual_seed(0)
    net = NETWORKS[name].build(*sizes, **features)
    torch.manual_seed(0)
    expected = NETWORKS[name].build(CONTEXT, HORIZON, CHANNELS, **features_of(name))
    torch.testing.assert_close(net.state_dict(), expected.state_dict(), rtol=0, atol=0)
    assert type(net.context_length) is type(net.n_channels) is type(net.n_past_features) is int
    inputs = draw(net, dtype=torch.float32)
    assert torch.equal(inputs(net.eval()), inputs(expected.eval()))


@every_network
def test_shapes_follow_without_values(name):
    net = build(name, dtype=torch.float32).to("meta")
    inputs = draw(net, dtype=torch.float32).each(lambda value: value.to("meta"))
    assert inputs(net).shape == SHAPE


@every_network
def test_sizes_of_weights_follow_without_values(name):
    # Files are checked against such a network before memory is taken.
    def build():
        return NETWORKS[name].build(CONTEXT, HORIZON, CHANNELS, **features_of(name))

    with torch.device("meta"):
        found = build().state_dict()
    assert {key: value.shape for key, value in found.items()} == {
        key: value.shape for key, value in build().state_dict().items()
    }


@every_network
@needs_cuda
def test_a_gpu_forecasts_the_same(name):
    net = build(name)
    inputs = padded(draw(net))
    expected = inputs(net)
    found = inputs.each(torch.Tensor.cuda)(net.cuda())
    assert found.device.type == "cuda"
    assert_equal(found.cpu(), expected, tolerance=1e-8)


@every_network
def test_groups_are_the_first_of_all(name):
    net = build(name)
    assert net.past_groups == FEATURE_GROUPS[: len(net.past_groups)]
    assert net.future_groups == FEATURE_GROUPS[:3][: len(net.future_groups)]
    n_past, n_future = NETWORKS[name].n_features
    assert (bool(net.past_groups), bool(net.future_groups)) == (n_past > 0, n_future > 0)


@every_network
@pytest.mark.parametrize("change", CHANGES, ids=CHANGES.get)
def test_the_parts_of_a_window_add_up_to_it_or_are_its_scales(name, change):
    net = build(name)
    inputs = change(draw(net))
    parts = net.window_parts(inputs.x, inputs.past_features, inputs.mask)
    for part in parts.values():
        assert part.shape == (BATCH, CONTEXT, CHANNELS)
        assert part[:, 0].isfinite().all()
    if parts and net.parts_add_up and inputs.mask is None:
        assert_equal(sum(parts.values()), inputs.x)


@every_network
def test_what_no_branch_forecasts_follows_from_the_statistics_of_the_window(name):
    net = build(name)
    inputs = draw(net)
    branches = net.forecast_parts(*inputs)
    if not branches:
        return
    assert all(branch.shape == SHAPE for branch in branches.values())
    # Another order in time changes what branches see, but neither mean nor deviation.
    other = inputs._replace(x=inputs.x.flip(1))
    moved = net.forecast_parts(*other)
    assert not any(torch.allclose(branches[part], moved[part]) for part in branches)
    assert_equal(other(net) - sum(moved.values()), inputs(net) - sum(branches.values()))
