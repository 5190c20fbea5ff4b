import numpy as np
import pytest
import torch
from scipy import linalg

from skscale.ops import apply_symmetric_kernel, discrete_gaussian, kernel_half_width, toeplitz


def test_toeplitz_matches_scipy():
    weights = torch.rand(7, dtype=torch.float64)
    np.testing.assert_array_equal(toeplitz(weights).numpy(), linalg.toeplitz(weights.numpy()))


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("length", [1, 2, 17, 300])
@pytest.mark.parametrize("method", ["auto", "dense", "truncated", "fft"])
def test_methods_agree_with_the_plain_form(method, length, batched):
    torch.manual_seed(0)
    theta = torch.randn(*([3] if batched else []), length, dtype=torch.float64)
    x = torch.randn(3, 2, length, dtype=torch.float64)
    probe = torch.randn(3, 2, length, dtype=torch.float64)

    def run(apply):
        leaf, series = theta.clone().requires_grad_(), x.clone().requires_grad_()
        scale = 2 * torch.nn.functional.softplus(leaf)
        out = apply(discrete_gaussian(scale, length), series)
        (out * probe).sum().backward()
        return out.detach(), leaf.grad, series.grad

    def plain(weights, series):
        distance = (torch.arange(length)[:, None] - torch.arange(length)).abs()
        matrix = weights[..., distance]
        return series @ (matrix if batched else matrix.unsqueeze(0))

    got = run(lambda w, s: apply_symmetric_kernel(w, s, method=method))
    exact = method in ("dense", "fft") or (method == "auto" and length <= 256)
    tolerance = 1e-12 if exact else 1e-5
    for found, expected in zip(got, run(plain), strict=True):
        torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance * 10)


def test_half_width_follows_its_definition():
    weights = discrete_gaussian(torch.tensor(9.0, dtype=torch.float64), 200)
    for tolerance in (1e-2, 1e-6, 1e-9):
        w = kernel_half_width(weights, tolerance)
        assert 2 * weights[w + 1 :].sum() <= tolerance
        assert 2 * weights[w:].sum() > tolerance
    assert kernel_half_width(weights, 0.0) > 40


def test_long_series_need_linear_memory():
    length = 100_000
    weights = discrete_gaussian(torch.tensor(30.0), length)
    x = torch.randn(2, length)
    near = apply_symmetric_kernel(weights, x, method="truncated")
    torch.testing.assert_close(
        near, apply_symmetric_kernel(weights, x, method="fft"), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: apply_symmetric_kernel(torch.ones(3), torch.ones(3), "magic"), "method must be"),
        (lambda: apply_symmetric_kernel(torch.ones(3), torch.ones(4)), "3 distances, but x has 4"),
        (
            lambda: apply_symmetric_kernel(torch.ones(2, 3), torch.ones(4, 3)),
            "weights must have shape",
        ),
        (
            lambda: apply_symmetric_kernel(torch.ones(3), torch.ones(3), tolerance=1.0),
            r"tolerance must be in \[0, 1\), got 1.0",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
