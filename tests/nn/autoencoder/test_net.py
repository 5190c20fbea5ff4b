import copy

import pytest
import torch
from torch import nn

from skscale import ops
from skscale.nn import MultiScaleAutoencoderNet
from skscale.nn.autoencoder.views import VIEWS, View

SMALL = {"latent_size": 3, "hidden_size": 8}


def build(length=16, n_channels=2, **options):
    torch.manual_seed(0)
    return MultiScaleAutoencoderNet(length, n_channels, **{**SMALL, **options}).eval()


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


class Listing(nn.Module):
    """The paper's listing with sizes as arguments, cutting the series where it cuts the batch."""

    def __init__(self, length, latent, hidden):
        super().__init__()
        self.small = self.two(length // 2, hidden // 2, latent)
        self.large = self.two(length, hidden, latent)
        self.decoder = self.two(2 * latent, hidden, length)

    @staticmethod
    def two(a, b, c):
        return nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Linear(b, c))

    def forward(self, x):
        z = torch.cat((self.small(x[:, : x.shape[1] // 2]), self.large(x)), dim=1)
        return self.decoder(z), z


def test_equals_the_listing_with_its_cut_corrected():
    net, listing = build(n_channels=1), Listing(16, 3, 8)
    listing.load_state_dict(dict(zip(listing.state_dict(), net.state_dict().values(), strict=True)))
    x = draw(5, 16)
    found, latent = net(x.unsqueeze(2))
    expected, z = listing(x)
    torch.testing.assert_close(found.squeeze(2), expected)
    torch.testing.assert_close(latent.mean, z)


def test_defaults_are_the_sizes_of_the_listing():
    net = MultiScaleAutoencoderNet(784)
    found = [m.weight.shape for m in net.modules() if isinstance(m, nn.Linear)]
    small, large, decoder = (
        [(128, 392), (64, 128)],
        [(256, 784), (64, 256)],
        [(256, 128), (784, 256)],
    )
    assert found == small + large + decoder


@pytest.mark.parametrize("n_series", [1, 2, 16, 40])
def test_segments_halve_the_series_whatever_the_batch(n_series):
    net = build()
    x = draw(n_series, 16, 2)
    changed = x.clone()
    changed[:, 8:] += 1
    before, after = net.encode(x).mean, net.encode(changed).mean
    torch.testing.assert_close(before[:, :3], after[:, :3])
    assert not torch.isclose(before[:, 3:], after[:, 3:]).any(dim=1).all()


LENGTHS = {  # kind, scale, length: points seen
    ("first", 0.5, 15): 8,
    ("recent", 0.25, 16): 4,
    ("recent", 0.01, 16): 1,
    ("average", 0.25, 16): 4,
    ("average", 0.25, 15): 4,
    ("max", 0.3, 10): 4,
    ("min", 1.0, 7): 7,
    ("subsample", 0.5, 7): 4,
    ("average", 0.001, 7): 1,
}


@pytest.mark.parametrize(("case", "n_points"), LENGTHS.items())
def test_views_and_the_way_back(case, n_points):
    view = View(*case)
    x = draw(3, 2, case[2])
    seen = view.of(x)
    assert seen.shape == (3, 2, n_points) == (3, 2, view.n_points)
    full = view.restored(seen)
    assert full.shape == x.shape
    torch.testing.assert_close(view.of(full), seen)


def test_views_are_the_operators():
    x = draw(2, 15)
    assert torch.equal(View("recent", 0.2, 15).of(x), ops.segment(x, 5, align="end"))
    torch.testing.assert_close(
        View("average", 0.25, 15).of(x)[:, 1:], ops.average_pool(x, 4, align="end")
    )
    y = draw(2, 4)
    expected = ops.hold(y, ops.block_starts(15, 4, "keep", "end"), 15)
    assert torch.equal(View("average", 0.25, 15).restored(y), expected)


FORMS = [
    {},
    {"scales": (1.0,)},
    {"scales": (0.25, 0.5, 1.0), "view": "average", "latent_size": (1, 2, 3)},
    {"view": ("max", "recent"), "variational": True},
    {"decoding": "residual", "view": "average", "scales": (0.25, 1.0)},
    {"decoding": "residual", "view": "recent", "variational": True, "dropout": 0.2},
    {"decoding": "residual", "scales": (0.2, 0.5, 1.0), "view": "subsample"},
]


@pytest.mark.parametrize("options", FORMS, ids=str)
@pytest.mark.parametrize(("length", "n_channels", "n_features"), [(16, 2, 0), (7, 1, 3), (1, 1, 0)])
def test_every_form(options, length, n_channels, n_features):
    net = build(length, n_channels, n_features=n_features, **options)
    x, features = draw(4, length, n_channels), draw(4, length, n_features) if n_features else None
    found, latent = net(x, features)
    assert found.shape == x.shape
    assert latent.mean.shape == (4, net.n_latent)
    torch.testing.assert_close(net.decode(net.encode(x, features).mean), found)
    alone, _ = net(x[1:2], None if features is None else features[1:2])
    torch.testing.assert_close(alone, found[1:2])
    net.train()
    reconstruction, latent = net(x, features)
    (reconstruction.square().mean() + latent.divergence().mean()).backward()
    assert all(p.grad is not None for p in net.parameters())


def test_residual_stages_encode_what_is_left():
    net = build(16, 1, decoding="residual", view="average", scales=(0.25, 1.0))
    x = draw(3, 16, 1)
    series = x.squeeze(2)
    first = net.encoders[0](ops.average_pool(series, 4))
    coarse = net.decoders[0](first).repeat_interleave(4, dim=1)
    second = net.encoders[1](series - coarse)
    expected = coarse + net.decoders[1](torch.cat((first, second), dim=1))
    found, latent = net(x)
    torch.testing.assert_close(found.squeeze(2), expected)
    torch.testing.assert_close(latent.mean, torch.cat((first, second), dim=1))


@pytest.mark.parametrize("scales", [(0.25, 1.0), (0.25, 0.5, 1.0), (0.125, 0.5, 1.0)])
def test_residual_form_has_no_more_weights_than_the_plain_one(scales):
    def n_weights(**options):
        net = MultiScaleAutoencoderNet(400, hidden_size=100, **options)
        return sum(p.numel() for p in net.parameters())

    residual = n_weights(
        scales=scales, latent_size=48 // len(scales), decoding="residual", view="average"
    )
    assert residual <= 1.01 * n_weights(scales=(1.0,), latent_size=48)


def test_variational_draws_in_training_only():
    net = build(variational=True)
    x = draw(3, 16, 2)
    assert torch.equal(net(x)[0], net(x)[0])
    net.train()
    assert not torch.equal(net(x)[0], net(x)[0])
    latent = net.encode(x)
    mean, deviation = latent.mean, (0.5 * latent.log_variance).exp()
    divergence = torch.distributions.kl_divergence(
        torch.distributions.Normal(mean, deviation), torch.distributions.Normal(0.0, 1.0)
    )
    torch.testing.assert_close(latent.divergence(), divergence.sum(1))


def test_copies_encode_the_same():
    net = build(decoding="residual", view="average")
    x = draw(2, 16, 2)
    torch.testing.assert_close(copy.deepcopy(net)(x)[0], net(x)[0])


def test_wrong_inputs_are_named():
    net = build(n_features=1)
    with pytest.raises(ValueError, match=r"x must have shape \(batch, 16, 2\), got \(3, 2, 16\)"):
        net(draw(3, 2, 16))
    with pytest.raises(ValueError, match="features are needed"):
        net(draw(3, 16, 2))
    with pytest.raises(ValueError, match=r"features must have shape \(3, 16, 1\)"):
        net(draw(3, 16, 2), draw(3, 8, 1))
    with pytest.raises(ValueError, match=r"z must have shape \(batch, 6\), got \(3, 5\)"):
        net.decode(draw(3, 5))


def test_all_kinds_of_views_are_covered():
    assert {case[0] for case in LENGTHS} == set(VIEWS)


@pytest.mark.parametrize("decoding", ["joint", "residual"])
@pytest.mark.parametrize("view", ["first", "recent", "average", "max", "min", "subsample"])
def test_masked_values_have_no_effect_and_gradients_are_finite(view, decoding):
    net = MultiScaleAutoencoderNet(
        21, 2, **{**SMALL, "scales": (0.25, 1.0), "view": view, "decoding": decoding}
    )
    x = torch.randn(4, 21, 2)
    mask = torch.rand(4, 21, 2) > 0.3
    mask[0, 8:] = False  # ends early: whole blocks without a value
    mask[1] = False
    found, latent = net(torch.where(mask, x, torch.nan), mask=mask)
    other, _ = net(torch.where(mask, x, 1e6), mask=mask)
    torch.testing.assert_close(found, other, rtol=0, atol=0)
    (found.square().sum() + latent.mean.sum()).backward()
    assert all(torch.isfinite(p.grad).all() for p in net.parameters())
    everything = torch.ones_like(mask)
    torch.testing.assert_close(net(x, mask=everything)[0], net(x)[0])
    with pytest.raises(ValueError, match="mask must have shape"):
        net(x, mask=mask[..., 0])
