"""Blocks of time steps: where they start, how many there are, and the way back."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from skscale.ops.edges import check_option

__all__ = ["block_starts", "check_scale", "hold", "segment_range"]

ALIGNS = ("start", "end")
POOL_REMAINDERS = ("drop", "error", "renormalise", "zero", "reflect", "replicate")
PICK_REMAINDERS = ("drop", "error", "keep")


def hold(y: Tensor, starts: range, length: int) -> Tensor:
    """Bring a coarse series back to ``length`` points: each block repeats its value.

    Parameters
    ----------
    y : Tensor of shape (..., n_blocks)
        Coarse series.
    starts : range
        First point of each block, as given by :func:`block_starts`.
    length : int
        Length of the result. Points outside all blocks take the value of the nearest one.

    Returns
    -------
    Tensor of shape (..., length)

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import block_starts, hold
    >>> hold(torch.tensor([1.0, 2.0]), block_starts(5, 2), 5)
    tensor([1., 1., 2., 2., 2.])
    """
    position = torch.arange(length, device=y.device)
    block = torch.div(position - starts.start, starts.step, rounding_mode="floor")
    return y.index_select(-1, block.clamp(0, len(starts) - 1))


def block_starts(length: int, scale: int, remainder: str = "drop", align: str = "start") -> range:
    """First time index of each block; one before 0 means that the block was filled up.

    Parameters
    ----------
    length, scale, remainder, align
        As in :func:`average_pool`; ``remainder="keep"`` stands for any that keeps the
        incomplete block.

    Returns
    -------
    range
        As many entries as the coarse series has points.

    Raises
    ------
    ValueError
        If ``scale`` is not a whole number in 1..``length``, an option is unknown, or
        ``remainder="error"`` and the length does not divide.

    Examples
    --------
    >>> from skscale.ops import block_starts
    >>> list(block_starts(7, 3)), list(block_starts(7, 3, align="end"))
    ([0, 3], [1, 4])
    """
    n_blocks = _parts(length, scale, remainder, align)
    offset = 0 if align == "start" else length - n_blocks * scale
    return range(offset, offset + n_blocks * scale, scale)


def segment_range(length: int, scale: int, remainder: str = "drop", align: str = "start") -> range:
    """Time indices that :func:`segment` keeps; parameters and errors are the same.

    Examples
    --------
    >>> from skscale.ops import segment_range
    >>> segment_range(7, 2, align="end")
    range(4, 7)
    """
    check_option("remainder", remainder, PICK_REMAINDERS)
    kept = _parts(length, scale, remainder, align)
    return range(kept) if align == "start" else range(length - kept, length)


def check_scale(scale: object, length: int | None = None) -> int:
    """Return a discrete ``scale`` as an int, or raise a ValueError that says what is wrong.

    Parameters
    ----------
    scale : object
        Whole number from 1 to ``length``; a float that is whole is accepted.
    length : int, optional
        Length of the series; any scale without it.

    Examples
    --------
    >>> from skscale.ops import check_scale
    >>> check_scale(2.5, length=10)
    Traceback (most recent call last):
    ...
    ValueError: scale must be a whole number >= 1, got 2.5; ContinuousScale takes fractional scales
    """
    try:
        whole = int(scale)  # type: ignore[call-overload]
        fits = whole == scale and not isinstance(scale, bool | np.bool_ | str)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        fits = False
    if not fits or whole < 1:
        fractional = isinstance(scale, float) and math.isfinite(scale) and scale > 1
        hint = "; ContinuousScale takes fractional scales" if fractional else ""
        raise ValueError(f"scale must be a whole number >= 1, got {scale!r}{hint}")
    if length is not None and whole > length:
        raise ValueError(
            f"scale={whole} is larger than the series: n_features = {length} time points"
        )
    return whole


def _parts(length: int, scale: int, remainder: str, align: str) -> int:
    scale = check_scale(scale, length)
    check_option("align", align, ALIGNS)
    check_option("remainder", remainder, (*POOL_REMAINDERS, "keep"))
    if remainder == "error" and length % scale:
        raise ValueError(
            f"remainder='error': the length {length} is not a multiple of scale={scale}; choose "
            "another remainder to drop or complete the last block"
        )
    return length // scale if remainder in ("drop", "error") else -(-length // scale)
