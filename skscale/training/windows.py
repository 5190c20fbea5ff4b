"""Windows over one flat buffer of series, gathered by index on the device."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from skscale.ops import beside_values

__all__ = ["Batch", "SeriesBuffer", "Windows"]


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

    def to(self, device: torch.device | str) -> SeriesBuffer:
        """Move everything to ``device``, once."""
        moved = {name: value.to(device) for name, value in vars(self).items() if value is not None}
        return replace(self, **moved)


class Windows:
    """All windows of a buffer whose cut lies in given ranges; nothing is copied until gathered.

    A window with cut ``c`` has the points ``c - context_length, ..., c - 1`` as context and
    ``c, ..., c + prediction_length - 1`` as target. Context before a series' first point is
    padding, marked in ``Batch.mask``; targets behind its last are marked in ``Batch.y_mask``.
    Where values are missing, a context without any shows the last one before it at its end;
    targets of a channel that has shown nothing by the cut do not count.
    Memory is one number per series, however many windows there are.

    Parameters
    ----------
    buffer : SeriesBuffer
    context_length, prediction_length : int
    first_cut, last_cut : int64 Tensor of shape (n_series,)
        Range of cuts of every series, both included, counted from its first point; a last
        cut before the first leaves the series out.
    end : int64 Tensor of shape (n_series,), optional
        Targets from here on do not count, as if the series ended here.

    Examples
    --------
    >>> import torch
    >>> from skscale.training import SeriesBuffer, Windows
    >>> one = torch.ones(1, 1)
    >>> values = torch.arange(10.0).reshape(10, 1)
    >>> buffer = SeriesBuffer(values, torch.tensor([0, 10]), 0 * one, one)
    >>> windows = Windows(buffer, 3, 2, torch.tensor([3]), torch.tensor([8]))
    >>> len(windows)
    6
    >>> batch = windows.batch(torch.tensor([0, 5]))
    >>> batch.x[..., 0]
    tensor([[0., 1., 2.],
            [5., 6., 7.]])
    >>> batch.y[..., 0]
    tensor([[3., 4.],
            [8., 9.]])
    """

    def __init__(
        self,
        buffer: SeriesBuffer,
        context_length: int,
        prediction_length: int,
        first_cut: Tensor,
        last_cut: Tensor,
        end: Tensor | None = None,
    ):
        self.buffer = buffer
        self.context_length = context_length
        self.prediction_length = prediction_length
        self._first_cut = first_cut
        self._last_cut = last_cut
        self._counts = (last_cut - first_cut + 1).clamp(min=0)
        self._ends = self._counts.cumsum(0)
        used = self._counts > 0
        # Read back once, here, so that gathering never waits for the device.
        self._length = int(self._ends[-1]) if len(first_cut) else 0
        self._padded = bool((used & (first_cut < context_length)).any())
        self._end = buffer.lengths if end is None else end
        self._truncated = bool((used & (last_cut + prediction_length > self._end)).any())
        self._past = torch.arange(-context_length, 0, device=first_cut.device)
        self._future = torch.arange(prediction_length, device=first_cut.device)

    def __len__(self) -> int:
        return self._length

    @property
    def device(self) -> torch.device:
        """Where the buffer lies."""
        return self.buffer.values.device

    @property
    def sample_size(self) -> int:
        """Values of one window."""
        return (self.context_length + self.prediction_length) * self.buffer.values.shape[1]

    @property
    def n_series(self) -> int:
        """Number of series that have at least one window."""
        return int((self._counts > 0).sum())

    def per_series(self, uniform: Tensor) -> Tensor:
        """Turn numbers in [0, 1), shape (n_draws, n_series), into one window of each series."""
        used = self._counts > 0
        counts = self._counts[used]
        draws = (uniform[:, used] * counts).long()
        return torch.minimum(draws, counts - 1) + (self._ends - self._counts)[used]

    def batch(self, index: Tensor) -> Batch:
        """Gather windows ``index`` (batch,), counted series by series, cut by cut."""
        return self.at(*self.place(index))

    def reaching_back(self, context_length: int, prediction_length: int | None = None) -> Windows:
        """Return windows of other sizes at the same cuts."""
        return Windows(
            self.buffer,
            context_length,
            prediction_length or self.prediction_length,
            self._first_cut,
            self._last_cut,
            self._end,
        )

    def observed(self, index: Tensor) -> Tensor:
        """Targets that count, (batch,) for windows ``index``: steps, or values where some miss."""
        if self.buffer.observed is None:
            return self.steps_to_end(index)
        y_mask = self.batch(index).y_mask
        assert y_mask is not None
        return y_mask.sum(dim=(1, 2))

    def steps_to_end(self, index: Tensor) -> Tensor:
        """Steps of the horizon before the end of the series, (batch,) for windows ``index``."""
        series, cut = self.place(index)
        return (self._end[series] - cut).clamp(max=self.prediction_length)

    def series_of(self, index: Tensor) -> Tensor:
        """Series of windows ``index`` (batch,)."""
        return torch.searchsorted(self._ends, index.contiguous(), right=True)

    def place(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Series and cut of windows ``index``."""
        series = self.series_of(index)
        return series, index - (self._ends - self._counts)[series] + self._first_cut[series]

    def at(self, series: Tensor, cut: Tensor) -> Batch:
        """Gather the windows of ``series`` (batch,) at ``cut`` (batch,)."""
        buffer = self.buffer
        start = buffer.offsets[series].unsqueeze(1)
        stop = start + self._end[series].unsqueeze(1)
        at_cut = start + cut.unsqueeze(1)
        past, future = at_cut + self._past, at_cut + self._future
        mask = past >= start if self._padded else None
        y_mask = future < stop if self._truncated else None
        if self._padded:
            past = torch.maximum(past, start)
        if self._truncated:
            future = torch.minimum(future, stop - 1)
        x, y = buffer.values[past], buffer.values[future]
        if buffer.observed is not None:
            mask = _beside(buffer.observed[past], mask)
            y_mask = _beside(buffer.observed[future], y_mask)
            x, mask = self._with_last_value(x, mask, start, at_cut)
            x, y = x.masked_fill(~mask, 0.0), y.masked_fill(~y_mask, 0.0)
            y_mask &= mask.any(dim=1, keepdim=True)
        features = buffer.features
        return Batch(
            x=x,
            y=y,
            mask=mask,
            y_mask=y_mask,
            past_features=None if features is None else features[past],
            future_features=None if features is None else features[future],
            location=buffer.location[series].unsqueeze(1),
            scale=buffer.scale[series].unsqueeze(1),
            weight=None if buffer.weight is None else buffer.weight[series].unsqueeze(2),
        )

    def _with_last_value(
        self, x: Tensor, mask: Tensor, start: Tensor, at_cut: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Contexts, and masks, that end in the last value before them where they have none."""
        last = self._last_observed[at_cut.squeeze(1) - 1]
        place = last.clamp(min=0)
        value = self.buffer.values.gather(0, place)
        empty = ~mask.any(dim=1) & (last >= start)
        x[:, -1] = torch.where(empty, value, x[:, -1])
        mask[:, -1] |= empty
        return x, mask

    @cached_property
    def _last_observed(self) -> Tensor:
        """Last point with a value at or before every point, (n_points, n_channels); -1 for none."""
        observed = self.buffer.observed
        assert observed is not None
        place = torch.arange(len(observed), device=self.device).unsqueeze(1)
        return torch.where(observed, place, -1).cummax(0).values


def _beside(observed: Tensor, points: Tensor | None) -> Tensor:
    """Values that are ``observed`` (batch, length, n_channels), at ``points`` (batch, length)."""
    return observed if points is None else observed & points.unsqueeze(-1)
