"""What is known of a window: padding hidden."""

from __future__ import annotations

import torch
from torch import Tensor

from skscale.ops import begun, beside_values, masked_mean

__all__ = ["fill", "hide"]


def hide(x: Tensor, mask: Tensor | None) -> Tensor:
    """``x`` (batch, length, n_columns) with zeros, even for nan, before what ``mask`` shows."""
    return x if mask is None else x.masked_fill(~begun(beside_values(mask)), 0.0)


def fill(x: Tensor, mask: Tensor | None) -> Tensor:
    """``x`` with its observed mean in the place of padding, the neutral value of a map."""
    if mask is None:
        return x
    return torch.where(begun(beside_values(mask)), x, masked_mean(x, mask))
