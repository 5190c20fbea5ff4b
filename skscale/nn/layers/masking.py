"""What is known of a window: padding hidden, and left out of means."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["beside_values", "fill", "hide", "last_observed", "masked_mean"]


def beside_values(mask: Tensor) -> Tensor:
    """Mask (batch, length) in the shape that goes with values, (batch, length, 1)."""
    return mask.unsqueeze(-1)


def hide(x: Tensor, mask: Tensor | None) -> Tensor:
    """``x`` (batch, length, n_columns) with zeros where ``mask`` is False, even for nan."""
    return x if mask is None else x.masked_fill(~beside_values(mask), 0.0)


def masked_mean(x: Tensor, mask: Tensor | None) -> Tensor:
    """Mean over time of what ``mask`` shows of a hidden ``x``, (batch, 1, n_columns).

    Zero where it shows nothing.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn.layers.masking import masked_mean
    >>> x = torch.tensor([[[0.0], [2.0], [4.0]]])
    >>> masked_mean(x, torch.tensor([[False, True, True]])).flatten()
    tensor([3.])
    """
    if mask is None:
        return x.mean(dim=1, keepdim=True)
    observed = beside_values(mask).to(x.dtype)
    return (x * observed).sum(1, keepdim=True) / observed.sum(1, keepdim=True).clamp(min=1.0)


def fill(x: Tensor, mask: Tensor | None) -> Tensor:
    """``x`` with the mean of what ``mask`` shows wherever it hides, the neutral value of a map."""
    return x if mask is None else torch.where(beside_values(mask), x, masked_mean(x, mask))


def last_observed(x: Tensor, mask: Tensor | None) -> Tensor:
    """Last value that ``mask`` shows of a hidden ``x``, (batch, 1, n_columns); zero without any."""
    if mask is None:
        return x[:, -1:]
    shown = beside_values(mask)
    place = torch.arange(x.shape[1], device=x.device).unsqueeze(1)
    last = torch.where(shown, place, 0).amax(1, keepdim=True)
    return x.gather(1, last.expand(-1, -1, x.shape[2]))
