"""What is known of windows: means of what was observed, and what stands in its gaps.

A mask is True where a value was observed. It has a flag for every point, (batch, length), or for
every value, (batch, length, n_channels).
"""

from __future__ import annotations

import torch
from torch import Tensor

from skscale.ops.padding import fill_padding
from skscale.ops.smoothing import moving_average
from skscale.ops.tracing import exporting, read

__all__ = [
    "begun",
    "beside_values",
    "ending_in_values",
    "fill_holes",
    "fill_in_proportion",
    "fill_window",
    "has_holes",
    "masked_mean",
    "running_maximum",
]

# A seasonal profile counts as if so many points of every phase had shown no season: of one or two
# points, noise is a large part.
_SHARED_POINTS = 0.5
# Of the largest value over the smallest: near zero, a line of logarithms leads anywhere.
_PROPORTIONATE = 50.0


def beside_values(mask: Tensor) -> Tensor:
    """Mask beside values, (batch, length, 1) or (batch, length, n_channels).

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import beside_values
    >>> beside_values(torch.ones(2, 5, dtype=torch.bool)).shape
    torch.Size([2, 5, 1])
    """
    return mask if mask.dim() == 3 else mask.unsqueeze(-1)


def begun(mask: Tensor) -> Tensor:
    """True from the first observed value on, in the shape of ``mask``; before is padding.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import begun
    >>> begun(torch.tensor([[[False], [True], [False]]]))[0, :, 0]
    tensor([False,  True,  True])
    """
    return mask.cumsum(1) > 0


def has_holes(mask: Tensor) -> bool:
    """Whether values behind the first are missing; yes where it cannot be known at once.

    A GPU is not waited for, and a graph that is recorded must serve all masks.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import has_holes
    >>> has_holes(torch.tensor([[[False], [True], [True]]]))  # padding is no hole
    False
    """
    return mask.device.type != "cpu" or read((begun(mask) & ~mask).any()) is not False


