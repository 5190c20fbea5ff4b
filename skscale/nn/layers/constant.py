"""Numbers that a network knows, in whatever type it computes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Constant"]


class Constant(nn.Module):
    """A tensor that follows a network through its types and keeps double precision.

    Two parts in single precision hold it, of which the second is what the first leaves. They are
    not saved: what a network knows follows from its sizes.

    Parameters
    ----------
    value : float64 Tensor

    Examples
    --------
    >>> import torch
    >>> from skscale.nn.layers.constant import Constant
    >>> third = torch.tensor([1.0]).double() / 3
    >>> torch.equal(Constant(third)(), third.float())
    True
    >>> bool((Constant(third).double()() - third).abs() < 1e-15)
    True
    """

    def __init__(self, value: Tensor):
        super().__init__()
        self.first: Tensor
        self.rest: Tensor
        first = value.to(torch.float32)
        self.register_buffer("first", first, persistent=False)
        rest = (value - first.to(value.dtype)).to(torch.float32)
        self.register_buffer("rest", rest, persistent=False)

    def forward(self) -> Tensor:
        """Value in the type of the network."""
        return self.first + self.rest
