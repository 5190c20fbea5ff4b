"""Weights of the discrete Gaussian.

The discrete Gaussian of scale ``s`` has the weights ``exp(-s) I_d(s)`` at the distances
``d = 0, 1, ...``, with ``I_d`` the modified Bessel function of the first kind (Sigma paper,
arXiv 2605.31129, Eq. 3). They are evaluated here with two formulas that need elementary
functions only, so they run on any device, never wait for the host and cannot overflow:

- order below 32 and ``sqrt(d**2 + s**2)`` below 40: the trapezoidal rule for the integral
  ``(1/pi) int_0^pi exp(s (cos t - 1)) cos(d t) dt``, exact up to aliased orders;
- everything else: Debye's uniform expansion in ``1 / sqrt(d**2 + s**2)``, twelve terms
  (Abramowitz and Stegun, 9.7.7).

Both are within 1e-15 of each other where they meet; the cost is linear in the length.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from skscale.ops.tracing import exporting, plain_steps

__all__ = ["discrete_gaussian"]

_SMALL_ORDERS = 32
_SWITCH_RADIUS = 40.0
_QUADRATURE_POINTS = 64
_DEBYE_TERMS = 12


def discrete_gaussian(scale: Tensor | float, length: int) -> Tensor:
    """Weights ``exp(-s_d) I_d(s_d)`` of the discrete Gaussian for every distance ``d``.

    Parameters
    ----------
    scale : Tensor or float
        Scales ``s >= 0``, the variance of the kernel in squared time steps. Shape
        ``(..., length)`` gives every distance its own scale, as in Sigma; ``(..., 1)``, a
        0-d tensor or a number is one scale for all distances. Values are not checked on a
        tensor, because that would wait for the device; negative ones give nan.
    length : int
        Number of distances, ``d = 0, ..., length - 1``.

    Returns
    -------
    Tensor of shape (..., length)
        One-sided weights in the type and on the device of ``scale``. Computed in float64;
        weights that the type could only hold as near-denormal numbers (below 1e-30 in
        float32) are exact zeros, since products with denormals are slow on CPUs.

    Raises
    ------
    ValueError
        If ``length`` is not positive, a number ``scale`` is negative or not finite, or the
        last dimension of ``scale`` is neither 1 nor ``length``.

    References
    ----------
    Lindeberg (1990), Scale-space for discrete signals; Sigma, arXiv 2605.31129, Eq. 3.

    Examples
    --------
    >>> from skscale.ops import discrete_gaussian
    >>> k = discrete_gaussian(2.0, length=50)
    >>> k[:3]
    tensor([0.3085, 0.2153, 0.0932])
    >>> round(float(k[0] + 2 * k[1:].sum()), 6)
    1.0
    """
    scale = _checked_scale(scale, length)
    order = torch.arange(length, device=scale.device)
    wide = scale.to(torch.float64).expand(*scale.shape[:-1], length)
    if exporting():
        weights = _scaled_bessel(order, wide).to(scale.dtype)
    else:
        weights = _differentiable(order, wide).to(scale.dtype)
    negligible = torch.finfo(weights.dtype).tiny * 1e8
    return torch.where(weights < negligible, 0.0, weights)


def _differentiable(order: Tensor, scale: Tensor) -> Tensor:
    """``exp(-s) I_order(s)``, by whatever way it is differentiated."""
    wanted = plain_steps() or (torch.is_grad_enabled() and scale.requires_grad)
    return _ScaledBessel.apply(order, scale)[0] if wanted else _scaled_bessel(order, scale)


class _ScaledBessel(Function):
    """``exp(-s) I_order(s)`` with ``d/ds = (k_{d-1} + k_{d+1}) / 2 - k_d`` (Algorithm 3)."""

    generate_vmap_rule = True

    @staticmethod
    def forward(order: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        # The derivative's orders cost little beside this one's when evaluated together.
        here, below, above = _scaled_bessel(*_neighbours(order, scale))
        return here.clone(), 0.5 * (below + above) - here

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor, Tensor], output: tuple[Tensor, Tensor]) -> None:
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(*inputs, output[1])
        ctx.save_for_forward(*inputs, output[1])

    @staticmethod
    def backward(ctx, grad_output: Tensor, _: Any) -> tuple[None, Tensor]:
        order, scale, derivative = ctx.saved_tensors
        if torch.is_grad_enabled():  # for a derivative of the derivative
            derivative = _derivative(order, scale)
        return None, grad_output * derivative

    @staticmethod
    def jvp(ctx, _: None, tangent: Tensor) -> tuple[Tensor, None]:
        return tangent * _derivative(*ctx.saved_tensors[:2]), None


def _derivative(order: Tensor, scale: Tensor) -> Tensor:
    """Derivative by the scale, which can be differentiated itself."""
    here, below, above = _differentiable(*_neighbours(order, scale))
    return 0.5 * (below + above) - here


def _neighbours(order: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Orders ``d``, ``|d - 1|`` and ``d + 1`` along a new first dimension, and their scales."""
    order = order.expand_as(scale)
    return torch.stack((order, (order - 1).abs(), order + 1)), scale.expand(3, *scale.shape)


