"""Linear, GELU, Linear, added to a base: along time or across features."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import gelu

from skscale.nn.layers.dense import dense
from skscale.nn.layers.mlp import mix_features, pointwise_mlp

__all__ = ["FeedForward"]


class FeedForward(nn.Module):
    """``base + second(gelu(first(x)))`` with exact GELU.

    Parameters
    ----------
    in_features, hidden_features, out_features : int
        Sizes of the two linear maps.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn.layers.feed_forward import FeedForward
    >>> FeedForward(8, 4, 4)(torch.zeros(2, 3, 8), base=torch.zeros(2, 3, 4)).shape
    torch.Size([2, 3, 4])
    """

    def __init__(self, in_features: int, hidden_features: int, out_features: int):
        super().__init__()
        self.first = dense(in_features, hidden_features)
        self.second = dense(hidden_features, out_features)

    def forward(self, x: Tensor, base: Tensor) -> Tensor:
        """Map the last axis of ``x`` and add ``base`` of the result's shape."""
        return base + self.second(gelu(self.first(x)))

    def across_first_axis(
        self, x: Tensor, base: Tensor | None = None, projection: Tensor | None = None
    ) -> Tensor:
        """Map the first axis of ``x``, light on memory, see `pointwise_mlp`.

        Parameters
        ----------
        x : Tensor of shape (in_features, rows, time)
            Input.
        base : Tensor of shape (out_features, rows, time), optional
            Added to the result.
        projection : Tensor of shape (n_outputs, out_features), optional
            Multiplies the result, base included. It is folded into the second map, so that the
            full width is never computed.
        """
        weight: Tensor = self.second.weight
        shift: Tensor = self.second.bias
        if projection is not None:
            weight, shift = projection @ weight, projection @ shift
            base = None if base is None else mix_features(projection, base)
        return pointwise_mlp(
            x, self.first.weight, self.first.bias.unsqueeze(1), weight, shift, base
        )
