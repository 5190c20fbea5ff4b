"""Windows over one flat buffer of series, gathered by index on the device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from skscale.training.buffers import Batch, Buffer, SeriesBuffer, joined

__all__ = ["Windows"]


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
    buffer : SeriesBuffer or ShardedBuffer
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
        buffer: Buffer,
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
        """Where batches lie."""
        return self.buffer.device

    @property
    def is_whole(self) -> bool:
        """Whether all series lie on the device."""
        return self.buffer.is_whole

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return self.buffer.n_channels

    @property
    def sample_size(self) -> int:
        """Values of one window."""
        return (self.context_length + self.prediction_length) * self.n_channels

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

    def drawn(self, n: int, generator: torch.Generator) -> Iterator[Tensor]:
        """``n`` of the indices at random, in pieces: a shard of the buffer after another."""
        return self.buffer.drawn(self._ends, min(n, len(self)), generator)

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
        if not self.buffer.has_gaps:
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
        end, found = self._end[series], []
        places: list[Any] = []
        for rows, buffer, own in self.buffer.holding(series):
            found.append(self._gathered(buffer, own, cut[rows], end[rows]))
            places.append(rows)
        if len(found) == 1:
            return found[0]
        return joined(found).take(torch.cat(places).argsort())

    def _gathered(self, buffer: SeriesBuffer, series: Tensor, cut: Tensor, end: Tensor) -> Batch:
        """Windows of ``series`` of a buffer, of which the targets before ``end`` count."""
        start = buffer.offsets[series].unsqueeze(1)
        stop = start + end.unsqueeze(1)
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
            x, mask = _with_last_value(buffer, x, mask, start, at_cut)
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
    buffer: SeriesBuffer, x: Tensor, mask: Tensor, start: Tensor, at_cut: Tensor
) -> tuple[Tensor, Tensor]:
    """Contexts, and masks, that end in the last value before them where they have none."""
    last = buffer.last_observed[at_cut.squeeze(1) - 1]
    place = last.clamp(min=0)
    value = buffer.values.gather(0, place)
    empty = ~mask.any(dim=1) & (last >= start)
    x[:, -1] = torch.where(empty, value, x[:, -1])
    mask[:, -1] |= empty
    return x, mask


def _beside(observed: Tensor, points: Tensor | None) -> Tensor:
    """Values that are ``observed`` (batch, length, n_channels), at ``points`` (batch, length)."""
    return observed if points is None else observed & points.unsqueeze(-1)
