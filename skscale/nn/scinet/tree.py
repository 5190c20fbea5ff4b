"""The tree of SCINet, level by level: all sequences of a level are split and convolved at once."""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, pad

from skscale.nn.layers.dropout import Dropout

__all__ = ["Branch", "Level", "Tree", "TreeSizes"]


class TreeSizes(NamedTuple):
    """What all convolutions of a network share."""

    n_channels: int
    n_hidden: int
    kernels: tuple[int, int]
    n_levels: int
    groups: int
    modified: bool
    dropout: float


class Branch(nn.Module):
    """Two convolutions and a hyperbolic tangent for each of several sequences side by side.

    Parameters
    ----------
    n_sequences : int
        Each has weights of its own.
    sizes : TreeSizes
    """

    def __init__(self, n_sequences: int, sizes: TreeSizes):
        super().__init__()
        first, second = sizes.kernels
        # Edges are repeated as often as both kernels need; an even one has its middle on the left.
        self.edges = (first - 1) // 2 + (second - 1) // 2, first // 2 + second // 2
        n_inputs, n_hidden = n_sequences * sizes.n_channels, n_sequences * sizes.n_hidden
        groups, kind = n_sequences * sizes.groups, torch.float32
        self.first = nn.Conv1d(n_inputs, n_hidden, first, groups=groups, dtype=kind)
        self.second = nn.Conv1d(n_hidden, n_inputs, second, groups=groups, dtype=kind)
        self.n_sequences = n_sequences
        self.dropout = Dropout(sizes.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``x`` (batch, n_sequences, n_channels, length) to the same shape, within (-1, 1)."""
        wide = pad(x.flatten(1, 2), self.edges, mode="replicate")
        h = self.dropout(leaky_relu(self.first(wide)))
        return torch.tanh(self.second(h).to(x.dtype)).view_as(x)


class Level(nn.Module):
    """One level: every sequence becomes its even and its odd points, which learn of each other.

    Parameters
    ----------
    lengths : list of int
        Points of the sequences that come in, which differ by one at most. Each stands in a row as
        long as the longest.
    sizes : TreeSizes
    """

    def __init__(self, lengths: list[int], sizes: TreeSizes):
        super().__init__()
        self.modified = sizes.modified
        n_nodes, longest = len(lengths), -(-max(lengths) // 2)
        self.whole = Held(lengths, 2 * longest)
        self.nodes = Held([-(-n // 2) for n in lengths], longest)
        self.halves = Held([-(-n // 2) for n in lengths for _ in range(2)], longest)
        if self.modified:
            self.scale = Branch(2 * n_nodes, sizes)  # of even and odd halves in turns
            self.shift = Branch(2 * n_nodes, sizes)
        else:
            self.of_even = Branch(n_nodes, sizes)
            self.of_odd = Branch(n_nodes, sizes)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``x`` (batch, n_nodes, n_channels, length) to twice as many nodes of half the length.

        An odd sequence is made even by its last point once more.
        """
        x = self.whole(x)
        even, odd = x[..., ::2], x[..., 1::2]
        if not self.modified:
            odd = odd - self.of_even(self.nodes(even))
            even = even + self.of_odd(self.nodes(odd))
            return torch.stack((even, odd), dim=2).flatten(1, 2)
        halves = self.halves(torch.stack((even, odd), dim=2).flatten(1, 2))
        factors = self.scale(halves).exp().unflatten(1, (-1, 2))
        # Each half is scaled by what the other says, and shifted likewise.
        scaled = halves.unflatten(1, (-1, 2)) * factors.flip(2)
        shift = self.shift(self.halves(scaled.flatten(1, 2))).unflatten(1, (-1, 2))
        even, odd = scaled[:, :, 0] + shift[:, :, 1], scaled[:, :, 1] - shift[:, :, 0]
        return torch.stack((even, odd), dim=2).flatten(1, 2)


class Held(nn.Module):
    """Rows of one size from sequences that may be shorter, whose last points are repeated.

    That is what stands beyond the end of each for its convolutions, so that sequences of several
    lengths go through one.

    Parameters
    ----------
    lengths : list of int
        Points of every sequence; one without any repeats what comes first.
    size : int
        Points of a row.
    """

    def __init__(self, lengths: list[int], size: int):
        super().__init__()
        self.is_needed = min(lengths) < size
        self.source: Tensor
        last = torch.tensor(lengths).unsqueeze(1).clamp(min=1) - 1
        source = torch.arange(size).minimum(last)
        self.register_buffer("source", source, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``x`` (batch, n_sequences, n_channels, length) to (..., size)."""
        if not self.is_needed:
            return x
        source = self.source.unsqueeze(1).expand(x.shape[0], -1, x.shape[2], -1)
        return x.gather(3, source)


class Tree(nn.Module):
    """All levels, and the points put in order again; the input is added.

    Parameters
    ----------
    length : int
        Points of the sequence.
    sizes : TreeSizes
    """

    def __init__(self, length: int, sizes: TreeSizes):
        super().__init__()
        self.levels = nn.ModuleList()
        lengths = [length]
        for _ in range(sizes.n_levels):
            self.levels.append(Level(lengths, sizes))
            lengths = [half for n in lengths for half in (-(-n // 2), n // 2)]
        self.order: Tensor
        self.register_buffer("order", _order(length, sizes.n_levels), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``x`` (batch, n_channels, length) to the same shape."""
        h = x.unsqueeze(1)
        for level in cast(list[Level], list(self.levels)):
            h = level(h)
        return x + h.transpose(1, 2).flatten(2).index_select(2, self.order)


def _order(length: int, n_levels: int) -> Tensor:
    """Place of every point of the sequence in its leaves, rows one after the other."""
    rows = [torch.arange(length)]
    for _ in range(n_levels):
        rows = [half for row in rows for half in (row[::2], row[1::2])]
    order, size = torch.empty(length, dtype=torch.int64), len(rows[0])
    for i, row in enumerate(rows):
        order[row] = i * size + torch.arange(len(row))
    return order