def ending_in_values(x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Windows moved right, channel by channel, until they end in their last observed value.

    Parameters
    ----------
    x : Tensor of shape (batch, length, n_channels)
    mask : bool Tensor of shape (batch, length, n_channels)

    Returns
    -------
    x, mask
        Points that come in on the left are not observed.
    behind : int64 Tensor of shape (batch, 1, n_channels)
        Points moved; none where nothing was observed.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import ending_in_values
    >>> x = torch.tensor([1.0, 2.0, 9.0]).reshape(1, 3, 1)
    >>> x, mask, behind = ending_in_values(x, x < 9)
    >>> x.flatten(), mask.flatten(), int(behind)
    (tensor([1., 1., 2.]), tensor([False,  True,  True]), 1)
    """
    place = torch.arange(x.shape[1], device=x.device).unsqueeze(1)
    last = torch.where(mask, place, -1).amax(dim=1, keepdim=True)
    behind = torch.where(last < 0, 0, x.shape[1] - 1 - last)
    source = place - behind
    inside = source.clamp(min=0)
    return x.gather(1, inside), mask.gather(1, inside) & (source >= 0), behind


def masked_mean(x: Tensor, mask: Tensor | None, dim: int | None = 1) -> Tensor:
    """Mean of the values that ``mask`` shows, zero where it shows nothing.

    Parameters
    ----------
    x : Tensor of shape (batch, length, n_columns)
        What stands elsewhere, even nan, does not matter.
    mask : bool Tensor of shape (batch, length) or (batch, length, n_columns), or None
    dim : int or None, default=1
        Axis of the mean, which stays with length one; None for the mean of all.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import masked_mean
    >>> x = torch.tensor([[[0.0], [2.0], [4.0]]])
    >>> masked_mean(x, torch.tensor([[False, True, True]])).flatten()
    tensor([3.])
    """
    if mask is None:
        return x.mean() if dim is None else x.mean(dim=dim, keepdim=True)
    shown = beside_values(mask)
    known = x.masked_fill(~shown, 0.0)
    weight = shown.to(x.dtype)
    if dim is None:
        count = weight.sum() * (x.shape[-1] // shown.shape[-1])
        return known.sum() / count.clamp(min=1.0)
    return known.sum(dim, keepdim=True) / weight.sum(dim, keepdim=True).clamp(min=1.0)


def fill_holes(x: Tensor, mask: Tensor, season: int = 1) -> Tensor:
    """Fill what is missing behind the first observed value of every window and channel.

    Between two observed values stands the straight line, behind the last one that value. With a
    season, both are drawn beside the profile of what was observed, so that a filled
    season looks like its neighbours.

    Parameters
    ----------
    x : Tensor of shape (batch, length, n_channels)
    mask : bool Tensor of shape (batch, length) or (batch, length, n_channels)
        False where a value is missing; what stands there does not matter.
    season : int, default=1
        1 for none; windows of less than two seasons have none either.

    Returns
    -------
    Tensor of shape (batch, length, n_channels)
        Before the first observed value as it was.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import fill_holes
    >>> x = torch.tensor([1.0, 9.0, 9.0, 4.0, 9.0]).reshape(1, 5, 1)
    >>> fill_holes(x, torch.tensor([[True, False, False, True, False]])).flatten()
    tensor([1., 2., 3., 4., 4.])
    """
    shown = beside_values(mask)
    known = x.masked_fill(~shown, 0.0)
    filled = _interpolated(known, shown)
    if 1 < season <= x.shape[1] // 2:
        profile = _profile(filled, shown, season)
        filled = _interpolated(known - profile, shown) + profile
    return torch.where(begun(shown) & ~shown, filled, x)


def fill_in_proportion(x: Tensor, mask: Tensor, season: int = 1) -> Tensor:
    """Fill holes as `fill_holes` does, along growth at a constant rate where that may be.

    Trends and seasons of positive values are mostly in proportion to their level. Logarithms
    are filled where all observed values of a window and channel are positive and the largest is
    at most fifty times the smallest; elsewhere the values themselves.

    Parameters
    ----------
    x : Tensor of shape (batch, length, n_channels)
        In original units.
    mask : bool Tensor of shape (batch, length) or (batch, length, n_channels)
    season : int, default=1

    Returns
    -------
    Tensor of shape (batch, length, n_channels)

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import fill_in_proportion
    >>> x = torch.tensor([1.0, 0.0, 0.0, 8.0]).reshape(1, 4, 1)
    >>> fill_in_proportion(x, x > 0).flatten()
    tensor([1., 2., 4., 8.])
    """
    shown = beside_values(mask)
    lowest = torch.where(shown, x, torch.inf).amin(1, keepdim=True)
    highest = torch.where(shown, x, -torch.inf).amax(1, keepdim=True)
    suited = (lowest > 0) & (highest <= _PROPORTIONATE * lowest)
    filled = fill_holes(torch.where(suited & shown, x, 1.0).log(), mask, season).exp()
    in_hole = begun(shown) & ~shown
    return torch.where(in_hole & suited, filled, fill_holes(x, mask, season))


def fill_window(x: Tensor, mask: Tensor | None, season: int = 1) -> Tensor:
    """Windows without gaps: holes as in `fill_holes`, padding as in `fill_padding`.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import fill_window
    >>> x = torch.tensor([[[0.0], [1.0], [0.0], [3.0]]])
    >>> fill_window(x, torch.tensor([[[False], [True], [False], [True]]]))[0, :, 0]
    tensor([1., 1., 2., 3.])
    """
    if mask is None:
        return x
    if has_holes(mask):
        x = fill_holes(x, mask, season)
    return fill_padding(x, begun(mask), season)


def running_maximum(x: Tensor) -> Tensor:
    """Largest value up to every point of ``x`` (batch, length, ...)."""
    if not exporting():
        return x.cummax(1).values
    # Exchange formats know no cummax.
    length = x.shape[1]
    place = torch.arange(length, device=x.device)
    seen = (place <= place.unsqueeze(1)).reshape(1, length, length, *[1] * (x.dim() - 2))
    return torch.where(seen, x.unsqueeze(1), torch.iinfo(x.dtype).min).amax(2)


def _interpolated(known: Tensor, shown: Tensor) -> Tensor:
    """Straight lines between what is ``shown``, constants before and behind."""
    length = known.shape[1]
    place = torch.arange(length, device=known.device).unsqueeze(1)
    before = running_maximum(torch.where(shown, place, -1))
    after = -running_maximum(torch.where(shown, -place, -length).flip(1)).flip(1)
    # Beyond the ends both neighbours are the same; where nothing is shown, a zero of ``known``.
    left = torch.where(before < 0, after, before).clamp(max=length - 1)
    right = torch.where(after == length, left, after)
    way = (place - left) / (right - left).clamp(min=1)
    left_value, right_value = (known.gather(1, i.expand_as(known)) for i in (left, right))
    return left_value + (right_value - left_value) * way.to(known.dtype)


def _profile(filled: Tensor, shown: Tensor, season: int) -> Tensor:
    """Mean distance of observed values from the level around them, phase by phase."""
    length = filled.shape[1]
    level = moving_average(filled.transpose(1, 2), season, "renormalise", "centred", "halved")
    weight = shown.to(filled.dtype).expand_as(filled)
    distance = (filled - level.transpose(1, 2)) * weight
    total, count = (_by_phase(part, season) for part in (distance, weight))
    profile = total / (count + _SHARED_POINTS)
    profile = profile - profile.mean(1, keepdim=True)
    return profile[:, torch.arange(length, device=filled.device) % season]


def _by_phase(values: Tensor, season: int) -> Tensor:
    """Sums over the points of every phase, (batch, season, n_channels)."""
    missing = -values.shape[1] % season
    whole = torch.nn.functional.pad(values, (0, 0, 0, missing))
    return whole.unflatten(1, (-1, season)).sum(1)
