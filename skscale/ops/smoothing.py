"""Operators that smooth a series and keep its length: moving average, discrete Gaussian."""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor
from torch.nn.functional import pad

from skscale.ops.blocks import check_scale
from skscale.ops.edges import check_option, extend
from skscale.ops.gaussian import discrete_gaussian
from skscale.ops.kernels import apply_symmetric_kernel, kernel_half_width

__all__ = ["gaussian_smooth", "moving_average"]

_LEAST_SHARE = 1e-3  # of a kernel's weight that has to be observed
SMOOTHING_EDGES = ("zero", "reflect", "replicate", "renormalise")


def moving_average(
    x: Tensor,
    scale: int,
    edges: str = "zero",
    window: str = "trailing",
    even: str = "past",
    ignore_nan: bool = False,
) -> Tensor:
    """Mean over a sliding window of ``scale`` points, at every time step.

    Parameters
    ----------
    x : Tensor of shape (..., length)
        Series, floating point.
    scale : int
        Points in the window, 1 to ``length``.
    edges : {"zero", "reflect", "replicate", "renormalise"}, default="zero"
        What the window sees beyond the ends. ``"zero"`` is the Sigma paper's choice (its
        proofs extend series by zeros); ``"reflect"`` and ``"replicate"`` are those of
        :func:`extend`; ``"renormalise"`` averages the points inside the series.
    window : {"trailing", "centred"}, default="trailing"
        Trailing averages a point and those before it (the paper): it looks at no future value.
    even : {"past", "future", "halved"}, default="past"
        Where a centred window of an even number of points puts its extra point;
        ``"halved"`` takes half a point from either side and so stays symmetric.
    ignore_nan : bool, default=False
        Average the observed points of a window only; a window without any gives nan.

    Returns
    -------
    Tensor of the shape of ``x``

    Raises
    ------
    ValueError
        If ``scale`` is not a whole number in 1..``length`` or an option is unknown.

    References
    ----------
    Sigma, arXiv 2605.31129, Table 1.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import moving_average
    >>> x = torch.tensor([3.0, 6.0, 9.0, 12.0])
    >>> moving_average(x, 3)
    tensor([1., 3., 6., 9.])
    >>> moving_average(x, 3, edges="renormalise", window="centred")
    tensor([ 4.5000,  6.0000,  9.0000, 10.5000])
    """
    scale = check_scale(scale, x.shape[-1])
    check_option("edges", edges, SMOOTHING_EDGES)
    before, after, halved = _window_extent(scale, window, even)
    if not (ignore_nan or edges == "renormalise"):
        return _sliding_mean(extend(x, before, after, edges), scale, halved)
    observed = ~torch.isnan(x) if ignore_nan else x.new_ones(x.shape[-1], dtype=torch.bool)
    share = observed.to(x.dtype)
    values = torch.where(observed, x, 0.0) if ignore_nan else x
    if edges == "renormalise":
        share, values = pad(share, (before, after)), pad(values, (before, after))
    else:
        values = extend(values, before, after, edges)
        # Zeros beyond the ends count as observed.
        share = (
            pad(share, (before, after), value=1.0)
            if edges == "zero"
            else extend(share, before, after, edges)
        )
    return _sliding_mean(values, scale, halved) / _sliding_mean(share, scale, halved)


