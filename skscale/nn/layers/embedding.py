"""Embedding of the points of a window."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skscale.nn.layers.checks import check_integer

__all__ = ["CircularEmbedding"]


class CircularEmbedding(nn.Module):
    """Token embedding: a three-tap circular convolution from ``in_channels`` to ``d_model``.

    Parameters
    ----------
    in_channels : int
        1 for channel-independent networks.
    d_model : int
        Embedding size.

    Raises
    ------
    ValueError
        If a size is not a positive integer; names it.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import CircularEmbedding
    >>> CircularEmbedding(in_channels=1, d_model=4)(torch.zeros(2, 1, 24)).shape
    torch.Size([2, 4, 24])
    """

    def __init__(self, in_channels: int, d_model: int):
        super().__init__()
        check_integer("in_channels", in_channels, 1)
        check_integer("d_model", d_model, 1)
        self.weight = nn.Parameter(torch.empty(d_model, in_channels, 3, dtype=torch.float32))
        nn.init.kaiming_normal_(self.weight, mode="fan_in", nonlinearity="leaky_relu")

    @staticmethod
    def shifts(x: Tensor) -> Tensor:
        """Stack the three neighbours of every point, ``(..., length)`` to ``(3, ..., length)``."""
        return torch.stack((x.roll(1, -1), x, x.roll(-1, -1)))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, in_channels, length)`` to ``(batch, d_model, length)``."""
        return torch.einsum("dck,kbct->bdt", self.weight, self.shifts(x))
