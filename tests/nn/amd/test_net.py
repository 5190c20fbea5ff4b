import copy
import itertools

import pytest
import torch

from skscale.nn import AMDNet
from skscale.nn.amd.experts import Gate, load_imbalance
from skscale.nn.amd.official import amd_from_official, amd_places

from ...official_cases import load
from .. import reference_amd as plain


def draw(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def build(context=24, horizon=5, channels=3, **options):
    torch.manual_seed(0)
    options = {"patch_length": 6, "n_experts": 4, "d_ff": 8, "dropout": 0.0} | options
    net = AMDNet(context, horizon, channels, **options)
    with torch.no_grad():
        for value in itertools.chain(net.parameters(), net.buffers()):
            value.add_(0.3 * torch.rand_like(value))
    return net.double()


def both(net, x, noise=None):
    """Forecast, and how unevenly it loads the experts."""
    forecast, shares = net._gated(x, None, None, noise)
    return forecast, load_imbalance(shares, net.prediction_length)


FORMS = {
    "as published": {},
    "across channels": {"alpha": 0.7, "n_blocks": 2},
    "not normalised": {"normalize": False, "batch_norm": False},
    "one scale": {"pooling_levels": 0},
    "thirds": {"pooling_levels": 2, "pooling_window": 3, "top_k": 3},
    "patches that leave points over": {"patch_length": 7},
    "patches of a point": {"patch_length": 1},
    "one patch": {"patch_length": 24},
    "one expert": {"n_experts": 1, "top_k": 1},
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_equals_the_plain_form(form, training):
    net = build(**FORMS[form]).train(training)
    x, noise = draw(4, 24, 3), draw(4, 3, len(net.experts.first), seed=2)
    results = []
    for forecast, shares in (
        net._gated(x, None, None, noise),
        plain.forecast(net, x, noise if training else None),
    ):
        value = forecast.sin().sum() + load_imbalance(shares, 5).sum()
        gradients = torch.autograd.grad(value, list(net.parameters()), allow_unused=True)
        results.append([forecast, shares, *(g for g in gradients if g is not None)])
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_experts_are_the_same_one_by_one_and_together():
    experts, rows, shares = build().experts, draw(12, 24), draw(12, 4, seed=2).softmax(-1)
    results = []
    for found in (experts._one_by_one(rows, shares), experts._together(rows, shares)):
        weights = [experts.first, experts.first_bias, experts.second]
        results.append([found, *torch.autograd.grad(found.sin().sum(), weights)])
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-11)


def test_the_recorded_training_step():
    """With the noise and the loss of the recording, whose second part is float32."""
    case = load("amd_train", torch.float64)
    net = amd_from_official(case.weights, case.config).train()
    tensors = case.tensors
    noise = tensors["noise"].transpose(0, 1)
    output, imbalance = both(net, tensors["x"], noise=noise)
    torch.testing.assert_close(output, tensors["output"], rtol=0, atol=1e-9)
    torch.testing.assert_close(imbalance.sum(), tensors["moe_loss"], rtol=1e-5, atol=1e-6)
    ((output - tensors["y"]).square().mean() + imbalance.sum()).backward()
    found = copy.deepcopy(net)
    for parameter, source in zip(found.parameters(), net.parameters(), strict=True):
        parameter.data = source.grad
    places = dict(amd_places(found))
    assert case.gradients.keys() <= places.keys()
    for name, expected in case.gradients.items():
        assert (places[name] - expected).abs().max() <= 1e-4 * expected.abs().max(), name
    statistics = dict(amd_places(net))
    assert case.after
    for name, expected in case.after.items():
        torch.testing.assert_close(statistics[name], expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("channels", [1, 3])
def test_trains_in_either_type_on_any_number_of_channels(form, channels, dtype):
    """The paper's code cannot be trained on one channel."""
    net = build(channels=channels, **FORMS[form]).to(dtype).train()
    x = draw(4, 24, channels).to(dtype)
    forecast, imbalance = both(net, x)
    assert forecast.dtype == imbalance.dtype == dtype
    (forecast.square().mean() + imbalance.mean()).backward()
    for name, parameter in net.named_parameters():
        if form != "one patch" or ".patch_" not in name:  # which enter no other
            assert parameter.grad.isfinite().all(), name


@pytest.mark.parametrize("context", [1, 2, 3, 5, 25])
@pytest.mark.parametrize("patch_length", [1, 4, 16])
def test_any_length_and_patch_fit(context, patch_length):
    net = build(context, patch_length=patch_length, alpha=0.5)
    x = draw(3, context, 3)
    for training in (True, False):
        forecast = net.train(training)(x)
        assert forecast.shape == (3, 5, 3)
        assert forecast.isfinite().all()


def test_points_left_over_are_the_oldest():
    """Seven points in patches of three: what is in no whole patch goes to the first."""
    net = build(7, patch_length=3, batch_norm=False, normalize=False)
    rows = draw(2, 3, 7)
    assert torch.equal(net.blocks[0](rows)[..., :4], rows[..., :4])
    assert not torch.isclose(net.blocks[0](rows)[..., 4:], rows[..., 4:]).any()


def test_a_training_batch_of_one_is_normalised_by_running_statistics():
    net, x = build(), draw(1, 24, 3)
    with torch.no_grad():
        net.gate.noise.fill_(-1e4)  # next to no noise
        net.gate.logits.weight.abs_()
    assert net.train()(x).isfinite().all()
    before = copy.deepcopy(net.state_dict())
    net(x).sum().backward()
    torch.testing.assert_close(net.state_dict(), before, rtol=0, atol=0)


@pytest.mark.parametrize("options", [{}, {"normalize": False}])
@pytest.mark.parametrize("training", [True, False])
def test_constant_windows_have_finite_forecasts_and_gradients(options, training):
    net = build(**options).train(training)
    forecast, imbalance = both(net, torch.full((3, 24, 3), 7.0).double())
    (forecast.mean() + imbalance.mean()).backward()
    assert forecast.isfinite().all()
    assert all(p.grad is None or p.grad.isfinite().all() for p in net.parameters())


def test_channels_may_come_in_any_order():
    """What belongs to a channel moves with it; all else is shared."""
    net, x = build().eval(), draw(4, 24, 3)
    order = torch.tensor([2, 0, 1])
    moved = copy.deepcopy(net)
    for name, value in moved.state_dict().items():
        if name.startswith("norm."):
            value.copy_(value[order].clone())
        elif "norm." in name:  # a number for every channel and point
            value.copy_(value.view(3, -1)[order].flatten().clone())
    torch.testing.assert_close(moved(x[..., order]), net(x)[..., order])


def test_padding_counts_as_the_mean_where_nothing_is_normalised():
    net = build(normalize=False).eval()
    x, mask = draw(1, 24, 3), torch.arange(24).unsqueeze(0) >= 9
    filled = x.clone()
    filled[:, :9] = x[:, 9:].mean(1, keepdim=True)
    torch.testing.assert_close(net(x, mask=mask), net(filled))


def test_imbalance_alone_is_that_of_the_forecast():
    net, x = build(), draw(4, 24, 3)
    expected = both(net.eval(), x)[1]
    torch.testing.assert_close(net.imbalance(x), expected)
    before = copy.deepcopy(net.state_dict())
    torch.manual_seed(0)
    found = net.train().imbalance(x)
    torch.testing.assert_close(net.state_dict(), before, rtol=0, atol=0)
    torch.manual_seed(0)
    torch.testing.assert_close(found, both(net, x)[1])
    assert not torch.equal(
        net.state_dict()["scales.norm.running_mean"], before["scales.norm.running_mean"]
    )


def test_loads_that_are_alike_cost_nothing_and_one_expert_for_all_costs_most():
    alike = torch.full((4, 2, 8), 1 / 8, dtype=torch.float64)
    assert load_imbalance(alike, 96).abs().max() < 1e-12
    one = torch.zeros(4, 2, 8, dtype=torch.float64)
    one[..., 3] = 1
    # Mean 1/2 of loads 0 and 4: variance 7/4, of 768 numbers 767 free.
    expected = torch.full((2,), 7 * 768 / 767, dtype=torch.float64)
    torch.testing.assert_close(load_imbalance(one, 96), expected)


def test_the_gate_prefers_so_many_experts_and_drops_none():
    gate = Gate(6, n_experts=5, top_k=2).double().eval()
    rows = 3 * draw(50, 6)
    shares = gate(rows)
    torch.testing.assert_close(shares.sum(-1), torch.ones(50, dtype=torch.float64))
    assert (shares > 0).all()
    chosen = gate.logits(rows).topk(2).indices
    assert torch.equal(shares.topk(2).indices, chosen)


def test_noise_is_drawn_while_training_alone():
    net, x = build(), draw(4, 24, 3)
    assert torch.equal(net.eval()(x), net(x))
    assert not torch.equal(net.train()(x), net(x))


def test_it_exports():
    net = build(channels=2).float().eval()
    x = draw(4, 24, 2).float()
    exported = torch.export.export(net, (x,))
    torch.testing.assert_close(exported.module()(x), net(x))
