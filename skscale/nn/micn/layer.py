"""Layer of MICN: local and global patterns of several scales."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, relu

from skscale.nn.layers.dense import dense
from skscale.nn.micn.convolution import (
    CausalConvolution,
    TokenMap,
    TokenSpread,
    moving_average,
    odd,
)

__all__ = ["LinearPair", "MICLayer", "ReLUPair", "Scale"]


class MICLayer(nn.Module):
    """Multi-scale isometric convolution: every scale on its own, merged, then a feed-forward.

    Parameters
    ----------
    d_model : int
    kernels : sequence of int
        Points of a token, for each scale.
    length : int
        Points of the sequence.
    variant : {"official", "tslib"}
        Feed-forward with an activation, or without.
    dropout : float
    """

    def __init__(
        self, d_model: int, kernels: Sequence[int], length: int, variant: str, dropout: float
    ):
        super().__init__()
        self.norm = _layer_norm(d_model)  # one for all scales
        self.scales = nn.ModuleList(Scale(d_model, k, length, dropout) for k in kernels)
        self.merge = dense(len(kernels) * d_model, d_model)
        official = variant == "official"
        self.feed_forward = ReLUPair(d_model, dropout) if official else LinearPair(d_model)

    def forward(self, h: Tensor, start: int = 0) -> Tensor:
        """Map ``h`` of shape (batch, length, d_model) to its points from ``start`` on."""
        merged = torch.cat([scale(h, self.norm, start) for scale in self.scales], dim=2)
        return self.feed_forward(self.merge(merged))


class Scale(nn.Module):
    """Points to tokens, a causal convolution over them, and back, around the moving average.

    Parameters
    ----------
    d_model, kernel, length : int
    dropout : float
    """

    def __init__(self, d_model: int, kernel: int, length: int, dropout: float):
        super().__init__()
        self.local = TokenMap(d_model, kernel)
        self.causal = CausalConvolution(d_model, self.local.n_tokens(length))
        self.spread = TokenSpread(d_model, kernel)
        self.dropout = nn.Dropout(dropout)

    def forward(self, h: Tensor, norm: nn.LayerNorm, start: int) -> Tensor:
        """Map ``h`` of shape (batch, length, d_model) to its points from ``start`` on."""
        kernel, length = self.local.kernel, h.shape[1]
        season = h - moving_average(h, odd(kernel))
        near = self.dropout(self.local(season).tanh())
        far = self.dropout(self.causal(near).tanh())
        first = start // kernel  # token of the first point that is asked for
        tokens = norm(far + near)[:, first:]
        points = self.dropout(self.spread(tokens).tanh())
        kept = points[:, start - first * kernel : length - first * kernel]
        return norm(kept + season[:, start:])


class ReLUPair(nn.Module):
    """The paper's feed-forward: two maps with ReLU in between, added and normalised."""

    def __init__(self, d_model: int, dropout: float):
        super().__init__()
        self.first, self.second = dense(d_model, 4 * d_model), dense(4 * d_model, d_model)
        for layer in (self.first, self.second):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.norm = _layer_norm(d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, h: Tensor) -> Tensor:
        """Map the last axis."""
        return self.norm(h + self.second(self.dropout(relu(self.first(h)))))


class LinearPair(nn.Module):
    """The feed-forward of the Time-Series-Library: two maps without activation, which are one."""

    def __init__(self, d_model: int):
        super().__init__()
        self.first, self.second = dense(d_model, 4 * d_model), dense(4 * d_model, d_model)
        self.norm_before, self.norm = _layer_norm(d_model), _layer_norm(d_model)

    def forward(self, h: Tensor) -> Tensor:
        """Map the last axis."""
        weight = self.second.weight @ self.first.weight
        bias = self.second(self.first.bias)
        return self.norm(h + linear(self.norm_before(h), weight, bias))


def _layer_norm(d_model: int) -> nn.LayerNorm:
    return nn.LayerNorm(d_model, dtype=torch.float32)
