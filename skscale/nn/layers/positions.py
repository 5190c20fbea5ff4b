"""Position table of the embeddings."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from skscale.nn.layers.checks import check_integer

__all__ = ["sinusoid"]


def sinusoid(length: int, d_model: int) -> Tensor:
    """Sines and cosines of a position at wavelengths from ``2 pi`` to ``20000 pi``.

    Parameters
    ----------
    length : int
        Positions, counted from 0.
    d_model : int
        Features: sines in the even columns, cosines in the odd ones. An odd number leaves out the
        last cosine (published modules crash).

    Returns
    -------
    float32 Tensor of shape (length, d_model)
        Every step is taken in float32, as in published modules, whose weights were trained on
        these numbers: the table in float64 differs by up to 1e-4 within a thousand positions. As
        a buffer it keeps its numbers in a network of float64.

    Raises
    ------
    ValueError
        If a size is not a positive integer; names it.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, NeurIPS.

    Examples
    --------
    >>> from skscale.nn.layers.positions import sinusoid
    >>> sinusoid(length=2, d_model=3)
    tensor([[0.0000, 1.0000, 0.0000],
            [0.8415, 0.5403, 0.0022]])
    """
    check_integer("length", length, 1)
    check_integer("d_model", d_model, 1)
    place = torch.arange(length, dtype=torch.float32)
    feature = torch.arange(0, d_model, 2, dtype=torch.float32)
    angle = torch.outer(place, (feature * (-math.log(10000.0) / d_model)).exp())
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)[:, :d_model]
