"""What the loop draws batches from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import torch
from torch import Tensor

__all__ = ["BatchSource", "Rows", "random_indices", "spread_indices"]


class BatchSource(Protocol):
    """Samples that can be counted and gathered by index, such as `Windows` and `Rows`.

    Examples
    --------
    >>> import torch
    >>> from skscale.training import BatchSource, Rows
    >>> source: BatchSource = Rows(torch.zeros(10, 3))
    >>> len(source), source.sample_size
    (10, 3)
    """

    @property
    def device(self) -> torch.device:
        """Where the samples lie."""

    @property
    def sample_size(self) -> int:
        """Values of one sample."""

    @property
    def is_whole(self) -> bool:
        """Whether all samples lie on the device, so that gathering reads nothing else."""

    def __len__(self) -> int: ...

    def drawn(self, n: int, generator: torch.Generator) -> Iterator[Tensor]:
        """``n`` of the indices, or all, at random and in pieces, in an order that suits `batch`."""

    def batch(self, index: Tensor) -> Any:
        """Gather the samples ``index`` (batch,)."""

    def observed(self, index: Tensor) -> Tensor:
        """How much each of the samples ``index`` counts in a mean loss, (batch,)."""


class Rows:
    """Samples along the first axis of one tensor; a batch is the tensor of those chosen.

    Parameters
    ----------
    values : Tensor of shape (n_samples, ...)

    Examples
    --------
    >>> import torch
    >>> from skscale.training import Rows
    >>> rows = Rows(torch.arange(6.0).reshape(3, 2))
    >>> len(rows), rows.batch(torch.tensor([2, 0]))
    (3, tensor([[4., 5.],
            [0., 1.]]))
    """

    def __init__(self, values: Tensor):
        self.values = values

    @property
    def device(self) -> torch.device:
        """Device of the values."""
        return self.values.device

    @property
    def sample_size(self) -> int:
        """Values of one sample."""
        return self.values[:1].numel()

    @property
    def is_whole(self) -> bool:
        """All samples lie on the device."""
        return True

    def __len__(self) -> int:
        return len(self.values)

    def drawn(self, n: int, generator: torch.Generator) -> Iterator[Tensor]:
        """``n`` of the indices, or all, at random, in one piece."""
        yield random_indices(len(self), n, generator)

    def batch(self, index: Tensor) -> Tensor:
        """Gather the samples ``index`` (batch,)."""
        return self.values[index]

    def observed(self, index: Tensor) -> Tensor:
        """All samples count alike: ones, (batch,)."""
        return torch.ones_like(index)


def spread_indices(samples: BatchSource, at_most: int | None) -> Tensor:
    """All indices in order, or ``at_most`` of them evenly spread."""
    n, device = len(samples), samples.device
    if at_most is None or n <= at_most:
        return torch.arange(n, device=device)
    return torch.linspace(0, n - 1, at_most, device=device, dtype=torch.float64).long()


def random_indices(n: int, k: int, generator: torch.Generator) -> Tensor:
    """``k`` of ``n`` indices at random, or all; with replacement where repeats are rare anyway."""
    if k >= n or k * 50 > n:
        return torch.randperm(n, generator=generator)[:k]
    return torch.randint(n, (k,), generator=generator)
