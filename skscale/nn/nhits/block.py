"""A block of N-HiTS: pool what is left of the window, explain some of it, forecast at few knots.

Windows run backwards, newest point first, as in the paper's code: groups of the pooling are whole
at the new end, and weights of public code need no change.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.functional import linear

from skscale.nn.layers.constant import Constant
from skscale.nn.layers.dense import dense
from skscale.nn.layers.dropout import Dropout
from skscale.ops import average_pool, interpolation_matrix, max_pool

__all__ = ["ACTIVATIONS", "POOLINGS", "Block", "BlockSizes"]

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "softplus": F.softplus,
    "tanh": torch.tanh,
    "selu": F.selu,
    "leaky_relu": F.leaky_relu,
    "sigmoid": torch.sigmoid,
}
POOLINGS = ("max", "average")


class BlockSizes(NamedTuple):
    """What all blocks of a network share."""

    context_length: int
    prediction_length: int
    n_features: int  # numbers that are given beside a window, of all its points and columns
    hidden_sizes: tuple[int, ...]
    pooling: str
    interpolation: str
    activation: str
    dropout: float


class Block(nn.Module):
    """An MLP on the pooled window that gives a backcast, and knots of a forecast.

    Parameters
    ----------
    pool_size : int
        Points in a group; more than the context count as all of it.
    downsampling : int
        Points of the horizon to a knot.
    sizes : BlockSizes
    """

    def __init__(self, pool_size: int, downsampling: int, sizes: BlockSizes):
        super().__init__()
        self.sizes = sizes
        self.pool_size = min(pool_size, sizes.context_length)
        self.n_pooled = -(-sizes.context_length // self.pool_size)
        n_knots = max(sizes.prediction_length // downsampling, 1)
        widths = [self.n_pooled + sizes.n_features, *sizes.hidden_sizes]
        self.layers = nn.ModuleList(dense(n, m) for n, m in pairwise(widths))
        self.dropout = Dropout(sizes.dropout)
        self.head = dense(widths[-1], sizes.context_length + n_knots)
        self.interpolation: Constant | None = None  # knots at every point stay
        if n_knots < sizes.prediction_length:
            matrix = interpolation_matrix(n_knots, sizes.prediction_length, sizes.interpolation)
            self.interpolation = Constant(matrix)

    def forward(self, rest: Tensor, features: Tensor | None, shown: Tensor | None) -> Tensor:
        """Hidden values, of which `backcast` and `forecast` are linear maps.

        Parameters
        ----------
        rest : Tensor of shape (batch, n_channels, context_length)
            What is left of the window, newest point first; padding is zero.
        features : Tensor of shape (batch, n_features), optional
            Shared by all channels: what the first layer makes of them is computed once.
        shown : bool Tensor of shape (batch, 1 or n_channels, context_length), optional
            False for padding, which takes no part in the pooling.

        Returns
        -------
        Tensor of shape (batch, n_channels, n_hidden)
        """
        activation = ACTIVATIONS[self.sizes.activation]
        first, *layers = cast(list[nn.Linear], list(self.layers))
        weight, of_features = first.weight.tensor_split([self.n_pooled], dim=1)
        h = linear(self._pooled(rest, shown), weight, first.bias)
        if features is not None:
            h = h + linear(features, of_features).unsqueeze(1)
        h = self.dropout(activation(h))
        for layer in layers:
            h = self.dropout(activation(layer(h)))
        return h

    def backcast(self, hidden: Tensor) -> Tensor:
        """What is taken from the window, (batch, n_channels, context_length)."""
        length = self.sizes.context_length
        return linear(hidden, self.head.weight[:length], self.head.bias[:length])

    def forecast(self, hidden: Tensor) -> Tensor:
        """What is added to the forecast, (batch, n_channels, prediction_length)."""
        length = self.sizes.context_length
        knots = linear(hidden, self.head.weight[length:], self.head.bias[length:])
        return knots if self.interpolation is None else linear(knots, self.interpolation())

    def _pooled(self, rest: Tensor, shown: Tensor | None) -> Tensor:
        """Groups from the newest point on, the last with what points there are; padding gives 0."""
        if self.pool_size == 1:
            return rest
        if self.sizes.pooling == "max":
            known = rest if shown is None else rest.masked_fill(~shown, -math.inf)
            pooled = max_pool(known, self.pool_size, "renormalise")
            return pooled if shown is None else pooled.masked_fill(pooled.isneginf(), 0.0)
        pooled = average_pool(rest, self.pool_size, "renormalise")
        if shown is None:
            return pooled
        share = average_pool(shown.to(rest.dtype), self.pool_size, "renormalise")
        return pooled / share.masked_fill(share == 0, 1.0)
