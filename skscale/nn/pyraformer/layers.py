"""Parts of Pyraformer: from points to coarser nodes, and a layer of attention between nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import elu

from skscale.nn.layers.attention import MultiHeadAttention
from skscale.nn.layers.batch_norm import BatchNorm
from skscale.nn.layers.dense import dense
from skscale.nn.layers.dropout import Dropout
from skscale.nn.layers.embedding import CircularEmbedding
from skscale.nn.layers.feed_forward import FeedForward
from skscale.nn.layers.positions import sinusoid
from skscale.ops import average_pool, max_pool

__all__ = [
    "CONSTRUCTIONS",
    "CoarseNodes",
    "Condense",
    "NodeAttention",
    "NodeSizes",
    "PointEmbedding",
]

CONSTRUCTIONS = ("bottleneck", "convolution", "max", "average")


class PointEmbedding(nn.Module):
    """Points of a window as nodes: their neighbours in time, their position, their features.

    Parameters
    ----------
    n_channels, d_model, length, n_features : int
    bias : bool
    dropout : float
    """

    def __init__(
        self,
        n_channels: int,
        d_model: int,
        length: int,
        n_features: int,
        bias: bool,
        dropout: float,
    ):
        super().__init__()
        self.values = CircularEmbedding(n_channels, d_model)
        self.bias: nn.Parameter | None = None
        if bias:
            bound = (3 * n_channels) ** -0.5
            start = torch.empty(d_model, dtype=torch.float32).uniform_(-bound, bound)
            self.bias = nn.Parameter(start)
        self.n_features = n_features
        self.features: nn.Module | None = None
        if n_features:
            self.features = dense(n_features, d_model, bias=False)
        self.positions: Tensor
        self.register_buffer("positions", sinusoid(length, d_model), persistent=False)
        self.dropout = Dropout(dropout)

    def forward(self, z: Tensor, features: Tensor | None) -> Tensor:
        """Map (batch, length, n_channels) and features to (batch, length, d_model)."""
        h = self.values(z.transpose(1, 2)).transpose(1, 2) + self.positions
        if self.bias is not None:
            h = h + self.bias
        if self.features is not None and features is not None:
            h = h + self.features(features)
        return self.dropout(h)


class Condense(nn.Module):
    """Convolution of every ``window`` points to one, normalised over the batch, ELU.

    Parameters
    ----------
    n_features, window : int
    """

    def __init__(self, n_features: int, window: int):
        super().__init__()
        self.convolution = nn.Conv1d(
            n_features, n_features, window, stride=window, dtype=torch.float32
        )
        self.norm = BatchNorm(n_features)

    def forward(self, h: Tensor) -> Tensor:
        """Map (batch, n_features, length) to (batch, n_features, length // window)."""
        return elu(self.norm(self.convolution(h)))


class CoarseNodes(nn.Module):
    """The coarser levels of a sequence, each made from the one below.

    Parameters
    ----------
    d_model : int
        Features of a node.
    windows : sequence of int
        Nodes that become one, level by level.
    kind : {"bottleneck", "convolution", "max", "average"}
        Convolutions between two linear maps, convolutions alone, or pooling.
    d_bottleneck : int
        Features between the two maps.
    """

    def __init__(self, d_model: int, windows: Sequence[int], kind: str, d_bottleneck: int):
        super().__init__()
        self.windows, self.kind = list(windows), kind
        self.steps: nn.ModuleList | None = None
        self.down = self.up = None
        if kind == "bottleneck":
            self.down, self.up = dense(d_model, d_bottleneck), dense(d_bottleneck, d_model)
        if kind in ("bottleneck", "convolution"):
            width = d_bottleneck if kind == "bottleneck" else d_model
            self.steps = nn.ModuleList(Condense(width, window) for window in self.windows)

    def forward(self, h: Tensor) -> Tensor:
        """Map (batch, length, d_model) to all coarser nodes (batch, n_nodes, d_model)."""
        level = (h if self.down is None else self.down(h)).transpose(1, 2)
        levels = []
        for i in range(len(self.windows)):
            level = self._next(level, i)
            levels.append(level)
        nodes = torch.cat(levels, dim=2).transpose(1, 2)
        return nodes if self.up is None else self.up(nodes)

    def _next(self, level: Tensor, i: int) -> Tensor:
        if self.steps is not None:
            return cast(Tensor, self.steps[i](level))
        pool = max_pool if self.kind == "max" else average_pool
        return pool(level, self.windows[i])


class NodeSizes(NamedTuple):
    """What all layers of a network share."""

    d_model: int
    d_ff: int
    n_heads: int
    head_size: int
    value_size: int
    residual: bool
    dropout: float


class NodeAttention(nn.Module):
    """Attention between nodes that see each other, then a feed-forward.

    Parameters
    ----------
    sizes : NodeSizes
        With ``residual``, the attention is added to its input and normalised, and queries, keys
        and values have no bias.
    """

    def __init__(self, sizes: NodeSizes):
        super().__init__()
        self.attention = MultiHeadAttention(
            sizes.d_model,
            sizes.n_heads,
            head_size=sizes.head_size,
            value_size=sizes.value_size,
            bias=not sizes.residual,
            dropout=sizes.dropout,
        )
        self.attention_norm = _norm(sizes.d_model) if sizes.residual else None
        self.feed_forward = FeedForward(
            sizes.d_model, sizes.d_ff, sizes.d_model, dropout=sizes.dropout
        )
        self.norm = _norm(sizes.d_model)
        self.dropout = Dropout(sizes.dropout)
        if sizes.residual:
            self._draw_as_published()

    def forward(self, seers: Tensor, nodes: Tensor, sees: Tensor) -> Tensor:
        """Map ``seers`` (batch, n_seers, d_model) by the nodes that they see.

        Parameters
        ----------
        seers : Tensor of shape (batch, n_seers, d_model)
        nodes : Tensor of shape (batch, n_nodes, d_model)
        sees : bool Tensor of shape (n_seers, n_nodes)
            Or with a batch and an axis of heads before.
        """
        found = self.attention(seers, nodes, sees)
        if self.attention_norm is not None:
            found = self.attention_norm(seers + self.dropout(found))
        return self.norm(self.feed_forward(found, base=found))

    def _draw_as_published(self) -> None:
        attention = self.attention
        for weight in (*attention.qkv.weight.split(attention.widths), attention.out.weight):
            nn.init.xavier_uniform_(weight)


def _norm(d_model: int) -> nn.LayerNorm:
    return nn.LayerNorm(d_model, eps=1e-6, dtype=torch.float32)
