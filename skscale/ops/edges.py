"""What stands beyond the two ends of a series."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

__all__ = ["EDGES", "check_option", "extend"]

EDGES = ("zero", "reflect", "replicate", "periodic")


def extend(x: Tensor, before: int, after: int, edges: str) -> Tensor:
    """Lengthen series at both ends.

    Parameters
    ----------
    x : Tensor of shape (..., length)
        Series.
    before, after : int
        Number of points to add in front and behind; may exceed the length.
    edges : {"zero", "reflect", "replicate", "periodic"}
        ``"reflect"`` mirrors at half a step beyond the end and so repeats the end point
        (``d c b a | a b c d | d c b a``): with this form symmetric kernels keep the sum of a
        series and are diagonal in the cosine basis. ``"replicate"`` holds the end value.

    Returns
    -------
    Tensor of shape (..., before + length + after)

    Raises
    ------
    ValueError
        If ``edges`` is unknown.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import extend
    >>> extend(torch.tensor([1.0, 2.0, 3.0]), 2, 1, "reflect")
    tensor([2., 1., 1., 2., 3., 3.])
    """
    check_option("edges", edges, EDGES)
    if before == 0 and after == 0:
        return x
    if edges == "zero":
        return pad(x, (before, after))
    length = x.shape[-1]
    left = _source(torch.arange(-before, 0, device=x.device), length, edges)
    right = _source(torch.arange(length, length + after, device=x.device), length, edges)
    return torch.cat((x.index_select(-1, left), x, x.index_select(-1, right)), dim=-1)


def check_option(name: str, value: object, allowed: tuple[str, ...]) -> None:
    """Raise a ValueError that names the parameter unless ``value`` is one of ``allowed``."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")


def _source(index: Tensor, length: int, edges: str) -> Tensor:
    """Positions inside the series that stand for positions beyond its ends."""
    if edges == "replicate":
        return index.clamp(0, length - 1)
    if edges == "periodic":
        return index.remainder(length)
    index = index.remainder(2 * length)
    return torch.where(index < length, index, 2 * length - 1 - index)
