"""The network against its plain form, and what is TimeMixer's alone."""

import pytest
import torch
from torch.nn import functional as F

from skscale.nn import TimeMixerNet
from skscale.nn.timemixer import net as timemixer_module
from skscale.nn.timemixer.official import timemixer_official_names

from ..reference_timemixer import timemixer


def _net(**arguments):
    torch.manual_seed(0)
    defaults = {"d_model": 4, "d_ff": 6, "moving_avg": 5, "down_sampling_layers": 2, "dropout": 0.0}
    sizes = {"context_length": 24, "prediction_length": 12, "n_channels": 3}
    net = TimeMixerNet(**(sizes | defaults | arguments))
    with torch.no_grad():  # the affine maps of the normalisation start as the identity
        for parameter in net.norms.parameters():
            parameter.add_(0.3 * torch.rand_like(parameter))
    return net


def _reference(net, config, x, past=None, future=None):
    names = timemixer_official_names(net)
    params = {
        names[name]: value.detach().clone().requires_grad_()
        for name, value in net.named_parameters()
    }
    return timemixer(params, config, x, past, future), params


SETTINGS = {
    "default": {},
    "one scale": {"down_sampling_layers": 0},
    "two scales": {"down_sampling_layers": 1},
    "odd length": {"context_length": 97, "down_sampling_layers": 3, "moving_avg": 25},
    "length 100, window 3": {"context_length": 100, "down_sampling_window": 3},
    "max": {"down_sampling_method": "max"},
    "no normalisation": {"normalize": False},
    "three blocks": {"n_layers": 3},
    "mixed": {"channel_independent": False},
    "mixed, odd length": {"channel_independent": False, "context_length": 25},
    "mixed, no normalisation, max": {
        "channel_independent": False,
        "normalize": False,
        "down_sampling_method": "max",
    },
    "mixed, wide": {"channel_independent": False, "n_channels": 7, "d_model": 3},
    "features": {"n_past_features": 2, "n_future_features": 2},
    "features, odd length": {
        "n_past_features": 2,
        "n_future_features": 2,
        "context_length": 97,
        "down_sampling_layers": 3,
    },
    "past features": {"n_past_features": 2},
    "mixed, past features": {"channel_independent": False, "n_past_features": 2},
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_equals_the_plain_form(setting):
    """Float32 values and gradients; batches of several windows, each with its own features."""
    net = _net(**SETTINGS[setting])
    config = {
        "pred_len": net.prediction_length,
        "e_layers": len(net.blocks),
        "channel_independence": net.channel_independent,
        "down_sampling_layers": len(net.lengths) - 1,
        "down_sampling_window": net.window,
        "down_sampling_method": net.pyramid.method,
        "moving_avg": net.blocks[0].decomposition.kernel_size,
        "use_norm": net.norms[0].normalize,
        "use_future_temporal_feature": net.n_future_features > 0,
    }
    x = 10 + 3 * torch.randn(4, net.context_length, net.n_channels)
    y = 10 + 3 * torch.randn(4, net.prediction_length, net.n_channels)
    past = torch.randn(4, net.context_length, 2) if net.n_past_features else None
    future = torch.randn(4, net.prediction_length, 2) if net.n_future_features else None
    expected, params = _reference(net, config, x, past, future)
    output = net(x, past, future)
    torch.testing.assert_close(output, expected, atol=1e-5, rtol=1e-5)
    F.mse_loss(output, y).backward()
    F.mse_loss(expected, y).backward()
    names = timemixer_official_names(net)
    for name, parameter in net.named_parameters():
        grad = params[names[name]].grad
        if grad is None:
            assert parameter.grad is None
            continue
        # What a normalisation's bias loses in the last bits is a sum that nearly cancels.
        tolerance = 1e-5 * max(1.0, float(grad.abs().max()))
        torch.testing.assert_close(parameter.grad, grad, atol=tolerance, rtol=0, msg=name)


def _inputs(net, batch=5):
    torch.manual_seed(2)
    x = 4 + torch.randn(batch, net.context_length, net.n_channels, dtype=torch.float64)
    past = torch.randn(batch, net.context_length, 2, dtype=torch.float64)
    future = torch.randn(batch, net.prediction_length, 2, dtype=torch.float64)
    mask = torch.arange(net.context_length) >= torch.tensor([[0], [3], [8], [17], [0]])[:batch]
    return x, past, future, mask


def test_independent_channels_do_not_see_each_other():
    for method in ("avg", "max", "conv"):
        net = _net(down_sampling_method=method).double()
        with torch.no_grad():
            for norm in net.norms:
                norm.weight.fill_(1.0)
                norm.bias.fill_(0.0)
        x = _inputs(net)[0]
        order = [2, 0, 1]
        torch.testing.assert_close(net(x[..., order]), net(x)[..., order])


def test_convolution_is_registered_and_trained():
    """Published: random filters in every call, in no state dict, without gradient."""
    net = _net(down_sampling_method="conv", context_length=25)
    x = torch.randn(2, 25, 3)
    assert torch.equal(net(x), net(x))
    assert "pyramid.filter.weight" in net.state_dict()
    net(x).square().sum().backward()
    assert net.pyramid.filter.weight.grad.abs().max() > 0


@pytest.mark.parametrize("channel_independent", [True, False])
def test_future_features_enter_at_their_own_time(channel_independent):
    net = _net(n_past_features=3, n_future_features=2, channel_independent=channel_independent)
    x = torch.randn(4, 24, 3)
    future = torch.zeros(4, 12, 2)
    base = net(x, None, future)
    torch.testing.assert_close(base, net(x))
    future[1, 5, 0] = 1.0
    changed = (net(x, None, future) - base).abs() > 1e-6
    expected = torch.zeros(4, 12, 3, dtype=torch.bool)
    expected[1, 5] = True
    assert torch.equal(changed, expected)


def test_rows_may_be_walked_in_blocks(monkeypatch):
    net = _net(n_past_features=2).double()
    x, past, _, mask = _inputs(net)
    runs = []
    for elements in (2**22, 500):
        monkeypatch.setattr(timemixer_module, "_ROW_BLOCK_ELEMENTS", elements)
        output = net(x, past, None, mask)
        gradients = torch.autograd.grad(output.square().sum(), list(net.parameters()))
        runs.append([output, *gradients])
    for whole, blocks in zip(*runs, strict=True):
        torch.testing.assert_close(whole, blocks, atol=1e-9, rtol=1e-9)


def test_dropout_acts_in_training_only():
    net = _net(dropout=0.5)
    x = torch.randn(2, 24, 3)
    assert not torch.equal(net(x), net(x))
    net.eval()
    assert torch.equal(net(x), net(x))
