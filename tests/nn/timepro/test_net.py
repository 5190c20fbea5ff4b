import copy

import pytest
import torch

from skscale.nn import TimeProNet

from ..reference_timepro import plain


def draw(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def build(*sizes, **options):
    torch.manual_seed(0)
    net = TimeProNet(*sizes, **{"d_model": 4, "n_layers": 1} | options).double()
    with torch.no_grad():
        for value in net.parameters():
            value.add_(0.1 * torch.randn_like(value))
    return net


@pytest.mark.parametrize(
    ("sizes", "options"),
    [
        ((24, 5, 3), {}),
        ((24, 5, 3), {"n_layers": 2, "d_model": 32, "patch_length": 8, "stride": 8}),
        ((25, 5, 4), {"d_model": 6, "patch_length": 7, "stride": 3, "normalize": False}),
        ((12, 7, 1), {"d_model": 16}),
        ((6, 4, 2), {"patch_length": 12, "stride": 6}),
        ((1, 3, 2), {}),
    ],
)
def test_equals_the_plain_form(sizes, options):
    net, x = build(*sizes, **options), draw(3, sizes[0], sizes[2])
    results = []
    for forecast in (net(x), plain(net, x)):
        forecast.sin().sum().backward()
        gradients = [p.grad for p in net.parameters() if p.grad is not None and p.grad.any()]
        results.append([forecast.detach(), *gradients])
        net.zero_grad()
    torch.testing.assert_close(*results, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("length", [1, 2, 5, 11, 97])
def test_any_length_and_one_channel_train(length, channels):
    net = TimeProNet(length, 3, channels, d_model=4, initial="average").train()
    forecast = net(draw(2, length, channels).float())
    forecast.square().mean().backward()
    assert forecast.isfinite().all()
    gradients = {name: p.grad for name, p in net.named_parameters()}
    # From one channel to the next there is no step with one alone.
    assert channels > 1 or gradients.pop("layers.1.scan.log_rate") is None
    assert channels > 1 or gradients.pop("layers.0.scan.log_rate") is None
    assert all(gradient.isfinite().all() for gradient in gradients.values())


def test_the_order_of_channels_matters_and_batch_mates_do_not():
    net, x = build(24, 5, 4), draw(3, 24, 4)
    assert not torch.allclose(net(x.flip(2)).flip(2), net(x))
    torch.testing.assert_close(net(x[1:2]), net(x)[1:2], rtol=1e-12, atol=1e-12)


def test_constant_windows_have_finite_forecasts_and_gradients():
    net = build(24, 5, 3)
    forecast = net(torch.full((2, 24, 3), 7.0, dtype=torch.float64))
    forecast.sum().backward()
    assert forecast.isfinite().all()
    assert all(p.grad.isfinite().all() for p in net.parameters())


def test_the_window_stays_as_it_was_and_gets_gradients():
    net, x = build(24, 5, 3), draw(2, 24, 3).requires_grad_()
    before = x.detach().clone()
    net(x).sin().sum().backward()
    assert torch.equal(x, before)
    assert (x.grad != 0).all()


def test_every_weight_learns_in_the_first_step_where_shares_start_alike():
    torch.manual_seed(0)
    asleep = {}
    for initial in ("zero", "average"):
        net = TimeProNet(24, 5, 3, d_model=4, n_layers=1, initial=initial)
        net(draw(4, 24, 3).float()).square().sum().backward()
        asleep[initial] = [n for n, p in net.named_parameters() if not p.grad.any()]
    parts = ("selection", "step", "log_rate", "value", "out")
    assert all(any(f".{part}." in f".{n}." for n in asleep["zero"]) for part in parts)
    assert asleep["average"] == []


@pytest.mark.parametrize(
    ("length", "patch", "stride", "n_patches"),
    [
        (96, 12, 6, 16),
        (97, 13, 6, 16),
        (336, 42, 21, 16),
        (512, 64, 32, 16),
        (24, 12, 6, 4),
        (5, 5, 2, 2),
        (1, 1, 1, 2),
    ],
)
def test_patches_left_open_keep_the_size_of_a_token(length, patch, stride, n_patches):
    net = TimeProNet(length, 3, 1, d_model=2)
    assert (net.patch_length, net.stride) == (patch, stride)
    assert net.head.in_features == 2 * n_patches


def test_no_patch_that_fits_is_named():
    with pytest.raises(ValueError, match="patch_length must be at most 11 for 8 points"):
        TimeProNet(8, 3, 1, patch_length=12, stride=3)


def test_features_start_without_effect_and_act_on_all_channels_alike():
    features = {"n_past_features": 2, "n_future_features": 1}
    torch.manual_seed(0)
    net = TimeProNet(24, 5, 3, d_model=4, **features).double()
    x, past, ahead = draw(2, 24, 3), draw(2, 24, 2, seed=2), draw(2, 5, 1, seed=3)
    assert torch.equal(net(x, past, ahead), net(x))
    with torch.no_grad():
        net.past_projection.weight.normal_()
    moved = net(x, past)
    assert not torch.isclose(moved, net(x)).any()
    same = x[..., :1].expand(-1, -1, 3)
    one = copy.deepcopy(net)
    one.any_channels = True
    torch.testing.assert_close(net._patches(past).shape, (2, 2, 4, 12))
    assert one(same[..., :1], past).shape == (2, 5, 1)


def test_no_dropout_is_none():
    x = draw(3, 24, 2)
    net = build(24, 5, 2).train()
    assert torch.equal(net(x), net(x))
    net = build(24, 5, 2, dropout=0.5).train()
    assert not torch.equal(net(x), net(x))
