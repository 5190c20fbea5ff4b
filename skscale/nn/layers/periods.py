"""Periods of sequences: the strongest of each, and sequences that share one."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from skscale.ops.tracing import read

__all__ = ["PeriodGroups", "group_by_period", "spectrum", "strongest_periods"]

_NEGLIGIBLE = 8  # roundings: weights below are left out


def spectrum(x: Tensor) -> Tensor:
    """Fourier amplitudes of sequences, mean over the features, not normalised.

    Parameters
    ----------
    x : Tensor of shape (batch, length, n_features)
        Half precision is read as float32.

    Returns
    -------
    Tensor of shape (batch, length // 2)
        Of the frequencies 1, 2, ...; a single point has one amplitude, its own.
    """
    wide = x if x.dtype == torch.float64 else x.float()
    # Features side by side: else the rounding of their mean depends on the number of sequences.
    amplitudes = torch.fft.rfft(wide.contiguous(), dim=1).abs().mean(dim=-1)
    return amplitudes[:, min(1, x.shape[1] - 1) :]


def strongest_periods(x: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Periods of the largest Fourier amplitudes of every sequence.

    Each sequence is asked alone. Nothing leaves the device.

    Parameters
    ----------
    x : Tensor of shape (batch, length, n_features)
        Half precision is read as float32.
    k : int
        Frequencies to keep, at most ``length // 2``; that of zero is not one of them. A single
        point has one.

    Returns
    -------
    periods : int64 Tensor of shape (batch, k)
        ``length // frequency``, at least 2 where there are two points, strongest first. Different
        frequencies may have the same.
    amplitudes : Tensor of shape (batch, k)
        Their amplitudes, mean over the features, not normalised. They pass gradients.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn.layers.periods import strongest_periods
    >>> wave = torch.sin(torch.arange(24) * torch.pi / 3)
    >>> periods, amplitudes = strongest_periods(wave.reshape(1, 24, 1), k=1)
    >>> periods
    tensor([[6]])
    """
    amplitudes, place = spectrum(x).topk(k, dim=1)
    return torch.full_like(place, x.shape[1]) // (place + 1), amplitudes


class PeriodGroups(NamedTuple):
    """Sequences group by group; one with several periods stands in several groups."""

    periods: list[int]  # of each group
    sizes: list[int]  # sequences of each group
    members: Tensor  # (n_rows,), the index of every sequence in the batch
    weights: Tensor  # (n_rows, ...), what its period weighs for it


def group_by_period(periods: Tensor, weights: Tensor) -> PeriodGroups | None:
    """Put sequences that share a period together, so that they are folded at once.

    Equal periods of a sequence are one, with the sum of their weights. Those that weigh less than
    a rounding are left out. The device is waited for once.

    Parameters
    ----------
    periods : int64 Tensor of shape (batch, k)
    weights : Tensor of shape (batch, k, ...)
        Not negative. Further axes are parts of a sequence, for which its periods weigh differently.

    Returns
    -------
    PeriodGroups or None
        None where values cannot be read, see `skscale.ops.tracing.read`.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn.layers.periods import group_by_period
    >>> weights = torch.tensor([[0.5, 0.25, 0.25], [0.75, 0.25, 0.0]])
    >>> group_by_period(torch.tensor([[4, 2, 4], [2, 4, 3]]), weights)
    PeriodGroups(periods=[2, 4], sizes=[2, 2], members=tensor([0, 1, 0, 1]), \
weights=tensor([0.2500, 0.7500, 0.7500, 0.2500]))
    """
    largest = weights.detach().flatten(2).amax(dim=-1) if weights.dim() > 2 else weights.detach()
    counts = ~(largest <= _NEGLIGIBLE * torch.finfo(weights.dtype).eps)  # nan does
    counted = read(periods * counts)
    if counted is None:
        return None
    groups: dict[int, list[int]] = {}
    for member, row in enumerate(counted):
        for period in set(row) - {0}:
            groups.setdefault(period, []).append(member)
    found = sorted(groups)
    rows = [(member, period) for period in found for member in groups[period]]
    members, of_row = torch.tensor(rows, device=weights.device).unbind(dim=1)
    same = (periods[members] == of_row.unsqueeze(1)) & counts[members]
    weight = torch.einsum("mk...,mk->m...", weights[members], same.to(weights.dtype))
    return PeriodGroups(found, [len(groups[period]) for period in found], members, weight)
