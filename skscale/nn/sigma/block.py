"""One block of Sigma."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from skscale.nn.sigma.mixers import BranchMLP, Embedded, TrendSeasonMixing
from skscale.nn.sigma.scaling import FoldedMap, ScaleKernel, SplitMap, smooth_rows

__all__ = ["BLOCK_INPUTS", "Plan", "SigmaBlock"]

BLOCK_INPUTS = ("sum", "smooth")


class Plan(NamedTuple):
    """What a block computes once per forward pass, for all rows."""

    weights: Tensor | None
    first: FoldedMap | SplitMap | Tensor | None


class SigmaBlock(nn.Module):
    """Split by the kernel, mix, and either hand on the features or project them."""

    def __init__(self, kernel: ScaleKernel, mixer: BranchMLP | TrendSeasonMixing, block_input: str):
        super().__init__()
        self.kernel = kernel
        self.mixer = mixer
        self.block_input = block_input

    def prepare(self, n_rows: int) -> Plan:
        """Compute what so many rows share."""
        weights = None if self.kernel.per_sample else self.kernel()
        return Plan(weights, self.mixer.prepare(weights, n_rows))

    def _row_weights(self, rows: Tensor) -> Tensor | None:
        return self.kernel(rows) if self.kernel.per_sample else None

    def advance(self, h: Embedded, plan: Plan, rows: Tensor) -> Embedded:
        """Features for the next block (Algorithm 1, lines 7 to 11)."""
        row_weights = self._row_weights(rows)
        smooth, residual = self.mixer(h, plan.first, row_weights, None).chunk(2, dim=-1)
        if self.block_input == "sum":
            # The two halves of the split add up to the features themselves.
            return Embedded(h.full() + smooth + residual, None)
        return Embedded(smooth_rows(h.full(), plan.weights, row_weights) + smooth, None)

    def project(self, h: Embedded, plan: Plan, rows: Tensor, projection: nn.Linear) -> Tensor:
        """Both branches projected to one feature, (rows, 2 * length).

        Algorithm 1 projects the features last; the head along time commutes with that.
        """
        vector = projection.weight
        row_weights = self._row_weights(rows)
        update = self.mixer(h, plan.first, row_weights, vector).squeeze(0)
        whole = h.contract(vector)
        smooth = smooth_rows(whole.unsqueeze(0), plan.weights, row_weights).squeeze(0)
        return update + torch.cat((smooth, whole - smooth), dim=1)
