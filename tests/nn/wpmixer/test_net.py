import copy
import itertools
import sys

import pytest
import torch

from skscale.nn import WPMixerNet
from skscale.nn.wpmixer.official import wpmixer_from_official
from skscale.ops import filter_bank

from ...official_cases import load
from .. import reference_wpmixer as plain


def draw(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def build(context=24, horizon=6, channels=3, **options):
    torch.manual_seed(0)
    options = {"d_model": 4, "patch_length": 6, "stride": 3, "wavelet": "haar"} | options
    net = WPMixerNet(context, horizon, channels, **options)
    with torch.no_grad():
        for value in net.state_dict().values():  # not the filters
            value.add_(0.3 * torch.rand_like(value))
    return net.double()


FORMS = {
    "as published": {"wavelet": "db2"},
    "levels": {"wavelet": "haar", "level": 3},
    "long filters": {"wavelet": "coif4", "level": 2},
    "not orthogonal": {"wavelet": "bior3.1"},
    "of the library": {"affine": False, "branch_norm": False},
    "undecomposed": {"level": 0},
    "whole patches": {"patch_length": 4, "stride": 4, "token_factor": 2, "feature_factor": 1},
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("context", "horizon"), [(24, 6), (25, 7), (7, 13)])
@pytest.mark.parametrize("form", FORMS)
def test_equals_the_plain_form(form, context, horizon, training):
    options = FORMS[form]
    pytest.importorskip("pywt") if options.get("wavelet") in ("coif4", "bior3.1") else None
    net = build(context, horizon, **options).train(training)
    x = draw(4, context, 3)
    results = []
    for forecast in (
        net(x),
        plain.forecast(net, x, options.get("wavelet", "haar"), options.get("level", 1)),
    ):
        gradients = torch.autograd.grad(forecast.square().mean(), list(net.parameters()))
        results.append([forecast, *gradients])
    largest = max(float(expected.detach().abs().max()) for expected in results[1])
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-10 * largest)


def test_the_way_with_dropout_is_that_without(monkeypatch):
    net, x = build(dropout=0.5).train(), draw(3, 24, 3)
    monkeypatch.setattr("skscale.nn.layers.dropout.Dropout.forward", lambda self, x: x)
    torch.testing.assert_close(net(x), build(dropout=0.0).train()(x))


def test_every_dropout_drops():
    x = draw(3, 24, 3)
    for rates in ({"dropout": 0.5}, {"embedding_dropout": 0.5}):
        net = build(**rates)
        assert not torch.equal(net.train()(x), net(x))
        assert torch.equal(net.eval()(x), net(x))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("form", ["as published", "levels", "undecomposed"])
def test_one_channel_trains_in_either_type(form, dtype):
    net = build(channels=1, **FORMS[form]).to(dtype).train()
    forecast = net(draw(4, 24, 1).to(dtype))
    assert forecast.dtype == dtype
    forecast.square().mean().backward()
    assert all(p.grad.isfinite().all() for p in net.parameters())


@pytest.mark.parametrize("context", [1, 2, 3, 5, 25])
@pytest.mark.parametrize("horizon", [1, 4])
@pytest.mark.parametrize("options", [{}, {"wavelet": "db2", "level": 3}, {"level": 0}])
def test_patches_are_cut_to_short_contexts(context, horizon, options):
    """Public code stops where a patch is longer than the coefficients."""
    net = build(context, horizon, patch_length=16, stride=8, **options)
    for training, batch in itertools.product((True, False), (1, 3)):
        forecast = net.train(training)(draw(batch, context, 3))
        assert forecast.shape == (batch, horizon, 3)
        assert forecast.isfinite().all()


def test_a_training_batch_of_one_window_of_one_patch_of_one_value_is_finite():
    net = build(1, 1, channels=2, level=0, patch_length=1, stride=1, d_model=1).train()
    before = copy.deepcopy(net.state_dict())
    net.branches[0].patch_norm(torch.ones(1, 2, 1, 1).double())
    torch.testing.assert_close(net.state_dict(), before, rtol=0, atol=0)
    assert net(draw(1, 1, 2)).isfinite().all()


@pytest.mark.parametrize("training", [True, False])
def test_constant_windows_have_finite_forecasts_and_gradients(training):
    net = build().train(training)
    forecast = net(torch.full((3, 24, 3), 7.0).double())
    forecast.mean().backward()
    assert forecast.isfinite().all()
    assert all(p.grad.isfinite().all() for p in net.parameters())


def test_channels_may_come_in_any_order():
    """What belongs to a channel moves with it; all else is shared."""
    net, x = build().eval(), draw(4, 24, 3)
    order = torch.tensor([2, 0, 1])
    moved = copy.deepcopy(net)
    for name, value in moved.state_dict().items():
        if "norm." in name:
            value.copy_(value[order].clone())
    torch.testing.assert_close(moved(x[..., order]), net(x)[..., order])


def test_filters_are_exact_in_float64_and_follow_every_type():
    net, bank = build(wavelet="db2"), filter_bank("db2")
    torch.testing.assert_close(net.decomposition(), bank.decomposition, rtol=0, atol=1e-15)
    torch.testing.assert_close(net.reconstruction(), bank.reconstruction, rtol=0, atol=1e-15)
    assert torch.equal(net.float().decomposition(), bank.decomposition.float())
    assert not any("construction" in name or "composition" in name for name in net.state_dict())


def test_patches_longer_than_the_stride_leave_no_point_unseen():
    with pytest.raises(ValueError, match="stride must be at most patch_length=6, got 7"):
        build(stride=7)


def test_two_wavelets_need_no_pywavelets(monkeypatch):
    monkeypatch.setitem(sys.modules, "pywt", None)
    assert build(wavelet="db2").training
    with pytest.raises(ImportError, match=r"wavelet='db3' .* pip install skscale\[wavelets\]"):
        build(wavelet="db3")


def test_checkpoints_of_another_wavelet_are_refused():
    case = load("wpmixer_official", torch.float32)
    weights = {name: -value if "h0" in name else value for name, value in case.weights.items()}
    with pytest.raises(ValueError, match=r"does not fit config: dwt\.h0 is not of 'db2'"):
        wpmixer_from_official(weights, case.config)


def test_sizes_go_by_the_names_of_either_code():
    case = load("wpmixer_official", torch.float64)
    other = {{"c_in": "enc_in", "out_len": "pred_len"}.get(n, n): v for n, v in case.config.items()}
    x = case.tensors["x"]
    first, second = (
        wpmixer_from_official(case.weights, config).eval()(x) for config in (case.config, other)
    )
    assert torch.equal(first, second)


def test_it_exports():
    net = build(channels=2).float().eval()
    x = draw(4, 24, 2).float()
    exported = torch.export.export(net, (x,))
    torch.testing.assert_close(exported.module()(x), net(x))
