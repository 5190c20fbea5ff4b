"""Values that no forecast should follow."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["outliers"]

_FEWEST = 6  # points that say what is usual
_SET_ASIDE = 0.01  # of the points, on either side, at least one: the range of others is usual
# From that range, so many times as wide. Of M4's choice series one is further out, an entry with a
# digit too many.
_FURTHEST = 10.0


def outliers(x: Tensor, mask: Tensor) -> Tensor:
    """Values far outside the range of all others, if usual ones follow.

    What is usual is told by the window itself, without its largest and smallest values: a
    hundredth of its points on either side, at least one. Peaks that come back every season are
    more than that. The last values of a window are none, they may be a new level.

    Parameters
    ----------
    x : Tensor of shape (batch, length, ...)
    mask : bool Tensor of the same shape
        False marks what is not observed, whatever stands there.

    Returns
    -------
    bool Tensor of the same shape
        Nothing in windows of less than six points.

    Examples
    --------
    >>> import torch
    >>> from skscale.pretrained import outliers
    >>> x = torch.tensor([[1.0, 2.0, 1.0, 900.0, 2.0, 1.0, 2.0, 1.0]])
    >>> outliers(x, torch.ones_like(x, dtype=torch.bool)).nonzero()
    tensor([[0, 3]])
    """
    n = mask.sum(dim=1, keepdim=True)
    aside = (n * _SET_ASIDE).long().clamp(min=1)
    ordered = torch.where(mask, x, torch.inf).sort(dim=1).values
    low = ordered.gather(1, aside.clamp(max=x.shape[1] - 1))
    high = ordered.gather(1, (n - 1 - aside).clamp(min=0))
    reach = _FURTHEST * (high - low)
    usual = mask & (x >= low - reach) & (x <= high + reach)
    followed = usual.flip(1).cumsum(dim=1).flip(1) > 0
    return mask & ~usual & followed & (n >= _FEWEST)
