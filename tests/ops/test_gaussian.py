import numpy as np
import pytest
import torch
from scipy import special

from skscale.ops import discrete_gaussian

SCALES = np.logspace(-4, 5, 37)


def expected_derivative(order, scale):
    below, above = special.ive(np.abs(order - 1), scale), special.ive(order + 1, scale)
    return 0.5 * (below + above) - special.ive(order, scale)


@pytest.mark.parametrize("length", [1, 2, 31, 33, 96, 720, 4096])
@pytest.mark.parametrize(("dtype", "atol"), [(torch.float64, 1e-12), (torch.float32, 1e-6)])
def test_weights_match_scipy_for_one_scale(length, dtype, atol):
    order = np.arange(length)
    for scale in SCALES:
        # float32 holds another scale than float64: compare at the value it holds.
        s = torch.tensor([scale], dtype=dtype)
        found = discrete_gaussian(s, length).numpy()
        np.testing.assert_allclose(found, special.ive(order, s.item()), rtol=0, atol=atol)


@pytest.mark.parametrize("length", [2, 40, 720, 4096])
def test_weights_and_derivative_for_a_scale_per_distance(length):
    rng = np.random.default_rng(length)
    order = np.arange(length)
    for _ in range(20):
        scale = 10 ** rng.uniform(-4, 5, length)
        s = torch.tensor(scale, requires_grad=True)
        weights = discrete_gaussian(s, length)
        weights.sum().backward()
        np.testing.assert_allclose(
            weights.detach().numpy(), special.ive(order, scale), rtol=0, atol=1e-12
        )
        np.testing.assert_allclose(
            s.grad.numpy(), expected_derivative(order, scale), rtol=0, atol=1e-10
        )


def test_second_derivative_exists():
    s = torch.tensor([0.5, 3.0, 45.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda s: discrete_gaussian(s.unsqueeze(-1), 40), (s,))


@pytest.mark.parametrize("scale", [1e-4, 0.3, 5.0, 200.0, 1e4])
def test_two_sided_kernel_sums_to_one_where_it_fits(scale):
    weights = discrete_gaussian(torch.tensor(scale, dtype=torch.float64), 4096)
    assert abs(float(weights[0] + 2 * weights[1:].sum()) - 1) < 1e-9


def test_no_denormals_in_float32():
    weights = discrete_gaussian(torch.tensor(0.693), 96)
    assert (weights[(weights != 0)] > 1e-31).all()
    assert (weights == 0).any()


def test_scale_zero_is_the_identity():
    expected = [1.0, 0.0, 0.0, 0.0]
    assert discrete_gaussian(0.0, 4).tolist() == expected
    assert discrete_gaussian(torch.zeros(4, dtype=torch.float64), 4).tolist() == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: discrete_gaussian(1.0, 0), "length must be a positive integer, got 0"),
        (lambda: discrete_gaussian(-1.0, 5), "scale must be finite and not negative, got -1.0"),
        (lambda: discrete_gaussian(float("nan"), 5), "scale must be finite"),
        (lambda: discrete_gaussian(torch.ones(3), 5), "last dimension of 1 or length=5"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_transforms_of_torch_func():
    scales = torch.tensor([0.5, 3.0, 80.0], dtype=torch.float64)

    def total(scale):
        return (discrete_gaussian(scale, 50) * torch.arange(50.0, dtype=torch.float64)).sum()

    expected = []
    for scale in scales:
        leaf = scale.clone().requires_grad_()
        expected.append(torch.autograd.grad(total(leaf), leaf)[0])
    expected = torch.stack(expected)
    torch.testing.assert_close(torch.func.vmap(torch.func.grad(total))(scales), expected)
    one = torch.tensor(1.0, dtype=torch.float64)
    slopes = [torch.func.jvp(total, (scale,), (one,))[1] for scale in scales]
    torch.testing.assert_close(torch.stack(slopes), expected)
    # A second derivative, against the difference of first ones.
    curvature = torch.func.grad(torch.func.grad(total))(scales[1])
    ends = [torch.func.grad(total)(scales[1] + step) for step in (-1e-5, 1e-5)]
    torch.testing.assert_close(curvature, (ends[1] - ends[0]) / 2e-5, rtol=1e-6, atol=0)
    assert discrete_gaussian(scales.to("meta")[:, None], 50).shape == (3, 50)
