"""What trained networks minimise."""

from __future__ import annotations

import torch
from torch import Tensor

from skscale.pretrained._net import QUANTILES

__all__ = ["pinball"]

_LIMIT = 30.0  # of an error in units of the scale: a wild series must not teach alone
_MEDIAN_WEIGHT = 4.0  # the median is the forecast


def pinball(quantiles: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean pinball loss of scaled quantiles, errors held at a limit.

    Parameters
    ----------
    quantiles : Tensor of shape (batch, horizon, n_quantiles)
    target : Tensor of shape (batch, horizon)
        NaN, such as beyond the end of a series, counts as no error.
    weight : Tensor of shape (batch, 1), optional
        Brings the errors of a window to units that all windows share.

    Examples
    --------
    >>> import torch
    >>> from skscale.pretrained import pinball
    >>> pinball(torch.zeros(1, 4, 13), torch.zeros(1, 4)).item()
    0.0
    """
    levels = torch.tensor(QUANTILES, device=quantiles.device)
    importance = torch.where(levels == 0.5, _MEDIAN_WEIGHT, 1.0)
    error = target.unsqueeze(2) - quantiles
    if weight is not None:
        error = error * weight.unsqueeze(2)
    error = torch.where(target.isfinite().unsqueeze(2), error.clamp(-_LIMIT, _LIMIT), 0.0)
    losses = torch.maximum(levels * error, (levels - 1) * error)
    return (losses * importance).mean() / importance.mean()
