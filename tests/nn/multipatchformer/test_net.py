import pytest
import torch

from skscale.nn import MultiPatchFormerNet
from skscale.nn.layers.patches import unfold_patches
from skscale.nn.multipatchformer.embedding import (
    MultiPatchEmbedding,
    fitted_patches,
    position_table,
    published_patches,
)
from skscale.nn.multipatchformer.net import PartByPart

from ..reference_multipatchformer import PUBLISHED, plain, positions


def draw(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def small(*sizes, **options):
    """A network with values of its own in every parameter."""
    torch.manual_seed(0)
    defaults = {"d_model": 8, "d_ff": 6, "n_heads": 2}
    net = MultiPatchFormerNet(*sizes, **defaults | options).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.2 * torch.rand_like(parameter))
    return net


@pytest.mark.parametrize(
    ("sizes", "options"),
    [
        ((96, 24, 3), {}),
        ((16, 5, 2), {"n_layers": 2}),
        ((48, 13, 2), {"d_model": 6, "affine": False, "head_size": 5}),
        ((3, 8, 1), {"d_model": 4}),
        ((32, 17, 3), {"variant": "tslib", "affine": False, "n_layers": 2}),
        ((71, 9, 2), {"variant": "tslib", "patches": "published", "affine": False}),
    ],
)
def test_equals_the_plain_form(sizes, options):
    net = small(*sizes, **options)
    x = draw(3, sizes[0], sizes[2])
    results = []
    for forecast in (net(x), plain(net, x)):
        gradients = torch.autograd.grad(
            forecast.sin().sum(), list(net.parameters()), allow_unused=True
        )
        results.append([forecast, *gradients])
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(("n_features", "n_outputs"), [(3, 1), (3, 7), (2, 8), (4, 19)])
def test_parts_of_a_forecast_are_one_linear_map(n_features, n_outputs):
    torch.manual_seed(0)
    head, x = PartByPart(n_features, n_outputs).double(), draw(5, n_features)
    seen = x
    for part in head.maps:
        seen = torch.cat([seen, part(seen)], dim=1)
    torch.testing.assert_close(head(x), seen[:, n_features:])
    sizes = [part.out_features for part in head.maps]
    assert sum(sizes) == n_outputs
    assert sizes[:-1] == [max(1, n_outputs // 8)] * (len(sizes) - 1)


@pytest.mark.parametrize("n_points", [16, 17, 23, 31, 40, 62, 95, 96, 97, 200])
def test_fitted_patches_cover_the_newest_points(n_points):
    cut, n_patches = fitted_patches(n_points), n_points // 8
    assert cut.n_points == 8 * n_patches
    points = torch.arange(cut.n_points)
    for length, (found, stride, padding, count) in zip((8, 16, 24, 32), cut.patches, strict=True):
        assert found == min(length, cut.n_points)
        cuts = unfold_patches(points, found, stride, padding)
        assert cuts.shape == (n_patches, found) == (count, found)
        assert set(cuts.flatten().tolist()) == set(points.tolist())


def test_short_windows_are_one_patch():
    for n_points in (1, 7, 8, 15):
        assert fitted_patches(n_points) == (n_points, ((n_points, 1, 0, 1),) * 4)


def test_fitted_patches_are_the_published_ones_at_96_points():
    rows = draw(2, 96)
    ours, theirs = fitted_patches(96), published_patches(96)
    assert ours.n_points == theirs.n_points == 96
    assert [one[:3] for one in theirs.patches] == list(PUBLISHED)
    for one, other in zip(ours.patches, theirs.patches, strict=True):
        assert torch.equal(unfold_patches(rows, *one[:3]), unfold_patches(rows, *other[:3]))


def test_published_patches_go_together_for_24_lengths():
    whole = {62, 63, *range(68, 72), *range(74, 86), *range(88, 92), 96, 97}
    for n_points in range(1, 400):
        if n_points in whole:
            assert published_patches(n_points).n_points == n_points
            continue
        message = f"patches must be 'fitted' for a context_length of {n_points}: the published"
        with pytest.raises(ValueError, match=message):
            published_patches(n_points)


@pytest.mark.parametrize(("n_points", "d_model"), [(43, 6), (5, 3), (96, 8)])
def test_the_newest_point_of_a_token_is_the_last_that_moves_it(n_points, d_model):
    torch.manual_seed(0)
    embedding = MultiPatchEmbedding(n_points, fitted_patches(n_points), d_model).double()
    rows = draw(1, n_points).requires_grad_()
    for token, newest in zip(embedding(rows)[0], embedding.newest.tolist(), strict=True):
        (gradient,) = torch.autograd.grad(token.sum(), rows, retain_graph=True)
        assert gradient[0].nonzero().max().item() == newest


def test_positions_have_twice_the_usual_exponent():
    for d_model in (1, 4, 7):
        found = position_table(5, d_model)
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, positions(5, d_model), rtol=0, atol=1e-6)


def test_tokens_see_those_before():
    net, x = small(40, 4, 1), draw(2, 40, 1)
    tokens = net.embedding(x.squeeze(2))
    moved = tokens.clone()
    moved[:, 3:] += 1
    layer, sees = net.layers[0], net._sees(None)
    torch.testing.assert_close(layer(tokens, sees)[:, :3], layer(moved, sees)[:, :3])
    assert not torch.allclose(layer(tokens, sees)[:, 3:], layer(moved, sees)[:, 3:])


def test_tokens_of_padding_are_not_seen():
    net, mask = small(64, 4, 2), torch.zeros(1, 64, 2, dtype=torch.bool)
    mask[:, 38:, 0] = mask[:, 3:, 1] = True
    sees, newest = net._sees(mask), net.embedding.newest
    assert sees.shape == (2, 1, 8, 8)
    known = torch.stack([newest >= 38, newest >= 3]).view(2, 1, 1, 8)
    before = torch.ones(8, 8, dtype=torch.bool).tril()
    assert torch.equal(sees, before & (known | torch.eye(8, dtype=torch.bool)))
    assert not known.all()


def test_order_of_channels_matters_in_the_library_alone():
    order, x = torch.tensor([2, 0, 1]), draw(2, 16, 3)
    for variant, matters in (("official", False), ("tslib", True)):
        net = small(16, 4, 3, variant=variant, affine=False)
        moved = net(x[..., order])
        assert torch.allclose(moved, net(x)[..., order]) is not matters
    other = x.clone()
    other[..., 2] = draw(2, 16, seed=2)
    torch.testing.assert_close(net(other)[..., :2], net(x)[..., :2])  # that of the library


@pytest.mark.parametrize("d_model", [1, 2, 3, 5])
@pytest.mark.parametrize("length", [1, 2, 9, 33])
def test_any_length_and_one_channel_train(length, d_model):
    net = MultiPatchFormerNet(length, 3, 1, d_model=d_model, n_heads=1).train()
    forecast = net(draw(1, length, 1).float())
    forecast.square().mean().backward()
    assert forecast.isfinite().all()
    assert all(p.grad.isfinite().all() for p in net.parameters())


def test_constant_windows_are_forecast_at_their_level():
    net = MultiPatchFormerNet(24, 4, 2)
    forecast = net(torch.full((3, 24, 2), 7.0))
    assert (forecast - 7).abs().max() < 0.1


def test_dropout_is_that_of_the_whole_network():
    net = MultiPatchFormerNet(24, 4, 2, dropout=0.3)
    for layer in (*net.layers, net.channel_layer):
        shares = layer.attention.dropout, layer.dropout.p, layer.feed_forward.dropout.p
        assert shares == (0.3, 0.3, 0.3)


def test_features_ahead_start_without_effect():
    net = MultiPatchFormerNet(12, 6, 2, n_future_features=1).double()
    x = draw(3, 12, 2)
    assert torch.equal(net(x), net(x, future_features=torch.ones(3, 6, 1, dtype=torch.float64)))
