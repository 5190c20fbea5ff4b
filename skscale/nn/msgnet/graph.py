"""Learned graph between the channels, through which all points of a window are mixed."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, pad

from skscale.nn.layers.dense import dense

__all__ = ["GraphMixing", "GraphSizes"]


class GraphSizes(NamedTuple):
    """Sizes of a graph block."""

    length: int
    n_channels: int  # nodes
    d_model: int  # at least as many
    node_size: int
    conv_channels: int
    skip_channels: int
    depth: int
    alpha: float


class GraphMixing(nn.Module):
    """``h`` and what nodes of a learned graph, one for each channel, say of it.

    A node reads a range of features, hears ``depth`` times from its neighbours, and maps all that
    it knows of all points to new points; a last map takes the nodes back to features. Everything
    before the activation is linear in the features and the same at every point: it is one matrix.

    Parameters
    ----------
    sizes : GraphSizes
    """

    def __init__(self, sizes: GraphSizes):
        super().__init__()
        self.depth, self.alpha = sizes.depth, sizes.alpha
        n, width = sizes.n_channels, sizes.d_model - sizes.n_channels + 1
        self.source = nn.Parameter(torch.randn(n, sizes.node_size, dtype=torch.float32))
        self.target = nn.Parameter(torch.randn(sizes.node_size, n, dtype=torch.float32))
        self.read = dense(width, sizes.conv_channels)
        self.hops = dense((sizes.depth + 1) * sizes.conv_channels, sizes.skip_channels)
        self.points = dense(sizes.skip_channels * sizes.length, sizes.length)
        self.features = dense(n, sizes.d_model)
        self.norm = nn.LayerNorm(sizes.d_model, dtype=torch.float32)

    def forward(self, h: Tensor) -> Tensor:
        """Map ``h`` of shape (batch, length, d_model) to the same shape."""
        weight, bias = self.folded()
        known = gelu(weight @ h.transpose(1, 2) + bias)
        nodes = known.unflatten(1, (self.source.shape[0], -1)).flatten(2)
        return self.norm(h + self.features(self.points(nodes).transpose(1, 2)))

    def neighbours(self) -> Tensor:
        """What each node hears of each, (n_nodes, n_nodes): half from itself, rows add to 1."""
        learned = (self.source @ self.target).relu().softmax(dim=1)
        return (learned + torch.eye(*learned.shape, device=learned.device, dtype=learned.dtype)) / 2

    def folded(self) -> tuple[Tensor, Tensor]:
        """Matrix from features to all that nodes know, and its bias.

        Returns
        -------
        weight : Tensor of shape (n_nodes * skip_channels, d_model)
        bias : Tensor of shape (n_nodes * skip_channels, 1)
        """
        n_nodes, hops = self.source.shape[0], self.hops.weight.unflatten(1, (self.depth + 1, -1))
        heard = torch.stack(self._powers(), dim=1)  # (nodes, hops, nodes)
        taps = hops @ self.read.weight  # (skip_channels, hops, width)
        weight = torch.einsum("njm,sjmf->nsf", heard, _shifted(taps, n_nodes))
        # Rows of what is heard add to one, so the bias of all nodes is one.
        bias = (hops @ self.read.bias).sum(dim=1) + self.hops.bias
        return weight.flatten(0, 1), bias.repeat(n_nodes).unsqueeze(1)

    def _powers(self) -> list[Tensor]:
        """What a node hears of each after 0, 1, ... hops."""
        neighbours = self.neighbours()
        itself = torch.eye(*neighbours.shape, device=neighbours.device, dtype=neighbours.dtype)
        powers = [itself]
        for _ in range(self.depth):
            powers.append(self.alpha * itself + (1 - self.alpha) * (neighbours @ powers[-1]))
        return powers


def _shifted(taps: Tensor, n: int) -> Tensor:
    """Matrices whose row m holds ``taps`` (..., width) from column m on, (..., n, width + n - 1).

    Rows with one column more than the result are laid one behind the other and cut anew, so that
    each starts one further.
    """
    columns = taps.shape[-1] + n - 1
    rows = pad(taps, (0, n)).unsqueeze(-2).expand(*taps.shape[:-1], n, columns + 1)
    return rows.flatten(-2)[..., : n * columns].unflatten(-1, (n, columns))
