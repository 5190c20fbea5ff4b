"""The network against recorded official results and against its plain form."""

import json
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from skscale.nn import TimeMixerNet
from skscale.nn import timemixer as timemixer_module
from skscale.persistence._timemixer import timemixer_from_official, timemixer_official_names

from .reference_timemixer import timemixer

CASES = sorted((Path(__file__).parents[1] / "data").glob("timemixer_*.npz"))


def _load(path, dtype=torch.float64):
    case = np.load(path)
    arrays = {name: torch.from_numpy(case[name]) for name in case.files if name != "config"}
    arrays = {name: value.to(dtype) for name, value in arrays.items()}
    state_dict = {
        name.removeprefix("param/"): value
        for name, value in arrays.items()
        if name.startswith("param/")
    }
    return json.loads(str(case["config"])), state_dict, arrays


def _net(**arguments):
    torch.manual_seed(0)
    defaults = {"d_model": 4, "d_ff": 6, "moving_avg": 5, "down_sampling_layers": 2, "dropout": 0.0}
    sizes = {"context_length": 24, "prediction_length": 12, "n_channels": 3}
    net = TimeMixerNet(**(sizes | defaults | arguments))
    with torch.no_grad():  # the affine maps of the normalisation start as the identity
        for parameter in net.norms.parameters():
            parameter.add_(0.3 * torch.rand_like(parameter))
    return net


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_recorded_official_results(path, dtype):
    config, state_dict, arrays = _load(path, dtype)
    net = timemixer_from_official(state_dict, config)
    output = net(arrays["x"], arrays.get("x_mark"), arrays.get("y_mark"))
    tolerance = 1e-5 if dtype == torch.float32 else 1e-9
    torch.testing.assert_close(output, arrays["output"], atol=tolerance, rtol=0)
    F.mse_loss(output, arrays["y"]).backward()
    gradients = {name: parameter.grad for name, parameter in net.named_parameters()}
    names = timemixer_official_names(net)
    found = {names[name]: grad for name, grad in gradients.items() if grad is not None}
    expected = {name[5:]: grad for name, grad in arrays.items() if name.startswith("grad/")}
    assert found.keys() == expected.keys()
    for name, grad in expected.items():
        torch.testing.assert_close(found[name], grad, atol=1e-4 * float(grad.abs().max()), rtol=0)


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


VARIANTS = {
    "independent": {},
    "mixed": {"channel_independent": False},
    "max": {"down_sampling_method": "max"},
    "conv": {"down_sampling_method": "conv"},
    "mixed conv": {"down_sampling_method": "conv", "channel_independent": False},
    "fourier": {"decomp_method": "dft_decomp", "top_k": 2},
    "mixed fourier": {
        "decomp_method": "dft_decomp",
        "channel_independent": False,
        "context_length": 27,
    },
}


