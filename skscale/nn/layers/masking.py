"""What is known of a window: padding hidden, and left out of means."""

from __future__ import annotations

from torch import Tensor

__all__ = ["beside_values", "hide", "masked_mean"]


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
