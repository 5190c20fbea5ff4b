"""What stands in the place of points before a series begins."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["fill_padding"]


def fill_padding(x: Tensor, mask: Tensor | None, season: int = 1) -> Tensor:
    """Continue every window backwards over its padding by repeating its first season.

    A map that was learned on whole windows then meets a level and a season that it knows.
    A window that is shorter than the season repeats its first value.

    Parameters
    ----------
    x : Tensor of shape (batch, length, n_channels)
    mask : bool Tensor of shape (batch, length) or (batch, length, n_channels), or None
        False marks padding on the left; what it holds does not matter.
    season : int, default=1
        1 for none.

    Returns
    -------
    Tensor of shape (batch, length, n_channels)

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import fill_padding
    >>> x = torch.tensor([9.0, 9.0, 9.0, 1.0, 2.0, 3.0]).reshape(1, 6, 1)
    >>> mask = torch.tensor([[False, False, False, True, True, True]])
    >>> fill_padding(x, mask, season=2).flatten()
    tensor([2., 1., 2., 1., 2., 3.])
    """
    if mask is None:
        return x
    length = x.shape[1]
    mask = mask if mask.dim() == 3 else mask.unsqueeze(-1)
    place = torch.arange(length, device=x.device).unsqueeze(1)
    first = (~mask).sum(dim=1, keepdim=True)
    within = first + (place - first) % season
    source = torch.where(within < length, within, first)
    source = torch.where(place < first, source, place).clamp(max=length - 1)
    return x.gather(1, source.expand_as(x))
