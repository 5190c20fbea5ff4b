"""The pyramid of Pyraformer: who sees whom, and which nodes a forecast depends on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pyramid", "draw_pyramid", "level_sizes"]

Numbers = NDArray[np.int64]


class Pyramid(NamedTuple):
    """The nodes that a forecast depends on, numbered in the order of their need.

    First those that are read at the end. Behind them, those that the last layer needs besides, then
    those of the layer before, and so on.

    Attributes
    ----------
    nodes : array of shape (n_needed,)
        Their numbers in the sequence of all nodes, the finest level first.
    counts : tuple of int
        How many of them go into every layer, and how many come out of the last.
    sees : bool array of shape (counts[1], counts[0])
        Which of them sees which, in any layer.
    newest : array of shape (n_needed,)
        The newest point below each.
    """

    nodes: Numbers
    counts: tuple[int, ...]
    sees: NDArray[np.bool_]
    newest: Numbers


def level_sizes(length: int, windows: Sequence[int]) -> list[int]:
    """Nodes of every level, as many levels as there are nodes for.

    Examples
    --------
    >>> from skscale.nn.pyraformer.pyramid import level_sizes
    >>> level_sizes(71, windows=(4, 4, 4)), level_sizes(9, windows=(4, 4, 4))
    ([71, 17, 4, 1], [9, 2])
    """
    sizes = [length]
    for window in windows:
        if window > sizes[-1]:
            break
        sizes.append(sizes[-1] // window)
    return sizes


def draw_pyramid(
    sizes: Sequence[int], windows: Sequence[int], reach: int, n_layers: int, read: str = "end"
) -> Pyramid:
    """Find what a forecast depends on.

    Parameters
    ----------
    sizes : sequence of int
        Nodes of every level, see `level_sizes`.
    windows : sequence of int
        Children of a node, level by level. The last node of a level takes all that are left.
    reach : int
        How far a node sees on its own level; it sees its parent and its children, too.
    n_layers : int
        Layers of attention.
    read : {"end", "points", "all"}, default="end"
        Nodes that are read behind the last layer: the last point and its ancestors, the finest
        level, or all.

    Examples
    --------
    >>> from skscale.nn.pyraformer.pyramid import draw_pyramid
    >>> pyramid = draw_pyramid([9, 2], windows=[4], reach=1, n_layers=1)
    >>> pyramid.nodes.tolist()  # the last point and its parent, then whom they see
    [8, 10, 4, 5, 6, 7, 9]
    >>> pyramid.counts
    (7, 2)
    """
    parents = [
        np.minimum(np.arange(size) // window, above - 1)
        for size, above, window in zip(sizes[:-1], sizes[1:], windows, strict=False)
    ]
    starts = np.cumsum([0, *sizes])
    seer, seen = _edges(sizes, parents, starts, reach)
    nodes = np.arange(sizes[0] if read == "points" else starts[-1])
    if read == "end":
        nodes = _ancestors(sizes[0] - 1, parents) + starts[:-1]
    known = np.zeros(starts[-1], dtype=bool)
    counts = [len(nodes)]
    for _ in range(n_layers):
        known[nodes] = True
        new = np.unique(seen[known[seer]])
        nodes = np.concatenate([nodes, new[~known[new]]])
        counts.insert(0, len(nodes))
    place = np.full(starts[-1], counts[0])
    place[nodes] = np.arange(counts[0])
    seer, seen = place[seer], place[seen]
    sees = np.zeros((counts[1], counts[0]), dtype=bool)
    inside = seer < counts[1]
    sees[seer[inside], seen[inside]] = True
    return Pyramid(nodes, tuple(counts), sees, _newest(sizes[0], parents)[nodes])


def _edges(
    sizes: Sequence[int], parents: Sequence[Numbers], starts: Numbers, reach: int
) -> tuple[Numbers, Numbers]:
    """Pairs of nodes, who sees and who is seen."""
    pairs = []
    for size, start in zip(sizes, starts, strict=False):
        places, reach_here = np.arange(size), min(reach, size - 1)
        for step in range(-reach_here, reach_here + 1):
            beside = places + step
            inside = (beside >= 0) & (beside < size)
            pairs.append(np.stack([places[inside], beside[inside]]) + start)
    for parent, start, above in zip(parents, starts, starts[1:], strict=False):
        up = np.stack([np.arange(len(parent)) + start, parent + above])
        pairs += [up, up[::-1]]
    seer, seen = np.concatenate(pairs, axis=1)
    return seer, seen


def _ancestors(point: int, parents: Sequence[Numbers]) -> Numbers:
    """Place of a point and of its ancestors, each within its level."""
    places = [point]
    for parent in parents:
        places.append(int(parent[places[-1]]))
    return np.array(places)


def _newest(length: int, parents: Sequence[Numbers]) -> Numbers:
    """Newest point below every node."""
    levels = [np.arange(length)]
    for parent in parents:
        last_child = np.searchsorted(parent, np.arange(parent[-1] + 1), side="right") - 1
        levels.append(levels[-1][last_child])
    return np.concatenate(levels)
