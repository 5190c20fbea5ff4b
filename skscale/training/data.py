"""What the loop draws batches from."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

__all__ = ["BatchSource", "Rows"]


class BatchSource(Protocol):
    """Samples that can be counted and gathered by index, such as `Windows` and `Rows`."""

    @property
    def device(self) -> torch.device:
        """Where the samples lie."""

    @property
    def n_channels(self) -> int:
        """Channels of a sample."""

    def __len__(self) -> int: ...

    def observed_targets(self, index: Tensor) -> Tensor:
        """Number of values that count in the loss of every sample, (batch,)."""

    def batch(self, index: Tensor) -> Any:
        """Gather the samples ``index`` (batch,)."""


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
    def n_channels(self) -> int:
        """Size of the last axis."""
        return self.values.shape[-1]

    def __len__(self) -> int:
        return len(self.values)

    def observed_targets(self, index: Tensor) -> Tensor:
        """One for every sample: all count alike."""
        return torch.ones(len(index), device=self.device)

    def batch(self, index: Tensor) -> Tensor:
        """Gather the samples ``index`` (batch,)."""
        return self.values[index]
