"""Block of TimesNet: a sequence folded by its periods, convolutions over the grid."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, gelu, pad

from skscale.nn.layers.inception import Inception, Kernel, within_reach
from skscale.nn.layers.periods import group_by_period, strongest_periods

__all__ = ["TimesBlock"]


class TimesBlock(nn.Module):
    """``h`` and, weighted by amplitude, what convolutions see in it folded by its periods.

    Every sequence has periods of its own. Those that share one are convolved together.

    Parameters
    ----------
    d_model, d_ff : int
        Features of a sequence, and between the convolutions.
    top_k : int
        Periods.
    n_kernels : int
        Sizes of kernels.
    """

    def __init__(self, d_model: int, d_ff: int, top_k: int, n_kernels: int):
        super().__init__()
        self.top_k = top_k
        self.first = Inception(d_model, d_ff, n_kernels)
        self.second = Inception(d_ff, d_model, n_kernels)

    def forward(self, h: Tensor, start: int = 0) -> Tensor:
        """Map ``h`` of shape (batch, length, d_model) to its points from ``start`` on."""
        periods, amplitudes = strongest_periods(h, self.top_k)
        weights, kernels = amplitudes.softmax(dim=1), (self.first.merged(), self.second.merged())
        groups = group_by_period(periods, weights)
        if groups is None:
            return _all_periods(h, start, periods, weights, kernels)
        rows = h.index_select(0, groups.members).split(groups.sizes)
        folded = zip(groups.periods, rows, strict=True)
        seen = [_seen_in_grid(part, period, start, *kernels) for period, part in folded]
        weighted = torch.cat(seen) * groups.weights.reshape(-1, 1, 1)
        return h[:, start:].index_add(0, groups.members, weighted.to(h.dtype))


def _all_periods(
    h: Tensor, start: int, periods: Tensor, weights: Tensor, kernels: tuple[Kernel, Kernel]
) -> Tensor:
    """What `TimesBlock` gives, where the periods of the sequences cannot be read.

    Every period that there may be is convolved for all sequences, and weighs nothing for most.
    """
    total, length = h[:, start:], h.shape[1]
    for period in sorted({length // (place + 1) for place in range(length // 2)}):
        weight = torch.where(periods == period, weights, 0.0).sum(dim=1).reshape(-1, 1, 1)
        total = total + weight.to(h.dtype) * _seen_in_grid(h, period, start, *kernels).to(h.dtype)
    return total


def _seen_in_grid(h: Tensor, period: int, start: int, first: Kernel, second: Kernel) -> Tensor:
    """Both convolutions over ``h`` in rows of a period, its points from ``start`` on.

    Rows that no such point can see are left out.
    """
    length = h.shape[1]
    grid = pad(h, (0, 0, 0, -length % period)).unflatten(1, (-1, period))
    row = start // period
    margin = min(row, first[0].shape[-1] // 2)
    hidden = gelu(_convolve(grid, *first, skip=row - margin))
    points = _convolve(hidden, *second, skip=margin).flatten(1, 2)
    return points[:, start - row * period : length - row * period]


def _convolve(grid: Tensor, weight: Tensor, bias: Tensor, skip: int) -> Tensor:
    """Convolve (batch, rows, columns, features); without the first ``skip`` rows."""
    weight, reach = within_reach(weight, grid)
    begin = max(0, skip - reach[0])
    found = conv2d(grid[:, begin:].permute(0, 3, 1, 2), weight, bias, padding=reach)
    return found.permute(0, 2, 3, 1)[:, skip - begin :]
