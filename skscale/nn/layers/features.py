"""Feature columns of context and horizon that share one embedding."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import pad

__all__ = ["widened"]


def widened(features: Tensor | None, like: Tensor, length: int, n_features: int) -> Tensor:
    """Features (batch, length, n_features), with zeros for the columns that are not there.

    Columns known ahead come first, so that column j of context and horizon is the same quantity.

    Parameters
    ----------
    features : Tensor of shape (batch, length, n_columns), optional
        At most ``n_features`` columns; left out, there are none.
    like : Tensor of shape (batch, ...)
        Says the batch and the type.
    length, n_features : int

    Examples
    --------
    >>> import torch
    >>> from skscale.nn.layers.features import widened
    >>> widened(torch.ones(1, 2, 1), torch.zeros(1), length=2, n_features=3)
    tensor([[[1., 0., 0.],
             [1., 0., 0.]]])
    """
    if features is None:
        return like.new_zeros(like.shape[0], length, n_features)
    return pad(features, (0, n_features - features.shape[2]))
