"""Series that do not fit in memory: one shard of them at a time, the next read meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any, Self

import torch
from torch import Tensor

from skscale.training.buffers import Batch, SeriesBuffer
from skscale.training.data import random_indices
from skscale.training.windows import Windows

__all__ = ["KeptWindows", "ShardedBuffer"]

_MOST_KEPT = 2**23  # values of the batches that `KeptWindows` keeps: 32 MB


class ShardedBuffer:
    """Series of which one shard at a time is in memory, while a thread reads the next.

    `Windows` gather from it as from a `SeriesBuffer`. Shards are read anew whenever they are
    needed: indices in ascending order, and those of `drawn`, need each of them once. Memory is that
    of two shards, of what reading one takes, and of a few numbers for each series.

    Parameters
    ----------
    read : callable
        ``read(i)`` gives the series of shard ``i``, on the device; where ``has_gaps``, with
        ``observed``. It is called by one thread, which ends with the ``with`` block of the buffer.
    first : int64 Tensor of shape (n_shards + 1,)
        First series of every shard, and the number of all.
    lengths : int64 Tensor of shape (n_series,)
    n_channels : int
    has_gaps : bool, default=False
        Whether values are missing in any shard.

    Examples
    --------
    >>> import torch
    >>> from skscale.training import SeriesBuffer, ShardedBuffer, Windows
    >>> one, first, lengths = torch.ones(1, 1), torch.tensor([0, 1, 2]), torch.tensor([4, 3])
    >>> def read(i):
    ...     values = 10 * i + torch.arange(float(lengths[i]))[:, None]
    ...     return SeriesBuffer(values, torch.tensor([0, len(values)]), 0 * one, one)
    >>> with ShardedBuffer(read, first, lengths, n_channels=1) as buffer:
    ...     windows = Windows(buffer, 2, 1, torch.tensor([2, 2]), lengths - 1)
    ...     windows.batch(torch.tensor([2, 0])).x[..., 0]
    tensor([[10., 11.],
            [ 0.,  1.]])
    """

    is_whole = False

    def __init__(
        self,
        read: Callable[[int], SeriesBuffer],
        first: Tensor,
        lengths: Tensor,
        n_channels: int,
        has_gaps: bool = False,
    ):
        self.lengths, self.n_channels, self.has_gaps = lengths, n_channels, has_gaps
        self._read = read
        self._first = first
        self._starts: list[int] = first.tolist()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="skscale-shards")
        self._held: tuple[int, SeriesBuffer] | None = None
        self._coming: tuple[int, Future[SeriesBuffer]] | None = None
        self._then: dict[int, int] = {}  # which shard follows which, where they are not in order

    @property
    def device(self) -> torch.device:
        """Where batches lie."""
        return self.lengths.device

    @property
    def n_shards(self) -> int:
        """Number of shards."""
        return len(self._starts) - 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._held = self._coming = None

    def holding(self, series: Tensor) -> Iterator[tuple[Tensor | slice, SeriesBuffer, Tensor]]:
        """What holds ``series`` (batch,), shard by shard: rows of these, a buffer, places in it."""
        shard = torch.searchsorted(self._first, series.contiguous(), right=True) - 1
        needed = list(dict.fromkeys(shard.tolist())) or [0]  # in order of appearance
        for i, then in zip(needed, [*needed[1:], None], strict=True):
            buffer, start = self._shard(i, then), self._starts[i]
            if len(needed) == 1:
                yield slice(None), buffer, series - start
            else:
                rows = (shard == i).nonzero().squeeze(1)
                yield rows, buffer, series[rows] - start

    def drawn(self, ends: Tensor, n: int, generator: torch.Generator) -> Iterator[Tensor]:
        """``n`` windows at random, shard after shard; those of series ``i`` end before ``ends[i]``.

        All of them are the shards in random order, each of them shuffled. Fewer are the draw that a
        `SeriesBuffer` of all series would make, those of one shard after those of another.
        """
        starts = torch.cat((ends.new_zeros(1), ends))[self._first].cpu()
        total = int(starts[-1])
        if self.n_shards == 1:
            yield random_indices(total, n, generator)
            return
        try:
            if n >= total:
                yield from self._all(starts, generator)
            else:
                yield from self._some(starts, random_indices(total, n, generator))
        finally:
            self._then = {}

    def _all(self, starts: Tensor, generator: torch.Generator) -> Iterator[Tensor]:
        """All windows, those of every shard shuffled when its turn comes."""
        for i in self._in_turn(torch.randperm(self.n_shards, generator=generator)):
            start, stop = starts[i : i + 2].tolist()
            if stop > start:
                yield start + torch.randperm(stop - start, generator=generator)

    def _some(self, starts: Tensor, index: Tensor) -> Iterator[Tensor]:
        """The windows ``index``, shard after shard in the order in which they first occur."""
        shard = torch.searchsorted(starts, index, right=True) - 1
        found, place = shard.unique(return_inverse=True)
        earliest = torch.full_like(found, len(index))
        earliest.scatter_reduce_(0, place, torch.arange(len(index)), "amin")
        for i in self._in_turn(found[earliest.argsort()]):
            yield index[shard == i]

    def _in_turn(self, order: Tensor) -> list[int]:
        """Have every shard read while the one before it in ``order`` is in use."""
        shards: list[int] = order.tolist()
        self._then = dict(pairwise(shards))
        return shards

    def _shard(self, i: int, then: int | None) -> SeriesBuffer:
        """Shard ``i``; the one behind it, ``then`` if that is known, is begun to be read."""
        if self._held is None or self._held[0] != i:
            coming, self._held = self._coming, None
            if coming is None or coming[0] != i:
                if coming is not None:
                    coming[1].cancel()
                coming = (i, self._thread.submit(self._read, i))
            self._coming = None
            self._held = (i, coming[1].result())
        if then is None:
            then = self._then.get(i, (i + 1) % self.n_shards)
        if then != i and (self._coming is None or self._coming[0] != then):
            if self._coming is not None:
                self._coming[1].cancel()
            self._coming = (then, self._thread.submit(self._read, then))
        return self._held[1]


class KeptWindows(Windows):
    """The same windows; batches that were gathered are kept, as far as they take little memory.

    For a validation that looks at the same few after every epoch: a `ShardedBuffer` would read all
    its shards each time.

    Parameters
    ----------
    windows : Windows
    """

    def __init__(self, windows: Windows):
        vars(self).update(vars(windows))
        self._kept: dict[bytes, Batch] = {}
        self._room = _MOST_KEPT

    def batch(self, index: Tensor) -> Batch:
        """Gather windows ``index`` (batch,), or give those gathered before."""
        name = index.cpu().numpy().tobytes()
        if name in self._kept:
            return self._kept[name]
        found = super().batch(index)
        size = sum(value.numel() for value in found if value is not None)
        if size <= self._room:
            self._room -= size
            self._kept[name] = found
        return found
