"""Mixing along time: coarse scales into fine ones, and every patch into the next."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from skscale.nn.layers.batch_norm import BatchNorm
from skscale.nn.layers.dense import dense
from skscale.nn.layers.dropout import Dropout
from skscale.nn.layers.feed_forward import FeedForward
from skscale.ops import average_pool

__all__ = ["PatchInteraction", "ScaleMixing"]


class ScaleMixing(nn.Module):
    """Averages of the window at several scales, each mixed into the next finer one.

    Parameters
    ----------
    length : int
        Points of the window.
    levels : int
        Scales beside the window itself. Those without a point are left out.
    window : int
        Factor between neighbouring scales.
    norm : BatchNorm or None
        Normalises the window first, every channel and point apart.
    """

    def __init__(self, length: int, levels: int, window: int, norm: BatchNorm | None):
        super().__init__()
        self.norm = norm
        self.scales = [1]
        while len(self.scales) <= levels and self.scales[-1] * window <= length:
            self.scales.append(self.scales[-1] * window)
        lengths = [length // scale for scale in self.scales]
        self.layers = nn.ModuleList(
            FeedForward(coarse, coarse, fine) for fine, coarse in pairwise(lengths)
        )

    def forward(self, x: Tensor, follow: bool = True) -> Tensor:
        """Mix ``x`` (batch, n_channels, length); the result has its shape.

        ``follow``: whether running statistics follow a training batch.
        """
        x = _normalised(x, self.norm, follow)
        pooled = [average_pool(x, scale) for scale in self.scales]
        mixed = pooled.pop()
        for layer in reversed(self.layers):
            mixed = layer(mixed, base=pooled.pop())
        return mixed


class PatchInteraction(nn.Module):
    """A recurrence over patches: what one patch became enters the next.

    Parameters
    ----------
    n_channels : int
    patch_length : int
        At most the points of the window. What is left over by whole patches goes to the first.
    alpha : float
        Weight of the map across channels; 0 leaves it out.
    norm : BatchNorm or None
        Normalises the window first, every channel and point apart.
    dropout : float
    """

    def __init__(
        self,
        n_channels: int,
        patch_length: int,
        alpha: float,
        norm: BatchNorm | None,
        dropout: float,
    ):
        super().__init__()
        self.alpha = alpha
        self.dropout = Dropout(dropout)
        self.norm = norm
        self.patch_norm = BatchNorm(n_channels * patch_length)
        self.patch_map = dense(patch_length, patch_length)
        self.channel_norm: BatchNorm | None = None
        if alpha:
            n_hidden = 1 << (n_channels - 1).bit_length()
            self.channel_norm = BatchNorm(n_channels * patch_length)
            self.inner = dense(n_channels, n_hidden)
            self.outer = dense(n_hidden, n_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Let the patches of ``x`` (batch, n_channels, length) interact; same shape."""
        x = _normalised(x, self.norm)
        size = self.patch_map.in_features
        n_patches, spare = divmod(x.shape[-1], size)
        first, *rest = x.split([spare + size] + [size] * (n_patches - 1), dim=-1)
        patches = [first]
        for patch in rest:
            patches.append(self._next(patches[-1][..., -size:], patch))
        return torch.cat(patches, dim=-1)

    def _next(self, before: Tensor, patch: Tensor) -> Tensor:
        moved = gelu(self.patch_map(_normalised(before, self.patch_norm)))
        patch = patch + self.dropout(moved)
        if self.channel_norm is None:
            return patch
        mixed = _normalised(patch, self.channel_norm).transpose(1, 2)
        for layer in (self.inner, self.outer):
            mixed = self.dropout(gelu(layer(mixed)))
        return patch + self.alpha * mixed.transpose(1, 2)


def _normalised(x: Tensor, norm: BatchNorm | None, follow: bool = True) -> Tensor:
    """Normalise every channel and point of ``x`` (batch, n_channels, length) over the batch."""
    return x if norm is None else norm(x.flatten(1), follow).view(x.shape)
