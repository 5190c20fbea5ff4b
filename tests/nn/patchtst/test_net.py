import pytest
import torch

from skscale.nn import PatchTSTNet
from skscale.nn.patchtst.official import patchtst_places

from ..reference_transformers import PlainLibraryPatchTST, PlainPatchTST

PLAIN = {"official": PlainPatchTST, "tslib": PlainLibraryPatchTST}
every_variant = pytest.mark.parametrize("variant", PLAIN)


def draw(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def small(context=13, n_channels=3, **options):
    torch.manual_seed(0)
    options = {"d_model": 8, "d_ff": 6, "n_heads": 2, "n_layers": 2, **options}
    return PatchTSTNet(context, 4, n_channels, **options).double()


@every_variant
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("n_layers", [1, 3])
@pytest.mark.parametrize(("context", "patch"), [(13, (4, 3)), (12, (4, 2)), (5, (8, 4))])
def test_equals_the_plain_form(context, patch, n_layers, training, variant):
    length, stride = patch
    options = {"n_layers": n_layers, "patch_length": length, "stride": stride}
    net = small(context, variant=variant, **options).train(training)
    plain = PLAIN[variant](context, 4, (8, 2, 6), n_layers, patch).double().train(training)
    weights = {name: value.detach() for name, value in patchtst_places(net)}
    plain.load_state_dict(weights, strict=False)
    x = draw(5, context, 3)
    found, expected = net(x), plain(x)
    torch.testing.assert_close(found, expected)
    found.sin().sum().backward()
    expected.sin().sum().backward()
    after = {name: value.clone() for name, value in patchtst_places(net) if "running" in name}
    for parameter in net.parameters():
        parameter.data = parameter.grad
    places = dict(patchtst_places(net))
    for name, parameter in plain.named_parameters():
        torch.testing.assert_close(places[name], parameter.grad, msg=name)
    for name, value in plain.named_buffers():
        if "running" in name:
            torch.testing.assert_close(after[name], value, msg=name)


@every_variant
@pytest.mark.parametrize("context", [1, 2, 3, 15, 16, 17, 23, 31])
def test_the_newest_point_counts_whatever_the_length(context, variant):
    net = small(context, variant=variant, normalize=False).eval()
    x = draw(2, context, 3)
    newer = torch.cat((x[:, :-1], x[:, -1:] + 1), dim=1)
    assert not torch.allclose(net(x), net(newer))


def test_without_padding_points_behind_the_last_patch_have_no_effect():
    net = small(13, patch_length=4, stride=3, pad_end=False, normalize=False).eval()
    x = draw(2, 13, 3)
    assert net.branches[0].embedding.positions.shape == (4, 8)
    assert not torch.allclose(net(x), net(torch.cat((x[:, :-1], x[:, -1:] + 1), dim=1)))
    net = small(14, patch_length=4, stride=3, pad_end=False, normalize=False).eval()
    x = draw(2, 14, 3)
    assert torch.equal(net(x), net(torch.cat((x[:, :-1], x[:, -1:] + 1), dim=1)))


@every_variant
def test_forecasts_know_neither_batch_mates_nor_other_channels(variant):
    net, x = small(variant=variant).eval(), draw(5, 13, 3)
    order = [2, 0, 1]
    torch.testing.assert_close(net(x[..., order]), net(x)[..., order])
    one = small(n_channels=1, variant=variant).eval()
    one.load_state_dict(net.state_dict())
    torch.testing.assert_close(one(x[3:4, :, 1:2]), net(x)[3:4, :, 1:2])


@every_variant
@pytest.mark.parametrize("context", [1, 7])
def test_a_batch_of_one_window_of_one_channel_trains(context, variant):
    net = small(context, n_channels=1, variant=variant, patch_length=1, stride=1).train()
    loss = net(draw(1, context, 1)).sin().sum()
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad.isfinite().all() for p in net.parameters())


def test_one_value_of_every_feature_is_normalised_by_the_running_statistics():
    net = small(2, n_channels=1, patch_length=2, stride=2, pad_end=False).train()
    x = draw(1, 2, 1)
    trained = net(x)
    assert torch.equal(trained, net.eval()(x))


@every_variant
@pytest.mark.parametrize("value", [0.0, 5.0, 1e6])
def test_constant_windows_forecast_something_finite(value, variant):
    net = small(9, variant=variant, decomposition=True).float()
    x = torch.full((3, 9, 3), value)
    forecast = net(x)
    assert forecast.isfinite().all()
    forecast.sum().backward()
    assert all(p.grad.isfinite().all() for p in net.parameters())


@pytest.mark.parametrize("moving_avg", [1, 4, 5, 25])
def test_two_branches_forecast_the_moving_average_and_the_rest(moving_avg):
    net = small(decomposition=True, moving_avg=moving_avg).eval()
    alone = small().eval()
    x = draw(2, 13, 3)
    ends = torch.cat((x[:, :1],) * ((moving_avg - 1) // 2) + (x,) + (x[:, -1:],) * moving_avg, 1)
    trend = ends.unfold(1, moving_avg, 1).mean(-1)[:, :13]
    expected = 0
    for i, part in enumerate((x - trend, trend)):
        alone.norms[0].load_state_dict(net.norms[i].state_dict())
        alone.branches[0].load_state_dict(net.branches[i].state_dict())
        expected = expected + alone(part)
    torch.testing.assert_close(net(x), expected)


def test_forecasts_around_the_last_value_follow_it():
    net, x = small(subtract_last=True).eval(), draw(2, 13, 3)
    moved = torch.cat((x[:, :-1], x[:, -1:] * 0 + 3), dim=1)
    z, state = net.norms[0](moved)
    assert (z[:, -1] == 0).all()
    assert (state.location == 3).all()
    torch.testing.assert_close(state.scale, (moved.var(1, correction=0) + 1e-5).sqrt()[:, None])


def test_padding_is_no_part_of_a_moving_average():
    net = small(decomposition=True).eval()
    x, mask = draw(1, 13, 3), torch.arange(13).unsqueeze(0) >= 6
    filled = x.clone()
    filled[:, :6] = x[:, 6:].mean(1, keepdim=True)
    seen = []
    net.norms[1].register_forward_hook(lambda module, given, result: seen.append(given[0]))
    net(x, mask=mask)
    net(filled)
    torch.testing.assert_close(*seen)


def test_future_features_begin_without_effect():
    net = small(n_future_features=2).eval()
    x, future = draw(5, 13, 3), draw(5, 4, 2)
    assert torch.equal(net(x, None, future), net(x))
    with torch.no_grad():
        net.future_projection.weight += 1.0
    spread = (net(x, None, future) - net(x)) / future.sum(2, keepdim=True)
    torch.testing.assert_close(spread, (x.var(1, correction=0) + 1e-5).sqrt()[:, None] + 0 * spread)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patch_length": 20, "stride": 6}, "patch_length must be at most 19 for 13 points"),
        ({"patch_length": 4, "stride": 5}, "stride must be an integer from 1 to 4, got 5"),
        ({"n_heads": 3}, "n_heads must divide d_model=8, got 3"),
        ({"patch_length": "long"}, "patch_length must be an integer >= 1, got 'long'"),
    ],
)
def test_sizes_that_do_not_fit_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        small(13, **options)


@every_variant
def test_odd_features_have_positions(variant):
    assert small(d_model=5, n_heads=1, variant=variant)(draw(2, 13, 3)).isfinite().all()
