"""What forecasts without training see: whole histories in their own units, without holes."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from skscale.ops import begun, beside_values, ending_in_values, fill_in_proportion, has_holes
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
        """Rows that end in their last value; holes are filled from what the row shows.

        `outliers` are holes.
        """
        scale = torch.where(batch.scale > 0, batch.scale, 1.0)
        x, behind = batch.x, None
        mask = torch.ones_like(x, dtype=torch.bool)
        if batch.mask is not None:
            mask = mask & beside_values(batch.mask)
        unusual = outliers(x, mask)
        if batch.mask is None and not unusual.any():
            return cls(_in_rows(x * scale + batch.location), _in_rows(mask))
        mask = mask & ~unusual
        if has_holes(mask):
            x, mask, behind = ending_in_values(x, mask)
        # Of what shows nothing, the mean of the series is known, which is zero.
        last = x[:, -1:].masked_fill(~mask[:, -1:], 0.0)
        x, mask = torch.cat((x[:, :-1], last), dim=1), mask.clone()
        mask[:, -1:] = True
        values = x * scale + batch.location
        if behind is not None:
            values = fill_in_proportion(values, mask, season)
        late = None if behind is None else _in_rows(behind)
        return cls(_in_rows(values), _in_rows(begun(mask)), late)

    def split(self, size: int) -> list[Histories]:
        """Blocks of at most ``size`` rows."""
        blocks = zip(self.values.split(size), self.shown.split(size), strict=True)
        if self.behind is None:
            return [Histories(*block) for block in blocks]
        behind = self.behind.split(size)
        return [Histories(*block, late) for block, late in zip(blocks, behind, strict=True)]

    def furthest(self, steps: int) -> int:
        """Steps behind the ends of rows that the first ``steps`` ahead need."""
        return steps if self.behind is None else steps + int(self.behind.max())

    def from_the_end(self, found: Tensor, steps: int) -> Tensor:
        """The ``steps`` ahead, of (n_rows, furthest, ...) behind the ends of rows."""
        if self.behind is None:
            return found
        step = self.behind + torch.arange(steps, device=found.device)
        for axis in range(2, found.dim()):
            step = step.unsqueeze(axis)
        return found.gather(1, step.expand(-1, -1, *found.shape[2:]))

    def behind_the_end(self, ahead: Tensor) -> Tensor:
        """Values of the first steps ahead as steps behind the ends of rows, (n_rows, steps).

        nan where a missing value lies.
        """
        if self.behind is None:
            return ahead
        step = torch.arange(ahead.shape[1], device=ahead.device) - self.behind
        return ahead.gather(1, step.clamp(min=0)).masked_fill(step < 0, torch.nan)


def _in_rows(x: Tensor) -> Tensor:
    """(batch, length, n_channels) as (batch * n_channels, length)."""
    return x.transpose(1, 2).flatten(0, 1)
