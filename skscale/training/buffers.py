"""Series that lie one after the other on the device, and batches of windows of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from skscale.ops import beside_values
from skscale.training.data import random_indices

__all__ = ["Batch", "Buffer", "SeriesBuffer", "joined"]


class Batch(NamedTuple):
    """One batch of windows; what a network and a loss need.

    Attributes
    ----------
    x : Tensor of shape (batch, context_length, n_channels)
        Contexts, padding included (it repeats the first point); zero where a value is missing.
    y : Tensor of shape (batch, prediction_length, n_channels)
        Targets, likewise.
    mask : bool Tensor or None
        False where ``x`` was not observed. (batch, context_length) where that is padding alone,
        (batch, context_length, n_channels) where values are missing; None when all are there.
    y_mask : bool Tensor or None
        The same of ``y``: False where a value is missing, or the series ends before the horizon
        does.
    past_features, future_features : Tensor of shape (batch, length, n_features) or None
    location, scale : Tensor of shape (batch, 1, n_channels)
        What brings ``x`` and ``y`` back to their original units.
    weight : Tensor of shape (batch, prediction_length, 1) or None
        What an error of ``y`` counts for, one on average; None where all count the same.

    Examples
    --------
    >>> from skscale.training import Batch
    >>> Batch._fields[:2]
    ('x', 'y')
    """

    x: Tensor
    y: Tensor
    mask: Tensor | None
    y_mask: Tensor | None
    past_features: Tensor | None
    future_features: Tensor | None
    location: Tensor
    scale: Tensor
    weight: Tensor | None = None

    @property
    def counts(self) -> Tensor:
        """What every target counts for, in the shape of ``y``: zero where it is not observed."""
        counts = torch.ones_like(self.y)
        if self.y_mask is not None:
            counts = counts * beside_values(self.y_mask)
        return counts if self.weight is None else counts * self.weight

    def take(self, rows: Tensor | slice) -> Batch:
        """Some of the windows, in the order of ``rows``."""
        return Batch._make(None if value is None else value[rows] for value in self)


def joined(batches: Sequence[Batch]) -> Batch:
    """One batch of several; what one of them lacks, all do."""
    columns = zip(*batches, strict=True)
    return Batch._make(None if values[0] is None else torch.cat(values) for values in columns)


class Buffer(Protocol):
    """Series that windows are gathered from, whether all of them are in memory or not.

    Examples
    --------
    >>> import torch
    >>> from skscale.training import SeriesBuffer
    >>> from skscale.training.buffers import Buffer
    >>> one = torch.ones(1, 1)
    >>> buffer: Buffer = SeriesBuffer(torch.zeros(5, 1), torch.tensor([0, 5]), 0 * one, one)
    >>> buffer.n_channels, buffer.has_gaps, buffer.is_whole
    (1, False, True)
    """

    @property
    def lengths(self) -> Tensor:
        """Number of points of every series."""

    @property
    def device(self) -> torch.device:
        """Where batches lie."""

    @property
    def n_channels(self) -> int:
        """Number of channels."""

    @property
    def has_gaps(self) -> bool:
        """Whether values are missing."""

    @property
    def is_whole(self) -> bool:
        """Whether all series lie on the device."""

    def holding(self, series: Tensor) -> Iterator[tuple[Tensor | slice, SeriesBuffer, Tensor]]:
        """What holds ``series`` (batch,): rows of these, a buffer, and where it holds them."""

    def drawn(self, ends: Tensor, n: int, generator: torch.Generator) -> Iterator[Tensor]:
        """``n`` windows at random, in pieces; those of series ``i`` end before ``ends[i]``."""


@dataclass(frozen=True)
class SeriesBuffer:
    """Any number of series of any lengths, one after the other.

    Parameters
    ----------
    values : Tensor of shape (n_points, n_channels)
        Scaled values of all series; any number where one is missing.
    offsets : int64 Tensor of shape (n_series + 1,)
        Series ``i`` is ``values[offsets[i] : offsets[i + 1]]``.
    location, scale : Tensor of shape (n_series, n_channels)
        ``values * scale + location`` are the original values.
    features : Tensor of shape (n_points, n_features) or None
        Features known at every point, shared by the channels.
    observed : bool Tensor of shape (n_points, n_channels) or None
        False where a value is missing; None where none is.
    weight : Tensor of shape (n_series, prediction_length) or None
        What errors of each series count for at every step of the horizon; None where all count
        the same.

    Examples
    --------
    >>> import torch
    >>> from skscale.training import SeriesBuffer
    >>> two = torch.ones(2, 1)
    >>> buffer = SeriesBuffer(torch.arange(5.0)[:, None], torch.tensor([0, 2, 5]), 0 * two, two)
    >>> buffer.lengths
    tensor([2, 3])
    """

    values: Tensor
    offsets: Tensor
    location: Tensor
    scale: Tensor
    features: Tensor | None = None
    observed: Tensor | None = None
    weight: Tensor | None = None

    @property
    def lengths(self) -> Tensor:
        """Number of points of every series."""
        return self.offsets.diff()

    @property
    def device(self) -> torch.device:
        """Where the values lie."""
        return self.values.device

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return self.values.shape[1]

    @property
    def has_gaps(self) -> bool:
        """Whether values are missing."""
        return self.observed is not None

    @property
    def is_whole(self) -> bool:
        """All series lie on the device."""
        return True

    def to(self, device: torch.device | str) -> SeriesBuffer:
        """Move everything to ``device``, once."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        moved = {name: value.to(device) for name, value in found.items() if value is not None}
        return replace(self, **moved)

    def holding(self, series: Tensor) -> Iterator[tuple[Tensor | slice, SeriesBuffer, Tensor]]:
        """What holds ``series`` (batch,): all of these, this buffer, and where it holds them."""
        yield slice(None), self, series

    def drawn(self, ends: Tensor, n: int, generator: torch.Generator) -> Iterator[Tensor]:
        """``n`` windows at random, in one piece; those of series ``i`` end before ``ends[i]``."""
        yield random_indices(int(ends[-1]) if len(ends) else 0, n, generator)

    @cached_property
    def last_observed(self) -> Tensor:
        """Last point with a value at or before every point, (n_points, n_channels); -1 for none."""
        assert self.observed is not None
        place = torch.arange(len(self.observed), device=self.device).unsqueeze(1)
        return torch.where(self.observed, place, -1).cummax(0).values
