"""Real-valued scales: blends of a discrete family at neighbouring whole scales."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["blend_full", "blend_scales", "bump_weights", "nearest_cells"]


def bump_weights(scale: Tensor, n_scales: int) -> Tensor:
    """Weights ``w_j(s)`` that blend the whole scales ``j = 1, ..., n_scales``.

    ``w_j(s) = phi(s - j) / sum_k phi(s - k)`` with ``phi(u) = exp(-1 / (1 - u**2))`` inside
    (-1, 1) and 0 outside. At a whole ``s`` all weight is on ``j = s``; between two of them
    only these two count. The weights are infinitely differentiable, and all their derivatives
    vanish at whole scales.

    Parameters
    ----------
    scale : Tensor of shape (...)
        Scales in [1, n_scales], floating point.
    n_scales : int
        Number of whole scales ``J``.

    Returns
    -------
    Tensor of shape (..., n_scales)
        Not negative, summing to 1.

    References
    ----------
    Sigma, arXiv 2605.31129, Appendix D.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import bump_weights
    >>> bump_weights(torch.tensor([2.0, 2.5, 2.7]), 4)
    tensor([[0.0000, 1.0000, 0.0000, 0.0000],
            [0.0000, 0.5000, 0.5000, 0.0000],
            [0.0000, 0.2969, 0.7031, 0.0000]])
    """
    whole = torch.arange(1, n_scales + 1, dtype=scale.dtype, device=scale.device)
    gap = 1 - (scale.unsqueeze(-1) - whole).square()
    inside = gap > 0
    # The outer where alone would leave nan gradients: 0 * inf from the branch not taken.
    bump = torch.where(inside, torch.exp(-1 / torch.where(inside, gap, 1.0)), 0.0)
    return bump / bump.sum(-1, keepdim=True)


def blend_scales(
    fine: Tensor,
    coarse: Tensor,
    cells: Tensor,
    scale: Tensor | float,
    ignore_nan: bool = False,
) -> Tensor:
    """Blend the outputs at ``floor(scale)`` and ``ceil(scale)`` on the grid of the latter.

    Each cell of the coarser grid meets the cell of the finer grid named in ``cells``. As no
    finer cell is named twice, this choice is a partial isometry: the blend of two
    non-expansive operators is non-expansive, whatever the operators are. The other direction,
    repeating coarse cells on the finer grid, would multiply squared norms by up to 2.

    Parameters
    ----------
    fine, coarse : Tensor of shape (..., n_fine) and (..., n_coarse)
        Outputs at the two whole scales around ``scale``.
    cells : Tensor of shape (n_coarse,)
        Finer cell for each coarser one, see :func:`nearest_cells`.
    scale : Tensor or float
        A scale strictly between two whole ones.
    ignore_nan : bool, default=False
        Where one of the two is nan, take the other.

    Returns
    -------
    Tensor of shape (..., n_coarse)

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import blend_scales
    >>> blend_scales(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([6.0]), torch.tensor([1]), 2.5)
    tensor([4.])
    """
    # Between two whole scales the blend depends on the fractional part alone.
    fraction = torch.as_tensor(scale, dtype=coarse.dtype, device=coarse.device) % 1
    weights = bump_weights(1 + fraction, 2)
    fine = fine.index_select(-1, cells)
    if ignore_nan:  # the weights sum to one
        fine, coarse = (
            torch.where(torch.isnan(one), other, one)
            for one, other in ((fine, coarse), (coarse, fine))
        )
    return weights[..., 0] * fine + weights[..., 1] * coarse


def blend_full(
    operator: Callable[[int], Tensor], scale: Tensor, ignore_nan: bool = False
) -> Tensor:
    """Blend at every time step with a scale of its own, on the grid of the series.

    Parameters
    ----------
    operator : callable
        ``operator(j)`` gives the output at whole scale ``j``, brought back to the full length,
        shape (..., length). Called once for each whole scale in use.
    scale : Tensor of shape (length,) or ()
        Scale at each time step, at least 1.
    ignore_nan : bool, default=False
        Weigh the outputs that are not nan alone.

    Returns
    -------
    Tensor of shape (..., length)

    References
    ----------
    Sigma, arXiv 2605.31129, Appendix D.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import blend_full
    >>> blend_full(lambda j: torch.full((3,), float(j)), torch.tensor([1.0, 1.5, 2.0]))
    tensor([1.0000, 1.5000, 2.0000])
    """
    lowest = int(scale.detach().min().floor())
    highest = int(scale.detach().max().ceil())
    weights = bump_weights(scale - (lowest - 1), highest - lowest + 1)
    nothing = torch.zeros((), dtype=scale.dtype, device=scale.device)
    if not ignore_nan:
        terms = (weights[..., j - lowest] * operator(j) for j in range(lowest, highest + 1))
        return sum(terms, start=nothing)
    total = share = nothing
    for j in range(lowest, highest + 1):
        found, weight = operator(j), weights[..., j - lowest]
        known = ~torch.isnan(found)
        total = total + weight * torch.where(known, found, 0.0)
        share = share + weight * known
    return torch.where(share > 0, total / share, torch.nan)


def nearest_cells(fine: range, fine_width: int, coarse: range, coarse_width: int) -> Tensor:
    """For each cell of a coarser grid the finer cell with the nearest centre, none twice.

    Parameters
    ----------
    fine, coarse : range
        First time index of each cell.
    fine_width, coarse_width : int
        Time steps in a cell.

    Returns
    -------
    Tensor of shape (n_coarse,)
        Strictly increasing indices.

    Raises
    ------
    ValueError
        If the coarser grid has more cells than the finer one.

    Examples
    --------
    >>> from skscale.ops import nearest_cells
    >>> nearest_cells(range(0, 12, 2), 2, range(0, 12, 3), 3)
    tensor([0, 2, 3, 5])
    """
    if len(coarse) > len(fine):
        raise ValueError(
            f"coarse must not have more cells than fine, got {len(coarse)} and {len(fine)}"
        )
    k = torch.arange(len(coarse))
    # Twice the centres, so that all of this stays in whole numbers.
    centre = 2 * (coarse.start + k * coarse.step) + coarse_width
    nearest = (centre - 2 * fine.start - fine_width + fine.step) // (2 * fine.step)
    return torch.maximum(torch.minimum(nearest, len(fine) - len(coarse) + k), k)
