"""What an encoder sees of a series, and how that comes back to full length."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from skscale import ops

__all__ = ["VIEWS", "View"]

_SHARES = ("first", "recent")
_POOLS = {"average": ops.average_pool, "max": ops.max_pool, "min": ops.min_pool}
VIEWS = (*_SHARES, *_POOLS, "subsample")


class View(NamedTuple):
    """A share of a series, or all of it coarsened.

    Attributes
    ----------
    kind : str
        One of `VIEWS`. ``"first"`` and ``"recent"`` are shares; the others work on blocks of
        1 / scale points, rounded, that end with the last point.
    scale : float
        In (0, 1].
    length : int
        Points of the series.
    """

    kind: str
    scale: float
    length: int

    @property
    def _block(self) -> int:
        """Points of a block that becomes one."""
        return min(self.length, round(1 / self.scale))

    @property
    def n_points(self) -> int:
        """Points of the view."""
        if self.kind in _SHARES:
            return max(1, round(self.scale * self.length))
        return -(-self.length // self._block)

    def of(self, x: Tensor, ignore_nan: bool = False) -> Tensor:
        """View of x (..., length), (..., n_points); nan where ``ignore_nan`` finds no value."""
        if self.kind in _SHARES:
            return x[..., : self.n_points] if self.kind == "first" else x[..., -self.n_points :]
        if self._block == 1:
            return x
        if self.kind == "subsample":
            return ops.subsample(x, self._block, "keep", "end")
        return _POOLS[self.kind](x, self._block, "renormalise", "end", ignore_nan)

    def restored(self, y: Tensor) -> Tensor:
        """Bring y (..., n_points) back to (..., length): zeros around a share, else repeated."""
        missing = self.length - self.n_points
        if self.kind in _SHARES:
            return pad(y, (0, missing) if self.kind == "first" else (missing, 0))
        if self._block == 1:
            return y
        # Every block but the first is whole; as fast as a copy, unlike a choice by index.
        return torch.repeat_interleave(y, self._block, dim=-1)[..., -self.length :]
