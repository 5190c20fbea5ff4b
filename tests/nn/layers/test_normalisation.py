import numpy as np
import pytest
import torch

from skscale.nn import RevIN


def draw(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def affine_norm(n_channels, **options):
    norm = RevIN(n_channels, **options).double()
    with torch.no_grad():
        norm.weight.copy_(torch.linspace(0.5, 2.0, n_channels))
        norm.bias.copy_(torch.linspace(-1.0, 1.0, n_channels))
    return norm


def test_normalised_windows_have_the_affine_mean_and_deviation():
    norm, x = affine_norm(3), 7 * draw(4, 50, 3) + 100
    z, state = norm(x)
    np.testing.assert_allclose(z.mean(1).detach(), norm.bias.detach().expand(4, 3), atol=1e-9)
    np.testing.assert_allclose(
        z.std(1, correction=0).detach(), norm.weight.detach().expand(4, 3), rtol=1e-5
    )
    np.testing.assert_allclose(state.location, x.mean(1, keepdim=True))
    np.testing.assert_allclose(state.scale**2, x.var(1, correction=0, keepdim=True) + 1e-5)


@pytest.mark.parametrize("options", [{}, {"normalize": False}], ids=str)
def test_inverse_undoes_the_normalisation(options):
    norm, x = affine_norm(3, **options), draw(4, 50, 3)
    z, state = norm(x)
    torch.testing.assert_close(norm.inverse(z, state), x, rtol=0, atol=1e-8)
    assert torch.equal(z, x) == (not norm.normalize)


def test_without_affine_there_are_no_parameters():
    norm = RevIN(3, affine=False)
    assert not list(norm.parameters())
    z, state = norm(draw(2, 9, 3))
    torch.testing.assert_close(z.mean(1), torch.zeros_like(z[:, 0]), rtol=0, atol=1e-12)
    torch.testing.assert_close(norm.inverse(z, state), draw(2, 9, 3))


def test_padding_stays_out_of_the_statistics():
    norm, x = affine_norm(2), draw(3, 20, 2)
    mask = torch.arange(20) >= torch.tensor([0, 6, 19]).unsqueeze(1)
    z, state = norm(x, mask)
    for row, start in enumerate((0, 6, 19)):
        alone, expected = norm(x[row : row + 1, start:])
        torch.testing.assert_close(z[row : row + 1, start:], alone)
        torch.testing.assert_close(state.location[row], expected.location[0])
        torch.testing.assert_close(state.scale[row], expected.scale[0])
        assert (z[row, :start] == 0).all()


def test_an_all_padded_window_stays_finite():
    z, state = affine_norm(2)(draw(1, 5, 2), torch.zeros(1, 5, dtype=torch.bool))
    assert (z == 0).all()
    assert torch.isfinite(torch.cat(state)).all()


def test_statistics_pass_no_gradient():
    x = draw(1, 6, 1).requires_grad_()
    z, state = RevIN(1, affine=False)(x)
    z.sum().backward()
    torch.testing.assert_close(x.grad, (1 / state.scale).expand_as(x))


def test_a_constant_window_is_finite_and_comes_back():
    norm, x = RevIN(1), torch.full((1, 8, 1), 3.0)
    z, state = norm(x)
    torch.testing.assert_close(norm.inverse(z, state), x)
    assert (z == 0).all()


def test_nan_in_padding_goes_no_further():
    x, mask = draw(2, 9, 2), torch.arange(9) >= torch.tensor([[0], [4]])
    z, state = affine_norm(2)(x.masked_fill(~mask.unsqueeze(-1), torch.nan), mask)
    expected, expected_state = affine_norm(2)(x, mask)
    assert torch.equal(z, expected)
    assert torch.equal(torch.cat(state), torch.cat(expected_state))
