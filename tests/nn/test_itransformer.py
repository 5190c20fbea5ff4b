import pytest
import torch

from skscale.nn import ITransformerNet
from skscale.nn.itransformer import itransformer_from_official, itransformer_places
from skscale.official import from_official

from ..official_cases import load
from .reference_transformers import PlainITransformer


def draw(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def small(n_channels=3, **options):
    torch.manual_seed(0)
    sizes = {"d_model": 8, "d_ff": 6, "n_heads": 2, **options}
    return ITransformerNet(12, 4, n_channels, **sizes).double()


def plain_of(net, **options):
    plain = PlainITransformer(12, 4, 8, 6, 2, **options).double()
    plain.load_state_dict({name: value.detach() for name, value in itransformer_places(net)})
    return plain


@pytest.mark.parametrize("activation", ["gelu", "relu"])
@pytest.mark.parametrize("n_features", [0, 4])
@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("n_layers", [1, 3])
def test_equals_the_plain_form(n_layers, n_channels, n_features, activation):
    options = {"n_layers": n_layers, "activation": activation}
    net = small(n_channels, n_past_features=n_features, **options)
    plain = plain_of(net, **options)
    x, marks = draw(5, 12, n_channels), draw(5, 12, n_features) if n_features else None
    found, expected = net(x, marks), plain(x, marks)
    torch.testing.assert_close(found, expected)
    found.sin().sum().backward()
    expected.sin().sum().backward()
    for parameter in net.parameters():
        parameter.data = parameter.grad
    places = dict(itransformer_places(net))
    for name, parameter in plain.named_parameters():
        torch.testing.assert_close(places[name], parameter.grad, msg=name)


def test_channels_may_stand_in_any_order():
    net, x = small(), draw(5, 12, 3)
    order = [2, 0, 1]
    torch.testing.assert_close(net(x[..., order]), net(x)[..., order])


def test_channels_and_features_tell_about_each_other():
    net, x, features = small(n_past_features=1), draw(1, 12, 3), draw(1, 12, 1)
    assert not torch.allclose(net(x, features), net(x, features + 1))
    other = torch.cat((x[..., :2], draw(1, 12, 1, seed=2)), dim=2)
    assert not torch.allclose(net(x, features)[..., :2], net(other, features)[..., :2])


def test_one_channel_alone_trains_all_but_what_it_asks():
    net = small(n_channels=1).train()
    net(draw(5, 12, 1)).sin().sum().backward()
    for layer in net.layers:
        asked, answered = layer.attention.qkv.weight.grad.split([16, 8])
        assert (asked == 0).all()
        assert (answered != 0).any()


@pytest.mark.parametrize("context", [1, 2, 7])
@pytest.mark.parametrize("value", [0.0, 5.0, 1e6])
def test_constant_windows_of_any_length_forecast_something_finite(context, value):
    net = ITransformerNet(context, 5, 2, d_model=8, d_ff=6, n_heads=2)
    x = torch.full((3, context, 2), value)
    forecast = net(x)
    assert forecast.isfinite().all()
    forecast.sum().backward()
    assert all(p.grad.isfinite().all() for p in net.parameters())


def test_future_features_begin_without_effect():
    net = small(n_future_features=2)
    x, future = draw(5, 12, 3), draw(5, 4, 2)
    assert torch.equal(net(x, None, future), net(x))
    with torch.no_grad():
        net.future_projection.weight += 1.0
    spread = (net(x, None, future) - net(x)) / future.sum(2, keepdim=True)
    torch.testing.assert_close(spread, (x.var(1, correction=0) + 1e-5).sqrt()[:, None] + 0 * spread)


def test_imported_weights_take_any_channels_and_features():
    case = load("itransformer_marks", torch.float64)
    net = from_official("itransformer", case.weights, case.config)
    x, marks = case.tensors["x"], case.tensors["x_mark"]
    assert net.n_past_features == marks.shape[2]
    more = from_official("itransformer", case.weights, case.config | {"enc_in": 7, "freq": "t"})
    wide = torch.cat((x, x[..., :1], x), dim=2)
    assert more.n_past_features == 5
    assert more(wide, marks[..., :2]).shape == (len(x), 12, 7)
    assert not torch.allclose(net(x), net(x, torch.zeros_like(marks)))
    with pytest.raises(ValueError, match="past_features must have shape"):
        net(x, marks[:, 1:])


def test_the_librarys_name_of_the_head_is_known():
    case = load("itransformer_plain", torch.float64)
    renamed = {name.replace("projector.", "projection."): v for name, v in case.weights.items()}
    net = itransformer_from_official(renamed, case.config)
    torch.testing.assert_close(net(case.tensors["x"]), case.tensors["output"])


def test_heads_must_divide_the_features():
    with pytest.raises(ValueError, match="n_heads must divide d_model=8, got 3"):
        small(n_heads=3)
