"""What forecasts without training see: whole histories in their own units, without holes."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from skscale.ops import begun, beside_values, ending_in_values, fill_in_proportion, has_holes
from skscale.ops.tracing import exporting, read
from skscale.pretrained import outliers
from skscale.training import Batch

__all__ = ["Histories"]


class Histories(NamedTuple):
    """Histories of every window and channel, one a row.

    Attributes
    ----------
    values : Tensor of shape (n_rows, length)
        In original units.
    shown : bool Tensor of shape (n_rows, length)
        False before the first value.
    behind : int64 Tensor of shape (n_rows, 1) or None
        How many missing values lie between the end of a row and the first step ahead; None
        where there are none.
    """

    values: Tensor
    shown: Tensor
    behind: Tensor | None = None

    @classmethod
    def of(cls, batch: Batch, season: int) -> Histories:
        """Rows that end in their last value; holes and `outliers` are filled, and shown."""
        x, behind = batch.x, None
        mask = torch.ones_like(x, dtype=torch.bool)
        if batch.mask is not None:
            mask = mask & beside_values(batch.mask)
        mask = mask & ~outliers(x, mask)
        # Padding alone, and outliers, end in a value.
        if batch.mask is not None and batch.mask.dim() == 3:
            x, mask, behind = ending_in_values(x, mask)
        gappy = has_holes(mask)
        # Of what shows nothing, the mean of the series is known, which is zero.
        last = x[:, -1:].masked_fill(~mask[:, -1:], 0.0)
        x, mask = torch.cat((x[:, :-1], last), dim=1), mask.clone()
        mask[:, -1:] = True
        values = x * torch.where(batch.scale > 0, batch.scale, 1.0) + batch.location
        if gappy:
            values = fill_in_proportion(values, mask, season)
        late = None if behind is None else _in_rows(behind)
        return cls(_in_rows(values), _in_rows(begun(mask)), late)

    def split(self, size: int) -> list[Histories]:
        """Blocks of at most ``size`` rows; one where their number is a symbol."""
        if exporting():
            return [self]
        blocks = zip(self.values.split(size), self.shown.split(size), strict=True)
        if self.behind is None:
            return [Histories(*block) for block in blocks]
        behind = self.behind.split(size)
        return [Histories(*block, late) for block, late in zip(blocks, behind, strict=True)]

    def furthest(self, steps: int) -> int:
        """Steps behind the ends of rows that the first ``steps`` ahead need."""
        if self.behind is None:
            return steps
        most = read(self.behind.max())
        return steps + (self.values.shape[1] if most is None else most)

    def from_the_end(self, found: Tensor, steps: int) -> Tensor:
        """The ``steps`` ahead, of (n_rows, furthest, ...) behind the ends of rows."""
        if self.behind is None:
            return found
        step = self.behind + torch.arange(steps, device=found.device)
        for axis in range(2, found.dim()):
            step = step.unsqueeze(axis)
        return found.gather(1, step.expand(-1, -1, *found.shape[2:]))


def _in_rows(x: Tensor) -> Tensor:
    """(batch, length, n_channels) as (batch * n_channels, length)."""
    return x.transpose(1, 2).flatten(0, 1)
