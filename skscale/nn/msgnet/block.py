"""Block of MSGNet: graphs between channels, then attention within the periods of a window."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from skscale.nn.layers.attend import Segments
from skscale.nn.layers.encoder import EncoderLayer
from skscale.nn.layers.periods import group_by_period, strongest_periods
from skscale.nn.msgnet.graph import GraphMixing, GraphSizes

__all__ = ["ScaleGraphBlock"]


class ScaleGraphBlock(nn.Module):
    """Graph blocks one behind the other, each followed by attention within a period of its own.

    Parameters
    ----------
    graphs : GraphSizes
    encoder : EncoderLayer
        Attention and feed-forward.
    top_k : int
        Periods, and graph blocks.
    causal : bool
        Whether points see only earlier ones of their period.
    """

    def __init__(self, graphs: GraphSizes, encoder: EncoderLayer, top_k: int, causal: bool):
        super().__init__()
        self.graphs = nn.ModuleList(GraphMixing(graphs) for _ in range(top_k))
        self.encoder = encoder
        self.norm = nn.LayerNorm(graphs.d_model, dtype=torch.float32)
        self.causal = causal
        self.places: Tensor
        self.register_buffer("places", torch.arange(graphs.length), persistent=False)

    def forward(self, h: Tensor) -> Tensor:
        """Map ``h`` of shape (batch, length, d_model) to the same shape."""
        periods, amplitudes = strongest_periods(h, len(self.graphs))
        stages = []
        for graph in self.graphs:
            h = graph(h)
            stages.append(h)
        tokens = torch.stack(stages, dim=1).flatten(0, 1)
        weights = amplitudes.softmax(dim=1).flatten()
        return h + self._in_periods(tokens, periods.flatten(), weights)

    def _in_periods(self, tokens: Tensor, periods: Tensor, weights: Tensor) -> Tensor:
        """What all stages of a window see, (batch, length, d_model).

        On a CPU, where reading periods is free, short segments are cheaper alone, and periods
        without weight are left out. Elsewhere a mask spares the wait for the device.
        """
        n_stages, groups = len(self.graphs), None
        if tokens.device.type == "cpu":
            groups = group_by_period(periods.unsqueeze(1), weights.unsqueeze(1))
        if groups is None:
            seen = self._seen(tokens, self._mask(periods), weights)
            return seen.unflatten(0, (-1, n_stages)).sum(dim=1)
        segments = Segments(groups.periods, groups.sizes, self.causal)
        seen = self._seen(tokens.index_select(0, groups.members), segments, groups.weights)
        total = torch.zeros_like(tokens[::n_stages])
        return total.index_add(0, groups.members // n_stages, seen)

    def _seen(self, tokens: Tensor, mask: Tensor | Segments, weights: Tensor) -> Tensor:
        """What attention sees in sequences (rows, length, d_model), weighted."""
        seen = gelu(self.norm(self.encoder(tokens, mask)))
        return (weights.view(-1, 1, 1) * seen).to(tokens.dtype)

    def _mask(self, periods: Tensor) -> Tensor:
        """Which point sees which, (rows, 1, length, length): those of its own segment."""
        segment = self.places // periods.unsqueeze(1)
        same = segment.unsqueeze(2) == segment.unsqueeze(1)
        if self.causal:
            same = same & (self.places.unsqueeze(1) >= self.places)
        return same.unsqueeze(1)
