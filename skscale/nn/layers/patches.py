"""Patches: pieces of a window that become tokens."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Patches", "count_patches", "unfold_patches"]


class Patches(NamedTuple):
    """How a window is cut: see `unfold_patches`."""

    length: int
    stride: int
    padding: int
    n_patches: int


def unfold_patches(x: Tensor, length: int, stride: int, padding: int = 0) -> Tensor:
    """Cut patches from the last axis, the oldest first.

    Parameters
    ----------
    x : Tensor of shape (..., time)
    length : int
        Points of a patch.
    stride : int
        Points from the start of a patch to that of the next.
    padding : int, default=0
        How often the last value is repeated before cutting. With ``padding=stride``, as
        published networks have it, the newest points are always in a patch; with less, those
        behind the last patch that fits are left out.

    Returns
    -------
    Tensor of shape (..., n_patches, length)
        A view where nothing is padded; `count_patches` says how many.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn.layers.patches import unfold_patches
    >>> unfold_patches(torch.arange(5.0), length=3, stride=2, padding=2)
    tensor([[0., 1., 2.],
            [2., 3., 4.],
            [4., 4., 4.]])
    """
    if padding:
        x = torch.cat((x, x[..., -1:].expand(*x.shape[:-1], padding)), dim=-1)
    return x.unfold(-1, length, stride)


def count_patches(
    time: int, length: int, stride: int, padding: int = 0, name: str = "patch_length"
) -> int:
    """Number of patches that `unfold_patches` cuts from ``time`` points.

    Raises
    ------
    ValueError
        If not one fits; calls the length of a patch ``name``.

    Examples
    --------
    >>> from skscale.nn.layers.patches import count_patches
    >>> count_patches(96, length=16, stride=8, padding=8)
    12
    """
    if length > time + padding:
        raise ValueError(
            f"{name} must be at most {time + padding} for {time} points, the last of them "
            f"repeated {padding} times; got {length}"
        )
    return (time + padding - length) // stride + 1