def gaussian_smooth(
    x: Tensor,
    scale: Tensor | float,
    edges: str = "zero",
    method: str = "auto",
    tolerance: float = 1e-6,
    ignore_nan: bool = False,
) -> Tensor:
    """Convolve with the discrete Gaussian ``exp(-s_d) I_d(s_d)``.

    Parameters
    ----------
    x : Tensor of shape (..., length)
        Series, floating point.
    scale : Tensor or float
        Scale ``s >= 0``: the variance of the kernel in squared time steps. A tensor of shape
        ``(length,)`` gives every distance its own scale, as Sigma learns it.
    edges : {"zero", "reflect", "replicate", "renormalise"}, default="zero"
        What the kernel sees beyond the ends; ``"zero"`` is the paper's finite Toeplitz
        matrix, ``"renormalise"`` divides by the weight that falls inside the series.
        ``"reflect"`` keeps the energy inequality of Definition 3.1 exact on a finite window.
    method, tolerance
        As in :func:`apply_symmetric_kernel`.
    ignore_nan : bool, default=False
        Leave missing values out and divide by the weight of what is there, zeros beyond the ends
        included. A point with less than a thousandth of the weight of the whole around it is nan:
        what stands there would be rounding.

    Returns
    -------
    Tensor of the shape of ``x``

    Raises
    ------
    ValueError
        If an option is unknown, ``scale`` is negative or of the wrong shape.

    References
    ----------
    Sigma, arXiv 2605.31129, Eq. 3.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import gaussian_smooth
    >>> gaussian_smooth(torch.tensor([0.0, 0.0, 1.0, 0.0, 0.0]), 0.5)
    tensor([0.0194, 0.1564, 0.6450, 0.1564, 0.0194])
    """
    check_option("edges", edges, SMOOTHING_EDGES)
    length = x.shape[-1]
    if not isinstance(scale, Tensor):
        scale = torch.as_tensor(float(scale), dtype=x.dtype, device=x.device)
    if ignore_nan:
        return _smooth_observed(x, scale, edges, method, tolerance)
    if edges in ("zero", "renormalise"):
        weights = discrete_gaussian(scale, length).to(x.dtype)
        smooth = apply_symmetric_kernel(weights, x, method, tolerance)
        if edges == "renormalise":
            smooth = smooth / apply_symmetric_kernel(weights, x.new_ones(1, length), "dense")[0]
        return smooth
    width = _reach(scale, min(tolerance, torch.finfo(x.dtype).eps))
    wide = length + 2 * width
    if scale.dim() and scale.shape[-1] == length:
        scale = torch.cat((scale, scale[..., -1:].expand(*scale.shape[:-1], 2 * width)), dim=-1)
    weights = discrete_gaussian(scale, wide).to(x.dtype)
    smooth = apply_symmetric_kernel(weights, extend(x, width, width, edges), method, tolerance)
    return smooth[..., width : width + length]


def _smooth_observed(x: Tensor, scale: Tensor, edges: str, method: str, tolerance: float) -> Tensor:
    """`gaussian_smooth` of what is not nan."""
    observed = ~torch.isnan(x)
    values, shown = torch.where(observed, x, 0.0), observed.to(x.dtype)
    # The weights of what is beyond the ends: zeros are there, with "renormalise" nothing is.
    within = "zero" if edges == "renormalise" else edges
    smooth, share = (gaussian_smooth(v, scale, within, method, tolerance) for v in (values, shown))
    inside = gaussian_smooth(x.new_ones(1, x.shape[-1]), scale, within, "dense")[0]
    whole = inside
    if edges == "zero":
        one_sided = discrete_gaussian(scale, x.shape[-1]).to(x.dtype)
        whole = 2 * one_sided.sum(-1) - one_sided[..., 0]
        share = share + (whole - inside)
    known = share >= _LEAST_SHARE * whole
    target = 1.0 if edges == "renormalise" else whole
    return torch.where(known, smooth * target / torch.where(known, share, 1.0), torch.nan)


def _window_extent(scale: int, window: str, even: str) -> tuple[int, int, bool]:
    """Points before and after the current one, and whether both ends count half."""
    check_option("window", window, ("trailing", "centred"))
    check_option("even", even, ("past", "future", "halved"))
    if window == "trailing":
        return scale - 1, 0, False
    half = scale // 2
    if scale % 2:
        return half, half, False
    if even == "halved":
        return half, half, True
    return (half, half - 1, False) if even == "past" else (half - 1, half, False)


def _sliding_mean(x: Tensor, scale: int, halved: bool) -> Tensor:
    if halved:
        return (_sliding_sum(x[..., :-1], scale) + _sliding_sum(x[..., 1:], scale)) / (2 * scale)
    # A sum of one term is x itself, any other is new and may be overwritten.
    return x if scale == 1 else _sliding_sum(x, scale).div_(scale)


def _sliding_sum(x: Tensor, width: int) -> Tensor:
    """Sum over every window of ``width`` points: log2(width) additions, pairwise accurate."""
    n = x.shape[-1] - width + 1
    parts, covered = [], 0
    piece, power = x, 1  # piece[t] is the sum of the power points from t on
    while True:
        if width & power:
            parts.append(piece[..., covered : covered + n])
            covered += power
        if covered == width:
            return reduce(torch.add, parts)
        piece = piece[..., :-power] + piece[..., power:]
        power *= 2


def _reach(scale: Tensor, tolerance: float) -> int:
    """Distance beyond which the kernel holds less than ``tolerance`` of its mass."""
    largest = float(scale.detach().max())
    bound = int(10 * largest**0.5 + 30)  # ten standard deviations, and room for tiny scales
    return kernel_half_width(discrete_gaussian(max(largest, 0.0), bound), tolerance) + 1
