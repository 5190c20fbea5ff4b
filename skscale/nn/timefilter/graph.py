"""Graphs of patches: scored, filtered, and the mean of what is left."""

from __future__ import annotations

from functools import reduce
from itertools import repeat
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from skscale.nn.layers.autocast import without_autocast
from skscale.nn.layers.blocking import block_size
from skscale.nn.layers.dense import dense
from skscale.nn.layers.dropout import Dropout, drop
from skscale.nn.timefilter.routing import ITSELF, N_KINDS, Router, Routing

__all__ = ["Block", "Filter", "FilteredGraph"]

_NUMBERS = 2**18  # in a block of graphs
_TINY = 1e-12


class Filter(NamedTuple):
    """What is filtered of a graph."""

    n_smallest: int  # scores of every row
    top_p: float  # see `Router`; 0 filters all edges but that of a node to itself
    removes: bool  # filtered edges are none; else their score is zero
    dropout: float  # of the weights, while training


class FilteredGraph(nn.Module):
    """Mean over other nodes, weighed by the softmax of scores of which some are filtered.

    Parameters
    ----------
    n_nodes, d_model, n_heads : int
        ``n_heads`` divides ``d_model``.
    filter : Filter
    """

    def __init__(self, n_nodes: int, d_model: int, n_heads: int, filter: Filter):
        super().__init__()
        self.n_heads = n_heads
        self.n_smallest, top_p, self.removes, self.dropout = filter
        self.first = dense(d_model // n_heads, d_model // n_heads)
        self.second = dense(d_model // n_heads, d_model // n_heads)
        self.router = Router(n_nodes, top_p) if top_p else None
        self.value = dense(d_model, d_model)

    def forward(
        self, x: Tensor, kinds: Tensor, shown: Tensor | None = None
    ) -> tuple[Tensor, Routing | None]:
        """Map nodes, and say what the router said.

        Graphs are large, and walked a few at a time.

        Parameters
        ----------
        x : Tensor of shape (batch, n_nodes, d_model)
        kinds : int8 Tensor of shape (n_nodes, n_nodes)
            See `edge_kinds`.
        shown : bool Tensor of shape (batch, n_nodes), optional
            False for nodes that no other may see.

        Returns
        -------
        Tensor of the shape of ``x``, Routing or None
        """
        value = self._heads(self.value(x))
        with without_autocast(x):  # a choice shows every rounding
            nodes = self._heads(x.to(self.first.weight.dtype))
            first, second, value = self.first(nodes), self.second(nodes), value.to(nodes.dtype)
            if shown is not None:
                shown = shown.unsqueeze(1).expand(-1, self.n_heads, -1).flatten(0, 1)
            if self.router is None and not (self.training and self.dropout):
                mixed, routing = self._alone(first, second, value, shown), None
            else:
                mixed, routing = self._walked(kinds, first, second, value, shown)
        return mixed.unflatten(0, (-1, self.n_heads)).transpose(1, 2).flatten(2), routing

    def _walked(
        self, kinds: Tensor, first: Tensor, second: Tensor, value: Tensor, shown: Tensor | None
    ) -> tuple[Tensor, Routing | None]:
        """`_part` of all graphs, together or a few at a time."""
        n_graphs, n_nodes = value.shape[:2]
        noise = None
        if self.router is not None and self.training:
            noise = value.new_empty(n_graphs, n_nodes, N_KINDS).normal_()
        inputs = (first, second, value, shown, noise)
        size = block_size(n_graphs, n_nodes**2, _NUMBERS, value.device)
        if size >= n_graphs:
            return self._part(kinds, *inputs)
        blocks = (repeat(None) if one is None else one.split(size) for one in inputs)
        parts = [self._part(kinds, *block) for block in zip(*blocks, strict=False)]
        mixed, routings = zip(*parts, strict=True)
        if self.router is None:
            return torch.cat(mixed), None
        return torch.cat(mixed), Routing(*map(torch.cat, zip(*routings, strict=True)))

    def _part(
        self,
        kinds: Tensor,
        first: Tensor,
        second: Tensor,
        value: Tensor,
        shown: Tensor | None,
        noise: Tensor | None,
    ) -> tuple[Tensor, Routing | None]:
        """Means and routing of some graphs, (n_graphs, n_nodes, features of a head) each."""
        itself, routing = kinds == ITSELF, None
        if self.router is None:
            scores, kept = self._own_scores(first, second).diag_embed(), itself
        else:
            scores = gelu(first @ second.transpose(1, 2))
            routed, large = scores, None
            if self.n_smallest:
                small = _smallest(scores.detach(), self.n_smallest)
                routed, large = scores.masked_fill(small, 0.0), ~small
            routing = self.router(routed, noise)
            kept = _kept_edges(routing.kept, kinds)
            if not self.removes:
                scores = routed.masked_fill(~(kept | itself), 0.0)
            elif large is not None:
                kept = kept & large
        if self.removes:
            scores = scores.masked_fill(~(kept | itself), -torch.inf)
        if shown is not None:
            scores = scores.masked_fill(~shown.unsqueeze(1) & ~itself, -torch.inf)
        weights = scores.softmax(dim=-1)
        if not (self.training and self.dropout):
            return weights @ value, routing
        weights = drop(weights, self.dropout)
        return weights @ value / weights.sum(dim=-1, keepdim=True).clamp(min=_TINY), routing

    def _own_scores(self, first: Tensor, second: Tensor) -> Tensor:
        """Scores (n_graphs, n_nodes) of nodes to themselves, zero where filtered."""
        own = gelu((first * second).sum(dim=-1))
        if not self.n_smallest or self.removes:
            return own
        scores = gelu(first.detach() @ second.detach().transpose(1, 2))
        smaller = (scores < scores.diagonal(dim1=1, dim2=2).unsqueeze(-1)).sum(dim=-1)
        return own * (smaller >= self.n_smallest)

    def _alone(self, first: Tensor, second: Tensor, value: Tensor, shown: Tensor | None) -> Tensor:
        """Means where all edges but a node's own are filtered: no weight needs to be computed."""
        if self.removes:
            return value
        own = self._own_scores(first, second).exp().unsqueeze(-1)
        if shown is None:
            total, others = value.sum(dim=1, keepdim=True), value.shape[1] - 1
            return (total + (own - 1) * value) / (own + others)
        seen = shown.unsqueeze(-1).to(value.dtype)
        total, count = (seen * value).sum(dim=1, keepdim=True), seen.sum(dim=1, keepdim=True)
        return (total + (own - seen) * value) / (own + count - seen)

    def _heads(self, x: Tensor) -> Tensor:
        """Nodes graph by graph, (batch * n_heads, n_nodes, features of a head)."""
        return x.unflatten(-1, (self.n_heads, -1)).transpose(1, 2).flatten(0, 1)


def _kept_edges(kept: Tensor, kinds: Tensor) -> Tensor:
    """Edges (n_graphs, n_nodes, n_nodes) of the kinds that their node keeps."""
    found = (kept[..., kind, None] & (kinds == kind) for kind in range(N_KINDS))
    return reduce(torch.logical_or, found)


def _smallest(scores: Tensor, n: int) -> Tensor:
    """Whether a score is one of the ``n`` smallest of its row."""
    place = scores.topk(n, largest=False, sorted=False).indices
    return torch.zeros_like(scores, dtype=torch.bool).scatter(-1, place, True)


class Block(nn.Module):
    """Normalise, mix over a graph and add; normalise, map feature by feature and add.

    Parameters
    ----------
    graph : FilteredGraph
    d_model, d_ff : int
    dropout : float
        Of the hidden features, while training.
    """

    def __init__(self, graph: FilteredGraph, d_model: int, d_ff: int, dropout: float):
        super().__init__()
        self.graph = graph
        self.graph_norm = nn.LayerNorm(d_model, dtype=torch.float32)
        self.norm = nn.LayerNorm(d_model, dtype=torch.float32)
        self.first, self.second = dense(d_model, d_ff), dense(d_ff, d_model)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, kinds: Tensor, shown: Tensor | None) -> Tensor:
        """Map nodes (batch, n_nodes, d_model), see `FilteredGraph`."""
        x = x + self.graph(self.graph_norm(x), kinds, shown)[0]
        hidden = self.dropout(gelu(self.first(self.norm(x))))
        return x + self.second(hidden)
