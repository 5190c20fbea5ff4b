import pytest
import torch

from skscale.nn import TimeMixerPPNet
from skscale.nn.timemixerpp.images import ImageAttention, as_images

from ..reference_timemixerpp import plain


def draw(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def small(*sizes, **options):
    """A network with values of its own in every parameter."""
    torch.manual_seed(0)
    defaults = {"d_model": 4, "d_ff": 5, "n_kernels": 2, "down_sampling_layers": 2}
    net = TimeMixerPPNet(*sizes, **defaults | options).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.2 * torch.rand_like(parameter))
    return net


@pytest.mark.parametrize(
    ("sizes", "options"),
    [
        ((32, 4, 3), {"n_heads": 3, "n_layers": 2, "head": "coarsest"}),
        ((27, 5, 2), {"down_sampling_method": "conv", "head": "finest", "top_k": 3}),
        ((45, 6, 2), {"n_kernels": 4, "down_sampling_layers": 1, "top_k": 11, "d_model": 5}),
        ((37, 3, 2), {"down_sampling_window": 3, "head": "mean", "down_sampling_method": "max"}),
        ((29, 3, 3), {"channel_independent": False, "n_layers": 2}),
        ((26, 3, 2), {"channel_independent": False, "down_sampling_method": "conv"}),
        ((9, 3, 1), {"down_sampling_layers": 0, "top_k": 4, "channel_mixing": False}),
        ((7, 2, 2), {"top_k": 1}),
        ((1, 2, 2), {"top_k": 1, "down_sampling_layers": 0}),
    ],
)
def test_equals_the_plain_form(sizes, options):
    net = small(*sizes, **options)
    x = draw(3, sizes[0], sizes[2]).cumsum(1)
    used = list(net.parameters())
    results = []
    for forecast in (net(x), plain(net, x)):
        gradients = torch.autograd.grad(forecast.sin().sum(), used, materialize_grads=True)
        results.append([forecast, *gradients])
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-9)


def test_images_of_all_scales_fit_each_other():
    for length in range(8, 64):
        lengths = [length // 2**i for i in range(4)]
        scales = [torch.ones(1, n, 1) for n in lengths]
        for period in {lengths[-1] // f for f in range(1, max(lengths[-1] // 2, 1) + 1)}:
            images = as_images(scales, period, 2)
            for i, image in enumerate(images):
                assert image.sum() == lengths[i]
                assert image.shape[2] == period
                if i:
                    assert image.shape[1] == -(-images[i - 1].shape[1] // 2)


def test_images_have_a_row_for_each_period():
    (image,) = as_images([torch.arange(7.0).reshape(1, 7, 1)], 3, 2)
    assert image[0, ..., 0].tolist() == [[0, 1, 2], [3, 4, 5], [6, 0, 0]]


def test_attention_starts_without_effect():
    torch.manual_seed(0)
    layer, image = ImageAttention(3, 5).double(), draw(2, 4, 6, 3)
    assert torch.equal(layer(image), image)
    layer(image).sum().backward()
    assert layer.gamma.grad.abs() > 0


@pytest.mark.parametrize("columns", [6, 20])
def test_folded_attention_is_that_of_queries_and_keys(columns):
    torch.manual_seed(0)
    layer, image = ImageAttention(3, 5).double(), draw(2, 4, columns, 3)
    layer.gamma.data.fill_(0.7)
    weights = (layer.query(image) @ (layer.key(image) + 1.5).mT).softmax(-1)
    expected = image + 0.7 * weights @ layer.value(image)
    torch.testing.assert_close(layer(image), expected)


def test_periods_of_windows_differ():
    net = small(32, 4, 1, down_sampling_layers=1, top_k=1)
    t = torch.arange(32, dtype=torch.float64)
    x = torch.stack([torch.sin(2 * torch.pi * t / period) for period in (8, 16)]).unsqueeze(2)
    hidden, _ = net._embedded(x, None, None)
    periods, _ = net.blocks[0]._periods(hidden[-1])
    assert periods.flatten().tolist() == [4, 8]  # steps of two points
    torch.testing.assert_close(net(x), torch.cat([net(x[:1]), net(x[1:])]))
    assert not torch.allclose(net(x), plain(net, x, common=True))


@pytest.mark.parametrize("channel_independent", [True, False])
def test_channels_that_do_not_mix_forecast_alone(channel_independent):
    options = {"channel_mixing": False, "channel_independent": channel_independent}
    net = small(16, 4, 2, top_k=1, **options)
    x, other = draw(2, 16, 2), draw(2, 16, 2)
    other[..., 1] += torch.linspace(0, 1e-3, 16)
    alone = torch.allclose(net(x)[..., 0], net(other)[..., 0], rtol=1e-12, atol=0)
    assert alone == channel_independent


def test_the_order_of_channels_does_not_matter():
    net = TimeMixerPPNet(16, 4, 3, top_k=1).double()
    x = draw(2, 16, 3)
    torch.testing.assert_close(net(x[..., [2, 0, 1]]), net(x)[..., [2, 0, 1]])


def test_only_heads_that_are_read_exist():
    for head, lengths in {"coarsest": [4], "finest": [16], "mean": [16, 8, 4]}.items():
        net = small(16, 4, 2, head=head)
        assert [one.in_features for one in net.predictors] == lengths
        names = [f"scale {16 // n}" for n in lengths]
        assert list(net.forecast_parts(draw(2, 16, 2))) == names


def test_a_scale_needs_a_point_and_periods():
    with pytest.raises(ValueError, match="needs at least 8 time points, got 7"):
        TimeMixerPPNet(7, 2, 1)
    with pytest.raises(ValueError, match="top_k must be an integer from 1 to 6, got 7"):
        TimeMixerPPNet(96, 2, 1, top_k=7)
    with pytest.raises(ValueError, match="n_heads must be an integer from 1 to 2, got 3"):
        TimeMixerPPNet(16, 2, 1, top_k=1, n_heads=3)


def test_features_of_the_future_start_without_effect():
    net = TimeMixerPPNet(16, 6, 2, top_k=1, n_future_features=1).double()
    x = draw(3, 16, 2)
    assert torch.equal(net(x), net(x, future_features=torch.ones(3, 6, 1, dtype=torch.float64)))


@pytest.mark.parametrize("level", [0.0, 7.1, 1e6])
def test_constant_windows_are_forecast_near_their_level(level):
    forecast = TimeMixerPPNet(16, 6, 2, top_k=1)(torch.full((3, 16, 2), level))
    assert (forecast - level).abs().max() <= 0.1 + 1e-6 * level


@pytest.mark.parametrize("length", [1, 2, 7])
def test_one_window_and_one_channel_train(length):
    layers = {1: 0, 2: 1, 7: 2}[length]
    net = TimeMixerPPNet(length, 3, 1, top_k=1, down_sampling_layers=layers, dropout=0.1).train()
    net(draw(1, length, 1).float()).square().mean().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in net.parameters())
    assert net.projection.weight.grad is not None
