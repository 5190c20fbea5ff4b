import pytest
import torch

from skscale.nn import NHiTSNet

from ..reference_nhits import batched, plain


def draw(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def small(*sizes, **options):
    """A network with values of its own in every parameter."""
    torch.manual_seed(0)
    sized = {"hidden_sizes": (6, 5), "pool_sizes": (4, 2, 1), "downsampling": (4, 2, 1)}
    return NHiTSNet(*sizes, **sized | options).double()


@pytest.mark.parametrize(
    ("sizes", "options"),
    [
        ((13, 4, 3), {}),
        ((12, 24, 2), {"pooling": "average", "interpolation": "nearest"}),
        ((12, 24, 2), {"interpolation": "cubic", "activation": "selu"}),
        ((9, 7, 1), {"n_blocks": (2, 1, 3), "activation": "tanh"}),
        ((9, 7, 2), {"n_blocks": (2, 1, 3), "shared_weights": True, "interpolation": "cubic"}),
        ((1, 1, 1), {}),
        ((5, 30, 2), {"pool_sizes": (40, 3), "downsampling": (50, 7), "n_blocks": (1, 1)}),
    ],
)
def test_equals_the_plain_form(sizes, options):
    net = small(*sizes, **options, normalize=False)
    x = draw(3, sizes[0], sizes[2]).cumsum(1)
    assert_equal_with_gradients(net, net(x), plain(net, x))


@pytest.mark.parametrize("counts", [(3, 2), (2, 0), (0, 2)])
def test_features_stand_beside_every_pooled_window(counts):
    n_past, n_future = counts
    net = small(10, 6, 2, normalize=False, n_past_features=n_past, n_future_features=n_future)
    x = draw(3, 10, 2)
    past = draw(3, 10, n_past, seed=2) if n_past else None
    future = draw(3, 6, n_future, seed=3) if n_future else None
    assert_equal_with_gradients(net, net(x, past, future), plain(net, x, past, future))


def test_public_code_runs_all_rows_at_once():
    net = small(13, 8, 3, normalize=False)
    x = draw(4, 13, 3)
    torch.testing.assert_close(batched(net, x), plain(net, x))


def assert_equal_with_gradients(net, found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    gradients = [
        torch.autograd.grad(forecast.sin().sum(), list(net.parameters()))
        for forecast in (found, expected)
    ]
    torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-9)


def test_normalised_windows_are_forecast_as_numbers_around_zero():
    net, other = small(12, 5, 2), small(12, 5, 2, normalize=False)
    x = draw(4, 12, 2)
    mean, variance = x.mean(1, keepdim=True), x.var(1, correction=0, keepdim=True)
    scale = (variance + 1e-5).sqrt()
    torch.testing.assert_close(net(x), other((x - mean) / scale) * scale + mean)


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_padding_takes_no_part_in_a_pool(pooling):
    """Two values in the third of four groups: the others do not know of padding."""
    net = small(12, 5, 1, pool_sizes=(4, 3), downsampling=(1, 1), n_blocks=(1, 1), pooling=pooling)
    block = net.stacks[0][0]
    rest = torch.tensor([-3.0, -5.0, -4.0, -6.0, -2.0, -8.0, 0, 0, 0, 0, 0, 0]).reshape(1, 1, 12)
    shown = torch.arange(12).reshape(1, 1, 12) < 6
    expected = [-3.0, -2.0, 0.0] if pooling == "max" else [-4.5, -5.0, 0.0]
    assert block._pooled(rest, shown).flatten().tolist() == expected


def test_what_is_left_of_padding_stays_zero():
    """The second block sees what the first leaves of observed points alone."""
    net = small(8, 5, 1, pool_sizes=(2, 1), downsampling=(1, 1), n_blocks=(1, 1), normalize=False)
    x, mask = draw(2, 8, 1), torch.arange(8).expand(2, 8) >= 3
    padded = x.masked_fill(~mask.unsqueeze(-1), 0.0)
    seen = [rest for _, rest, _ in net._walk(padded, None, None, mask.unsqueeze(-1))]
    assert (seen[1][..., 5:] == 0).all()
    assert (seen[1][..., :5] != seen[0][..., :5]).all()


def test_parts_of_the_forecast_add_up_with_the_mean():
    net = small(12, 6, 2, n_blocks=(2, 1, 1), n_past_features=1, n_future_features=2)
    inputs = draw(3, 12, 2), draw(3, 12, 1), draw(3, 6, 2)
    parts = net.forecast_parts(*inputs)
    assert list(parts) == ["last value", "stack 1", "stack 2", "stack 3"]
    x = inputs[0]
    torch.testing.assert_close(parts["last value"], (x[:, -1:] - x.mean(1, True)).expand(-1, 6, -1))
    torch.testing.assert_close(sum(parts.values()) + x.mean(1, True), net(*inputs))


def test_parts_of_a_window_are_what_stacks_take():
    net = small(12, 6, 2, n_blocks=(2, 1, 1))
    x = draw(3, 12, 2)
    parts = net.window_parts(x)
    assert list(parts) == ["stack 1", "stack 2", "stack 3"]
    torch.testing.assert_close(sum(parts.values()), x)
    with torch.no_grad():
        for block in net.stacks[1]:
            block.head.weight.zero_()
            block.head.bias.zero_()
    assert (net.window_parts(x)["stack 2"].abs() < 1e-12).all()


def test_shared_blocks_are_one():
    net = small(12, 6, 1, n_blocks=(3, 1, 2), shared_weights=True)
    assert [len(stack) for stack in net.stacks] == [1, 1, 1]
    assert [i for i, _ in net.blocks()] == [0, 0, 0, 1, 2, 2]


def test_float64_stays_exact_where_the_public_cubic_form_is_float32():
    net = small(12, 96, 1, interpolation="cubic", normalize=False)
    x = draw(2, 12, 1)
    torch.testing.assert_close(net(x), plain(net, x), rtol=0, atol=1e-13)


def test_a_network_of_any_channels_forecasts_each_alike():
    net = small(12, 6, 1)
    x = draw(3, 12, 4)
    with pytest.raises(ValueError, match=r"x must have shape \(batch, 12, 1\)"):
        net(x)
    net.any_channels = True
    each = [net(x[..., i : i + 1]) for i in range(4)]
    torch.testing.assert_close(net(x), torch.cat(each, dim=2))


def test_no_dropout_is_none():
    net, x = small(12, 6, 2).train(), draw(3, 12, 2)
    assert torch.equal(net(x), net(x))
    net = small(12, 6, 2, dropout=0.5).train()
    assert not torch.equal(net(x), net(x))


def test_constant_windows_are_finite():
    net = small(12, 6, 2)
    assert net(torch.full((2, 12, 2), 7.0, dtype=torch.float64)).isfinite().all()


@pytest.mark.parametrize("name", ["downsampling", "n_blocks"])
def test_every_stack_has_a_number(name):
    with pytest.raises(ValueError, match=rf"{name} must have a number for each of the 3 stacks"):
        small(12, 6, 1, **{name: (1, 1)})
