"""Linear, activation, Linear, added to a base: along time or across features."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.functional import gelu, relu

from skscale.nn.layers.checks import check_choice
from skscale.nn.layers.dense import dense
from skscale.nn.layers.dropout import Dropout
from skscale.nn.layers.mlp import mix_features, pointwise_mlp

__all__ = ["FeedForward"]

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"gelu": gelu, "relu": relu}


class FeedForward(nn.Module):
    """``base + second(gelu(first(x)))`` with exact GELU.

    Parameters
    ----------
    in_features, hidden_features, out_features : int
        Sizes of the two linear maps.
    activation : {"gelu", "relu"}, default="gelu"
        Between them.
    dropout : float, default=0.0
        Dropout behind the activation and behind the second map, while training.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn.layers.feed_forward import FeedForward
    >>> FeedForward(8, 4, 4)(torch.zeros(2, 3, 8), base=torch.zeros(2, 3, 4)).shape
    torch.Size([2, 3, 4])
    """

    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        out_features: int,
        activation: str = "gelu",
        dropout: float = 0.0,
    ):
        super().__init__()
        self.activation = check_choice("activation", activation, tuple(ACTIVATIONS))
        self.first = dense(in_features, hidden_features)
        self.second = dense(hidden_features, out_features)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, base: Tensor) -> Tensor:
        """Map the last axis of ``x`` and add ``base`` of the result's shape."""
        hidden = self.dropout(ACTIVATIONS[self.activation](self.first(x)))
        return base + self.dropout(self.second(hidden))

    def across_first_axis(
        self, x: Tensor, base: Tensor | None = None, projection: Tensor | None = None
    ) -> Tensor:
        """Map the first axis of ``x``, by GELU and without dropout, see `pointwise_mlp`.

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
