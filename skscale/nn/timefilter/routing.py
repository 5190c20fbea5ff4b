"""Which kinds of edges a node keeps, and the loss that teaches it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, softplus

from skscale.nn.layers.dense import dense

__all__ = ["ITSELF", "N_KINDS", "Router", "Routing", "edge_kinds", "routing_loss"]

# Edges to the same position of another channel, to another position of the same channel, and to
# all else, each an expert's; and the node itself, which needs none.
SAME_POSITION, SAME_CHANNEL, N_KINDS, ITSELF = 0, 1, 3, 3
_LEAST_NOISE = 0.01
_ENTROPY_WEIGHT = 0.1
_TINY = 1e-10


class Routing(NamedTuple):
    """What a router says about the nodes of every graph, (batch * n_heads, n_nodes, 3) each."""

    probabilities: Tensor
    kept: Tensor  # bool


class Router(nn.Module):
    """Choose kinds of edges for every node by its row of the graph.

    Parameters
    ----------
    n_nodes : int
    top_p : float
        Share of the probability at which the choice ends: the most probable kinds are kept, up to
        the one that takes their sum beyond.
    """

    def __init__(self, n_nodes: int, top_p: float):
        super().__init__()
        self.top_p = top_p
        self.gate = dense(n_nodes, N_KINDS, bias=False)
        self.noise = dense(n_nodes, N_KINDS, bias=False)

    def forward(self, scores: Tensor, noise: Tensor | None = None) -> Routing:
        """Route rows of ``scores`` (n_graphs, n_nodes, n_nodes).

        Training adds ``noise`` (n_graphs, n_nodes, 3), normal, in an amount that is learned.
        Probabilities pass gradients then; what is kept does not.
        """
        if noise is None:
            logits = self.gate(scores if self.training else scores.detach())
        else:
            both = linear(scores, torch.cat((self.gate.weight, self.noise.weight)))
            logits, amount = both.chunk(2, dim=-1)
            logits = logits + noise * (softplus(amount) + _LEAST_NOISE)
        probabilities = logits.softmax(dim=-1)
        return Routing(probabilities, self._kept(probabilities.detach()))

    def _kept(self, probabilities: Tensor) -> Tensor:
        best, place = probabilities.sort(dim=-1, descending=True)
        before = best.cumsum(dim=-1) - best
        ranks = before <= self.top_p
        return torch.zeros_like(ranks).scatter(-1, place, ranks)


def edge_kinds(n_channels: int, n_positions: int) -> Tensor:
    """Kind of every edge, int8 of shape (n_nodes, n_nodes); nodes run through all channels.

    Examples
    --------
    >>> from skscale.nn.timefilter.routing import edge_kinds
    >>> edge_kinds(n_channels=2, n_positions=2)
    tensor([[3, 1, 0, 2],
            [1, 3, 2, 0],
            [0, 2, 3, 1],
            [2, 0, 1, 3]], dtype=torch.int8)
    """
    node = torch.arange(n_channels * n_positions)
    channel, position = node // n_positions, node % n_positions
    same_channel = channel == channel.unsqueeze(1)
    same_position = position == position.unsqueeze(1)
    kind = torch.full(same_channel.shape, N_KINDS - 1, dtype=torch.int8)
    kind = kind.masked_fill(same_position, SAME_POSITION).masked_fill(same_channel, SAME_CHANNEL)
    return kind.masked_fill(same_channel & same_position, ITSELF)


def routing_loss(routings: Iterable[Routing], ranked: bool = False) -> Tensor:
    """How unevenly kinds of edges are used, and how undecided routers are; mean over layers.

    Parameters
    ----------
    routings : iterable of Routing
        One for each layer, at least one.
    ranked : bool, default=False
        As published: how unevenly the first, second and third choice are used, whichever kinds
        these are.

    Returns
    -------
    Tensor of shape ()
        Zero for a single graph.
    """
    return torch.stack([_loss(one, ranked) for one in routings]).mean()


def _loss(routing: Routing, ranked: bool) -> Tensor:
    probabilities, kept = routing
    if probabilities.shape[0] == 1:
        return probabilities.new_zeros(())
    used = probabilities * kept
    load = (used.sort(dim=-1, descending=True).values if ranked else used).sum(dim=0)
    variance, mean = torch.var_mean(load)
    entropy = -(probabilities * (probabilities + _TINY).log()).sum(dim=1).mean()
    return variance / (mean.square() + _TINY) + _ENTROPY_WEIGHT * entropy