def _inputs(net, batch=5):
    torch.manual_seed(2)
    x = 4 + torch.randn(batch, net.context_length, net.n_channels, dtype=torch.float64)
    past = torch.randn(batch, net.context_length, 2, dtype=torch.float64)
    future = torch.randn(batch, net.prediction_length, 2, dtype=torch.float64)
    mask = torch.arange(net.context_length) >= torch.tensor([[0], [3], [8], [17], [0]])[:batch]
    return x, past, future, mask


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_window_never_depends_on_its_batch(variant):
    """With features, the published module pairs windows with the features of others."""
    net = _net(n_past_features=2, n_future_features=2, **VARIANTS[variant]).double()
    inputs = _inputs(net)
    together = net(*inputs)
    alone = torch.cat([net(*(value[i : i + 1] for value in inputs)) for i in range(5)])
    torch.testing.assert_close(together, alone, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("variant", VARIANTS)
def test_padding_is_never_seen(variant):
    net = _net(n_past_features=2, n_future_features=2, **VARIANTS[variant]).double()
    x, past, future, mask = _inputs(net)
    padded = ~mask.unsqueeze(-1)
    other = net(x.masked_fill(padded, torch.nan), past.masked_fill(padded, 1e6), future, mask)
    torch.testing.assert_close(net(x, past, future, mask), other, atol=0, rtol=0)
    everything = torch.ones_like(mask)
    torch.testing.assert_close(
        net(x, past, future, everything), net(x, past, future), atol=1e-12, rtol=1e-12
    )


@pytest.mark.parametrize("variant", VARIANTS)
def test_shift_and_scale_of_the_data_carry_over(variant):
    net = _net(**VARIANTS[variant]).double()
    x, _, _, mask = _inputs(net)
    shift, scale = torch.tensor([-50.0, 0.0, 9.0]), 1e3
    moved = net(x * 1e3 * scale + shift, mask=mask)
    # Large enough for the 1e-5 added to the variance not to matter.
    expected = net(x * 1e3, mask=mask) * scale + shift
    torch.testing.assert_close(moved, expected, atol=1e-3, rtol=1e-6)


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


def test_forward_leaves_no_trace():
    net = _net()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    attributes = {name: set(vars(module)) for name, module in net.named_modules()}
    net(torch.randn(2, 24, 3))
    assert attributes == {name: set(vars(module)) for name, module in net.named_modules()}
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"context_length": 0}, "context_length must be an integer >= 1, got 0"),
        ({"prediction_length": 1.5}, "prediction_length must be an integer >= 1, got 1.5"),
        ({"n_channels": 0}, "n_channels must be an integer >= 1, got 0"),
        ({"d_model": 0}, "d_model must be an integer >= 1, got 0"),
        ({"d_ff": -1}, "d_ff must be an integer >= 1, got -1"),
        ({"n_layers": 0}, "n_layers must be an integer >= 1, got 0"),
        ({"down_sampling_layers": -1}, "down_sampling_layers must be an integer >= 0, got -1"),
        ({"down_sampling_layers": 5}, "needs at least 32 time points, got 24"),
        ({"down_sampling_window": 0}, "down_sampling_window must be an integer >= 1, got 0"),
        ({"down_sampling_method": None}, r"down_sampling_method must be one of .* got None"),
        ({"decomp_method": "stl"}, r"decomp_method must be one of .* got 'stl'"),
        ({"moving_avg": 0}, "moving_avg must be an integer >= 1, got 0"),
        ({"top_k": 0}, "top_k must be an integer >= 1, got 0"),
        ({"dropout": 1.0}, r"dropout must be in \[0, 1\), got 1.0"),
        ({"n_past_features": -1}, "n_past_features must be an integer >= 0, got -1"),
        ({"n_future_features": "2"}, "n_future_features must be an integer >= 0, got '2'"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        _net(**arguments)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"x": torch.zeros(2, 23, 3)}, r"x must have shape \(2, 24, 3\), got \(2, 23, 3\)"),
        ({"x": torch.zeros(24, 3)}, r"x must have shape \(24, 24, 3\), got \(24, 3\)"),
        ({"past_features": torch.zeros(2, 24, 1)}, r"past_features must have shape \(2, 24, 2\)"),
        ({"future_features": torch.zeros(2, 12, 1)}, r"future_features must have .* 12, 0\)"),
        ({"mask": torch.ones(2, 12).bool()}, r"mask must have shape \(2, 24\), got \(2, 12\)"),
    ],
)
def test_wrong_input(inputs, message):
    net = _net(n_past_features=2)
    with pytest.raises(ValueError, match=message):
        net(**({"x": torch.zeros(2, 24, 3)} | inputs))


def test_official_config_may_be_a_namespace_and_calendar_tables_are_skipped():
    config, state_dict, arrays = _load(CASES[0])
    expected = timemixer_from_official(state_dict, config)(arrays["x"])
    del state_dict["enc_embedding.temporal_embedding.embed.weight"]
    state_dict["enc_embedding.temporal_embedding.hour_embed.emb.weight"] = torch.zeros(24, 4)
    state_dict["enc_embedding.position_embedding.pe"] = torch.zeros(1, 5000, 4)
    net = timemixer_from_official(state_dict, Namespace(**config))
    assert net.n_past_features == 0
    torch.testing.assert_close(net(arrays["x"]), expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c, s: c.pop("enc_in"), r"config lacks \['enc_in'\]"),
        (lambda c, s: c.update(c_out=1), "c_out=1 must equal enc_in=3"),
        (lambda c, s: c.update(down_sampling_method="conv"), "cannot be reproduced"),
        (lambda c, s: c.update(decomp_method="dft_decomp"), "cannot be reproduced"),
        (lambda c, s: s.pop("projection_layer.bias"), r"lacks \['projection_layer.bias'\]"),
        (lambda c, s: s.update(head=torch.zeros(1)), r"unexpected entries \['head'\]"),
        (lambda c, s: c.update(pred_len=13), r"must have shape \(13, 24\), got \(12, 24\)"),
    ],
)
def test_wrong_checkpoint(change, message):
    config, state_dict, _ = _load(CASES[0])
    change(config, state_dict)
    with pytest.raises(ValueError, match=message):
        timemixer_from_official(state_dict, config)
