"""Forecastability of series, and the gap that whole scales leave (Theorem 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skscale import ops
from skscale.operators import ContinuousScale, ScalingOperator
from skscale.ops.arrays import from_numpy
from skscale.theory._subject import check_series

# Points of the segment on which the curvature of Theorem 4.2 is taken.
_SEGMENT = 65


def forecastability(X: Any, detrend: str = "mean", normalisation: str = "bins") -> Any:
    """One minus the normalised spectral entropy of each series.

    Parameters
    ----------
    X : array-like or Tensor of shape (n_samples, n_timepoints)
        Series, at least 2 time points, finite.
    detrend : {"mean", "linear", "none"}, default="mean"
        What to take out before the spectrum.
    normalisation : {"bins", "density"}, default="bins"
        ``"bins"`` divides the entropy of the periodogram by its largest value, ``log N``, and
        stays in [0, 1]; ``"density"`` divides by ``log(2 pi)`` as Eq. 1 is printed, and
        exceeds 1 for concentrated spectra. See :func:`skscale.ops.forecastability`.

    Returns
    -------
    ndarray or Tensor of shape (n_samples,)
        A tensor for a tensor, differentiable.

    Raises
    ------
    ValueError
        If X is not 2-D, holds NaN or infinity, or has fewer than 2 time points.

    References
    ----------
    Sigma, arXiv 2605.31129, Eqs. 1 and 2; Goerg (2013), Forecastable component analysis.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.theory import forecastability
    >>> wave = np.sin(2 * np.pi * np.arange(64) / 8)
    >>> noise = np.random.default_rng(0).normal(size=64)
    >>> forecastability(np.stack((wave, noise))).round(2)
    array([0.83, 0.13])
    """
    if isinstance(X, Tensor):
        if X.dim() != 2 or not bool(torch.isfinite(X.detach()).all()):
            raise ValueError(
                "X must be finite and have shape (n_samples, n_timepoints), got shape "
                f"{tuple(X.shape)}"
            )
        return ops.forecastability(X, detrend, normalisation)
    series = from_numpy(check_series(X))
    return ops.forecastability(series, detrend, normalisation).numpy()


@dataclass(frozen=True)
class QuantizationGap:
    """What continuous, position-dependent scales add, per sample.

    Attributes
    ----------
    gap : ndarray of shape (n_samples,)
        ``Phi_c - Phi_d``: best forecastability over real scales, a value for each time step,
        minus the best over whole scales.
    lower_bound : ndarray of shape (n_samples,)
        Right-hand side of Theorem 4.2.
    uniform_gap : ndarray of shape (n_samples,)
        The same gap with one real scale for all time steps.
    discrete_scale, uniform_scale : ndarray of shape (n_samples,)
        Best whole scale, and best real scale ``t`` for all time steps.
    scales : ndarray of shape (n_scales,)
        Real scales tried.
    curve : ndarray of shape (n_scales,)
        Mean forecastability over the samples at each of them.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.theory import quantization_gap
    >>> X = np.random.default_rng(0).normal(size=(2, 32))
    >>> found = quantization_gap(X, scales=range(1, 5))
    >>> bool((found.gap >= found.lower_bound).all())
    True
    """

    gap: np.ndarray
    lower_bound: np.ndarray
    uniform_gap: np.ndarray
    discrete_scale: np.ndarray
    uniform_scale: np.ndarray
    scales: np.ndarray
    curve: np.ndarray


def quantization_gap(
    X: Any,
    operator: ScalingOperator | None = None,
    scales: Sequence[int] = tuple(range(1, 17)),
    *,
    step: float = 0.1,
) -> QuantizationGap:
    """Gap of Theorem 4.2 between continuous and whole scales, and its lower bound.

    With ``g(s)`` the forecastability of the operator's output at a vector ``s`` of scales, one
    for each time step, ``t`` the best uniform scale and ``u`` the direction of the gradient
    at ``t`` within the vectors that sum to 0, the theorem bounds the gap from below by
    ``<grad g, u>**2 / (2 beta)``. Two points of its proof need care, and are put right here:
    ``beta`` bounds the curvature along ``u`` in absolute value (a Taylor bound from below
    needs the most negative curvature), and is at least ``<grad g, u> / tau`` for a segment of
    length ``tau`` (else the best point of the parabola lies beyond its end).

    Parameters
    ----------
    X : array-like of shape (n_samples, n_timepoints)
        Series.
    operator : ScalingOperator, default=None
        Discrete operator, extended by ``ContinuousScale(operator, grid="full")``. None means
        average pooling, as in the paper's Figures 3 and 9.
    scales : sequence of int, default=1 to 16
        Whole scales; the real ones lie between the smallest and the largest.
    step : float, default=0.1
        Step of the grid of real scales.

    Returns
    -------
    QuantizationGap

    Raises
    ------
    ValueError
        If X is not a finite 2-D array, a scale is not whole or does not fit the series, or
        ``step`` is not in (0, 1].

    References
    ----------
    Sigma, arXiv 2605.31129, Theorem 4.2 and Appendix A.3.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.theory import quantization_gap
    >>> X = np.random.default_rng(0).normal(size=(4, 64)).cumsum(axis=1)
    >>> result = quantization_gap(X, scales=range(1, 9))
    >>> bool((result.gap >= result.lower_bound).all())
    True
    """
    series = from_numpy(check_series(X))
    whole = sorted({ops.check_scale(s, series.shape[1]) for s in scales})
    if not 0 < step <= 1:
        raise ValueError(f"step must be in (0, 1], got {step}")
    # Fitting at the largest scale checks the operator and the length.
    family = ContinuousScale(operator, float(whole[-1]), grid="full").fit(series)
    fractions = np.arange(whole[0], whole[-1], step).round(6)
    grid = np.union1d(fractions, np.array(whole, dtype=float))
    with torch.no_grad():
        values = torch.stack([_value(family, series, torch.tensor(s)) for s in grid.tolist()])
    best_whole = values[np.isin(grid, whole)].max(0)
    best = values.max(0)
    gain, bound = _along_gradient(
        family, series, from_numpy(grid)[best.indices], best.values, whole
    )
    uniform = (best.values - best_whole.values).numpy()
    return QuantizationGap(
        gap=uniform + gain.numpy(),
        lower_bound=bound.numpy(),
        uniform_gap=uniform,
        discrete_scale=np.array(whole)[best_whole.indices.numpy()],
        uniform_scale=grid[best.indices.numpy()],
        scales=grid,
        curve=values.mean(1).numpy(),
    )


def _value(family: ContinuousScale, x: Tensor, scale: Tensor) -> Tensor:
    return ops.forecastability(family._forward(x, scale))


def _along_gradient(
    family: ContinuousScale, x: Tensor, t: Tensor, start: Tensor, whole: list[int]
) -> tuple[Tensor, Tensor]:
    """Gain over ``g(t 1)`` on the segment along ``u``, and the theorem's bound of it."""
    scale = t[:, None].expand_as(x).clone().requires_grad_()
    (gradient,) = torch.autograd.grad(_value(family, x, scale).sum(), scale)
    gradient = gradient - gradient.mean(1, keepdim=True)
    slope = gradient.norm(dim=1)
    # At a whole scale all derivatives of the bump weights vanish, and so does the bound.
    u = gradient / slope.clamp_min(1e-300)[:, None]
    length = _room(t, u, whole[0], whole[-1])
    steps = torch.linspace(0, 1, _SEGMENT, dtype=x.dtype)
    with torch.no_grad():
        h = torch.stack(
            [_value(family, x, t[:, None] + tau * length[:, None] * u) for tau in steps]
        )
    gain = (h.max(0).values - start).clamp_min(0.0)
    spacing = length / (_SEGMENT - 1)
    curvature = (h[2:] - 2 * h[1:-1] + h[:-2]).abs().max(0).values / spacing.square()
    beta = torch.maximum(curvature, slope / length)
    usable = (slope > 1e-12) & (length > 1e-9)
    return gain, torch.where(usable, slope.square() / (2 * beta), 0.0)


def _room(t: Tensor, u: Tensor, low: float, high: float) -> Tensor:
    """Largest ``tau <= 1`` for which ``t + tau u`` stays within [low, high] everywhere."""
    limit = torch.where(u > 0, (high - t[:, None]) / u, (low - t[:, None]) / u)
    limit = torch.where(u.abs() > 1e-12, limit, 1.0)
    return limit.amin(1).clamp(0.0, 1.0)
