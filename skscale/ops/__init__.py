"""Numerics: pure torch functions on tensors of shape (..., time)."""

from skscale.ops.gaussian import (
    apply_symmetric_kernel,
    discrete_gaussian,
    kernel_half_width,
    toeplitz,
)

__all__ = ["apply_symmetric_kernel", "discrete_gaussian", "kernel_half_width", "toeplitz"]
