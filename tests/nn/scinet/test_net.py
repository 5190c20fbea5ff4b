import math

import pytest
import torch

from skscale.nn import SCINetNet

from ..reference_scinet import plain


def draw(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def small(*sizes, **options):
    torch.manual_seed(0)
    return SCINetNet(*sizes, **options).double()


@pytest.mark.parametrize(
    ("sizes", "options"),
    [
        ((32, 8, 3), {"hidden_size": 2}),
        ((32, 8, 3), {"kernel_size": 4, "n_levels": 4}),
        ((16, 5, 4), {"groups": 2, "hidden_size": 0.5}),
        ((16, 5, 2), {"modified": False, "hidden_size": 1.5}),
        ((16, 9, 2), {"n_stacks": 2, "concat_length": 8}),
        ((13, 6, 2), {"n_stacks": 2, "kernel_size": 1}),
        ((26, 10, 3), {"variant": "tslib", "n_levels": 4, "kernel_size": 3}),
    ],
)
def test_equals_the_plain_form(sizes, options):
    net = small(*sizes, **options, normalize=False, affine=False)
    x = draw(3, sizes[0], sizes[2])
    assert_equal_with_gradients(net, x)


@pytest.mark.parametrize("modified", [True, False])
@pytest.mark.parametrize("length", [1, 2, 3, 5, 6, 7, 9, 11, 12, 17, 18, 19, 21, 26, 27, 31])
def test_halves_of_several_lengths_go_through_one_convolution(length, modified):
    net = small(length, 2, 2, modified=modified, normalize=False, affine=False)
    assert_equal_with_gradients(net, draw(2, length, 2))


def assert_equal_with_gradients(net, x):
    found, expected = net(x), plain(net, x)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    for forecast in (found, expected):
        forecast.sin().sum().backward()
        results = [torch.zeros_like(p) if p.grad is None else p.grad for p in net.parameters()]
        net.zero_grad()
        if forecast is found:
            ours = results
    torch.testing.assert_close(ours, results, rtol=1e-9, atol=1e-9)


def test_groups_of_one_channel_do_not_mix_channels():
    net = small(16, 4, 3, groups=3)
    x, other = draw(2, 16, 3), draw(2, 16, 3, seed=2)
    other[..., 1] = x[..., 1]
    torch.testing.assert_close(net(x)[..., 1], net(other)[..., 1])
    assert not torch.allclose(net(x)[..., 0], net(other)[..., 0])


def test_positions_are_sines_and_then_cosines():
    net = small(3, 1, 3, positions=True)
    expected = [[math.sin(t), math.sin(t * 1e-4), math.cos(t)] for t in range(3)]
    found = net.positions()
    torch.testing.assert_close(found, torch.tensor(expected).double(), rtol=0, atol=1e-7)


def test_positions_leave_the_window_as_it_was():
    net, x = small(8, 2, 2, positions=True), draw(2, 8, 2)
    before = x.clone()
    net(x)
    assert torch.equal(x, before)


@pytest.mark.parametrize("variant", ["official", "tslib"])
def test_positions_come_before_or_behind_the_normalisation(variant):
    options = {"variant": variant, "affine": False}
    net, bare = small(16, 4, 2, positions=True, **options), small(16, 4, 2, **options)
    x, table = draw(2, 16, 2), net.positions()
    if variant == "official":
        return torch.testing.assert_close(net(x), bare(x + table))
    z, state = bare.norm(x)
    bare.norm.normalize = False
    torch.testing.assert_close(net(x), bare(z + table) * state.scale + state.location)


def test_the_first_forecast_is_that_of_one_stack():
    two, one = small(16, 4, 2, n_stacks=2), small(16, 4, 2)
    one.norm, one.tree, one.projection = two.norm, two.tree, two.projection
    x = draw(2, 16, 2)
    torch.testing.assert_close(two.first_forecast(x), one(x))
    assert not torch.allclose(two(x), one(x))


def test_features_start_without_effect():
    net = small(12, 6, 2, n_past_features=1, n_future_features=1)
    x, ones = draw(3, 12, 2), torch.ones(3, 12, 1, dtype=torch.float64)
    assert torch.equal(net(x), net(x, ones, ones[:, :6]))


def test_no_dropout_is_none():
    net, x = small(12, 6, 2).train(), draw(3, 12, 2)
    assert torch.equal(net(x), net(x))
    net = small(12, 6, 2, dropout=0.5).train()
    assert not torch.equal(net(x), net(x))


@pytest.mark.parametrize("length", [1, 2, 3, 8])
def test_one_window_and_one_channel_train(length):
    net = SCINetNet(length, 3, 1, n_levels=3).train()
    forecast = net(draw(1, length, 1).float())
    forecast.square().mean().backward()
    assert forecast.isfinite().all()
    gradients = [p.grad for p in net.parameters() if p.grad is not None]
    assert gradients
    assert all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("options", [{"groups": 2}, {"groups": 3, "hidden_size": 0.5}])
def test_groups_divide_channels_and_hidden_channels(options):
    with pytest.raises(ValueError, match=r"groups must divide n_channels=3 and the \d hidden"):
        SCINetNet(8, 2, 3, **options)