def _scaled_bessel(order: Tensor, scale: Tensor) -> Tensor:
    """Evaluate in float64; orders below 32 must stand within the first 33 places."""
    large = _debye(order.to(scale.dtype), scale)
    head = slice(0, _SMALL_ORDERS + 1)
    order, scale = order[..., head], scale[..., head]
    use_quadrature = (order < _SMALL_ORDERS) & (order.square() + scale.square() < _SWITCH_RADIUS**2)
    small = torch.where(use_quadrature, _quadrature(order, scale), large[..., head])
    return torch.cat((small, large[..., _SMALL_ORDERS + 1 :]), dim=-1)


def _quadrature(order: Tensor, scale: Tensor) -> Tensor:
    """Trapezoidal rule on [0, pi]; ``2 sin(t/2)**2`` is ``1 - cos t`` without cancellation."""
    n = _QUADRATURE_POINTS
    angle = torch.arange(n + 1, dtype=scale.dtype, device=scale.device) * (math.pi / n)
    cosines = torch.cos(order.unsqueeze(-1) * angle) / n
    cosines[..., 0] *= 0.5
    cosines[..., -1] *= 0.5
    decay = torch.exp(-2.0 * scale.unsqueeze(-1) * torch.sin(0.5 * angle).square())
    total = (decay * cosines).sum(-1)
    # What is left below the rounding of the sum is noise of either sign, not a weight.
    return torch.where(total < torch.finfo(total.dtype).eps, 0.0, total)


def _debye(order: Tensor, scale: Tensor) -> Tensor:
    """Uniform expansion; meaningless, but finite or zero, below the switch radius."""
    radius = _hypot(order, scale).clamp(min=1.0)
    exponent = order.square() / (radius + scale) - order * _asinh(order / scale)
    terms = _powers((order / radius).square()) @ _coefficients(scale) * _powers(1 / radius)
    return torch.exp(exponent) * terms.sum(-1) / torch.sqrt(2 * math.pi * radius)


def _hypot(x: Tensor, y: Tensor) -> Tensor:
    """Root of ``x**2 + y**2``, in operators that exchange formats know where one is written."""
    return (x.square() + y.square()).sqrt() if exporting() else torch.hypot(x, y)


def _asinh(x: Tensor) -> Tensor:
    """Inverse hyperbolic sine of ``x >= 0``, likewise."""
    return (x + (x.square() + 1).sqrt()).log() if exporting() else torch.asinh(x)


def _powers(x: Tensor) -> Tensor:
    """``x**0, x**1, ...`` along a new last dimension."""
    if exporting():
        return x.unsqueeze(-1) ** torch.arange(_DEBYE_TERMS, device=x.device, dtype=x.dtype)
    factors = torch.cat(
        (torch.ones_like(x).unsqueeze(-1), x.unsqueeze(-1).expand(*x.shape, _DEBYE_TERMS - 1)), -1
    )
    return factors.cumprod(-1)


def _debye_coefficients() -> list[list[float]]:
    """Entry [j][k]: the coefficient of ``t**(k + 2 j)`` in Debye's polynomial ``u_k(t)``.

    They follow from the recurrence of Abramowitz and Stegun 9.3.10, here in exact rationals.
    """
    polynomial = [Fraction(1)]
    table = [[0.0] * _DEBYE_TERMS for _ in range(_DEBYE_TERMS)]
    for k in range(_DEBYE_TERMS):
        for j in range(k + 1):
            table[j][k] = float(polynomial[k + 2 * j])
        following = [Fraction(0)] * (len(polynomial) + 3)
        for power, c in enumerate(polynomial):
            following[power + 1] += c * power / 2 + c / (8 * (power + 1))
            following[power + 3] -= c * power / 2 + 5 * c / (8 * (power + 3))
        polynomial = following
    return table


_DEBYE_COEFFICIENTS = _debye_coefficients()
_ON_DEVICE: dict[tuple[torch.device, torch.dtype], Tensor] = {}


def _coefficients(like: Tensor) -> Tensor:
    """Return the table beside ``like``; it is copied to every device once."""
    key = (like.device, like.dtype)
    if key in _ON_DEVICE:
        return _ON_DEVICE[key]
    with torch.inference_mode(False):
        table = torch.tensor(_DEBYE_COEFFICIENTS, dtype=like.dtype, device=like.device)
    # A tracer's stand-in must not outlive its trace.
    return _ON_DEVICE.setdefault(key, table) if type(table) is Tensor else table


def _checked_scale(scale: Tensor | float, length: int) -> Tensor:
    if length < 1:
        raise ValueError(f"length must be a positive integer, got {length}")
    if not isinstance(scale, Tensor):
        if not (math.isfinite(scale) and scale >= 0):
            raise ValueError(f"scale must be finite and not negative, got {scale}")
        scale = torch.tensor(float(scale), dtype=torch.get_default_dtype())
    if scale.dim() == 0:
        scale = scale.reshape(1)
    if scale.shape[-1] not in (1, length):
        raise ValueError(
            f"scale must have a last dimension of 1 or length={length}, got shape "
            f"{tuple(scale.shape)}"
        )
    return scale
