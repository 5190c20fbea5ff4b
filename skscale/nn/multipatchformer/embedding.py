"""Tokens of MultiPatchFormer: patches of four lengths, cut so that there are as many of each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from skscale.nn.layers.dense import dense
from skscale.nn.layers.patches import Patches, unfold_patches
from skscale.ops.arrays import from_numpy

__all__ = ["Cut", "MultiPatchEmbedding", "fitted_patches", "position_table", "published_patches"]

_LENGTHS = (8, 16, 24, 32)
_PUBLISHED = ((8, 8, 0), (16, 8, 8), (24, 7, 7), (32, 6, 6))  # length, stride, padding


class Cut(NamedTuple):
    """How many of the newest points are used, and how they are cut into patches of each length."""

    n_points: int
    patches: tuple[Patches, ...]


def fitted_patches(n_points: int) -> Cut:
    """Cut the newest points into as many patches of every length, one for eight points.

    Strides are the least with which the patches cover these points, and behind the newest its
    value is repeated: at 96 points what is published. Fewer than 16 points are one patch.

    Examples
    --------
    >>> from skscale.nn.multipatchformer.embedding import fitted_patches
    >>> [tuple(one) for one in fitted_patches(43).patches]
    [(8, 8, 0, 5), (16, 6, 0, 5), (24, 4, 0, 5), (32, 2, 0, 5)]
    """
    n_patches = n_points // _LENGTHS[0]
    if n_patches < 2:
        return Cut(n_points, (Patches(n_points, 1, 0, 1),) * len(_LENGTHS))
    used, found = n_patches * _LENGTHS[0], []
    for length in (min(length, used) for length in _LENGTHS):
        stride = max(1, -(-(used - length) // (n_patches - 1)))
        padding = (n_patches - 1) * stride + length - used
        found.append(Patches(length, stride, padding, n_patches))
    return Cut(used, tuple(found))


def published_patches(n_points: int) -> Cut:
    """Cut all points with the published strides, from the oldest on.

    Raises
    ------
    ValueError
        If the numbers of patches differ, as for most lengths.
    """
    counts = [
        max(0, (n_points + padding - length) // stride + 1)
        for length, stride, padding in _PUBLISHED
    ]
    if not counts[0] or len(set(counts)) > 1:
        raise ValueError(
            f"patches must be 'fitted' for a context_length of {n_points}: the published ones are "
            f"{counts} of {list(_LENGTHS)} points, which do not go together"
        )
    patches = (Patches(*one, counts[0]) for one in _PUBLISHED)
    return Cut(n_points, tuple(patches))


def position_table(length: int, d_model: int) -> Tensor:
    """Sines and cosines of a position, as published: wavelengths from ``2 pi`` to ``2e8 pi``.

    The exponent is twice the usual, so that few columns tell positions apart.

    Returns
    -------
    float32 Tensor of shape (length, d_model)
    """
    wavelength = 10000.0 ** (2.0 * np.arange(0, d_model, 2) / d_model)
    angle = np.arange(length)[:, None] / wavelength
    table = np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(length, -1)
    return from_numpy(table[:, :d_model].astype(np.float32))


class MultiPatchEmbedding(nn.Module):
    """Linear maps of patches of several lengths side by side, and their positions.

    Parameters
    ----------
    context_length : int
        Points of a window.
    cut : Cut
    d_model : int
        Features of a token; every length of patches makes about as many of them.
    """

    def __init__(self, context_length: int, cut: Cut, d_model: int):
        super().__init__()
        n_lengths = len(cut.patches)
        widths = [d_model // n_lengths + (i < d_model % n_lengths) for i in range(n_lengths)]
        used = [(one, n) for one, n in zip(cut.patches, widths, strict=True) if n]
        self.skipped = context_length - cut.n_points
        self.patches = [one for one, _ in used]
        self.maps = nn.ModuleList(dense(one.length, width) for one, width in used)
        n_patches = self.patches[0].n_patches
        self.positions: Tensor
        table = position_table(n_patches, d_model)
        self.register_buffer("positions", table, persistent=False)
        ends = [np.arange(n_patches) * one.stride + one.length for one in self.patches]
        newest = self.skipped + np.minimum(np.max(ends, axis=0), cut.n_points) - 1
        self.newest: Tensor  # point of every token
        self.register_buffer("newest", from_numpy(newest), persistent=False)

    def forward(self, rows: Tensor) -> Tensor:
        """Map windows (rows, context_length) to tokens (rows, n_patches, d_model)."""
        rows = rows[:, self.skipped :]
        parts = [
            layer(unfold_patches(rows, one.length, one.stride, one.padding))
            for one, layer in zip(self.patches, self.maps, strict=True)
        ]
        return torch.cat(parts, dim=-1) + self.positions
