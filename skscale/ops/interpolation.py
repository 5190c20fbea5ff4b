"""Few points spread over many: the counterpart of pooling, as a matrix."""

from __future__ import annotations

import torch
from torch import Tensor

from skscale.ops.edges import check_option

__all__ = ["INTERPOLATIONS", "interpolation_matrix"]

INTERPOLATIONS = ("linear", "nearest", "cubic")
_CUBIC = -0.75  # slope of the cubic kernel, that of image resizing


def interpolation_matrix(n_knots: int, n_points: int, method: str = "linear") -> Tensor:
    """Matrix that takes the values at knots to points of a finer grid.

    Knots and points divide one interval evenly and stand in the middle of their parts: point t lies
    at ``(t + 1/2) n_knots / n_points - 1/2`` knots.

    Parameters
    ----------
    n_knots, n_points : int
        Values before and behind.
    method : {"linear", "nearest", "cubic"}, default="linear"
        Straight lines between knots and constants beyond the outer ones; the knot of whose part
        a point is; or the cubic of four knots (Keys' kernel with a = -0.75), the outer ones
        repeated.

    Returns
    -------
    float64 Tensor of shape (n_points, n_knots)
        Rows add up to one. One knot gives a constant.

    Raises
    ------
    ValueError
        If ``method`` is unknown.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import interpolation_matrix
    >>> interpolation_matrix(2, 4) @ torch.tensor([0.0, 1.0]).double()
    tensor([0.0000, 0.2500, 0.7500, 1.0000], dtype=torch.float64)
    """
    check_option("method", method, INTERPOLATIONS)
    matrix = torch.zeros(n_points, n_knots, dtype=torch.float64)
    if method == "nearest":
        knots = torch.arange(n_points) * n_knots // n_points
        return matrix.scatter_(1, knots.unsqueeze(1), 1.0)
    places = (torch.arange(n_points, dtype=torch.float64) + 0.5) * n_knots / n_points - 0.5
    left = places.floor()
    reach = (0, 1) if method == "linear" else (-1, 0, 1, 2)
    for step in reach:
        distance = (places - left - step).abs()
        weight = 1 - distance if method == "linear" else _cubic_kernel(distance)
        knots = (left.long() + step).clamp(0, n_knots - 1)
        matrix.scatter_add_(1, knots.unsqueeze(1), weight.unsqueeze(1))
    return matrix


def _cubic_kernel(distance: Tensor) -> Tensor:
    """Weight of a knot at a distance below two."""
    a, d = _CUBIC, distance
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((d - 5) * d + 8) * d * a - 4 * a
    return torch.where(d <= 1, near, far)
