import pytest
import torch

from skscale.nn.timepro.sampling import DeformableSampling, _gathered, sample

from ..reference_timepro import bilinear, plain_sampling


def draw(*shape, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def with_gradients(function, *inputs):
    inputs = [value.clone().requires_grad_() for value in inputs]
    found = function(*inputs)
    return found, torch.autograd.grad(found.sin().sum(), inputs)


@pytest.mark.parametrize("sizes", [(1, 1), (1, 4), (5, 1), (3, 4)])
@pytest.mark.parametrize("spread", [0.6, 3.0])
def test_equals_four_corners_point_by_point(sizes, spread):
    images, n_points = draw(2, 3, *sizes), sizes[0] * sizes[1]
    whole = torch.cartesian_prod(*map(torch.arange, sizes)).reshape(1, n_points, 1, 2)
    places = whole + spread * draw(2, n_points, 9, 2, seed=2)

    def plain(images, places):
        return bilinear(images.permute(0, 2, 3, 1), *places.unbind(-1)).permute(0, 3, 1, 2)

    expected = with_gradients(plain, images, places)
    for form in (sample, lambda images, places: _gathered(images, *places.unbind(-1))):
        found = with_gradients(form, images, places)
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("sizes", [(1, 1), (5, 1), (3, 4)])
def test_whole_places_are_the_points(sizes):
    images, n_points = draw(2, 3, *sizes), sizes[0] * sizes[1]
    places = torch.cartesian_prod(*map(torch.arange, sizes)).reshape(1, n_points, 1, 2)
    places = places.double().expand(2, -1, -1, -1)
    for found in (sample(images, places), _gathered(images, *places.unbind(-1))):
        torch.testing.assert_close(found.squeeze(-1), images.flatten(2))


@pytest.mark.parametrize("d_model", [1, 5, 16, 18, 32])
def test_two_directions_equal_one_after_the_other(d_model):
    torch.manual_seed(0)
    net = DeformableSampling(d_model).double()
    with torch.no_grad():
        for value in net.parameters():
            value.add_(0.3 * torch.randn_like(value))
    images = draw(2, 3, 4, 5, d_model)
    expected = torch.stack([plain_sampling(net, i, images[i]) for i in (0, 1)])
    torch.testing.assert_close(net(images), expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(("d_model", "n_groups"), [(16, 1), (48, 3), (8, 1), (24, 2), (17, 17)])
def test_groups_of_sixteen_features_or_what_divides(d_model, n_groups):
    net = DeformableSampling(d_model)
    assert net.n_groups == n_groups
    assert net.places.weight.shape == (2, 27 * n_groups, d_model)


def test_nothing_comes_through_at_first_or_the_mean_of_nine_places():
    images = draw(2, 1, 4, 4, 2).float()
    assert (DeformableSampling(2)(images) == 0).all()
    net = DeformableSampling(2, share=1 / 9)
    with torch.no_grad():
        for layer in (net.value, net.out):
            layer.weight.copy_(torch.eye(2))
    # Half a point to each side, columns and rows apart: weights of 1/6, 2/3 and 1/6.
    share = torch.tensor([1 / 6, 2 / 3, 1 / 6])
    inner = images[:, :, :3, :3]
    expected = torch.einsum("dbcrn,c,r->dbn", inner, share, share)
    torch.testing.assert_close(net(images)[:, :, 1, 1], expected)
