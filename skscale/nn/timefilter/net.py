"""TimeFilter: a graph of all patches, of which each keeps some kinds of edges."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from torch import Tensor, nn

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.checks import (
    check_choice,
    check_flag,
    check_integer,
    check_number,
    check_share,
)
from skscale.nn.layers.dense import dense, zero_map
from skscale.nn.layers.normalisation import RevIN, RevINState
from skscale.nn.layers.patches import unfold_patches
from skscale.nn.layers.positions import sinusoid
from skscale.nn.timefilter.graph import Block, Filter, FilteredGraph
from skscale.nn.timefilter.routing import Routing, edge_kinds
from skscale.ops import begun, beside_values

__all__ = ["TimeFilterNet"]

_LONGEST_PATCH = 16


class TimeFilterNet(ForecastNet):
    """TimeFilter: the patches of all channels are nodes of a graph, which is filtered node by node.

    Every node scores all others. The smallest scores of a row are filtered; then a router chooses
    which kinds of edges the node keeps: to the same time in other channels, to other times of its
    channel, to all else. As published, filtered edges are not gone: they count as scores of zero,
    and share the weight that is left over with all others (``filter="remove"`` takes them out).
    Routers read rows by the number of the node, so that the order of channels matters and their
    number is fixed. Batch mates do not matter.

    The choice of a router passes no gradient: a loss of its own teaches it, see `routings` and
    `TimeFilterForecaster`. (The Time-Series-Library leaves it out, so that routers stay as they
    were drawn.) Any length works: where patches leave points over, these are the oldest, while
    published code lets patches straddle channels, or drops the newest. So does any ``d_model``
    that heads divide, odd ones too.

    Patches of padding are seen by no other node. Patches of past features go through a map of
    their own, and add to those of every channel; features of the future are a linear term. Both
    start at zero; the paper's network has neither.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series.
    d_model : int, default=128
        Features of a patch; this and the next three as in the paper's ETTh1 runs.
    d_ff : int, default=256
        Hidden features of the feed-forward layers.
    n_heads : int, default=4
        Graphs side by side; they must divide ``d_model``.
    n_layers : int, default=2
        Layers.
    patch_length : int or "auto", default="auto"
        Points of a patch, no more than the context has; 2 to 144 in the paper's runs.
        ``"auto"``: the largest up to 16 and half a context that leaves no point over, or the
        largest at all if that is less than half as long. Cost grows with the square of the number
        of patches.
    alpha : float, default=0.1
        Share of a row's scores that is filtered as the smallest.
    top_p : float, default=0.5
        Probability at which the choice of kinds ends; 1 keeps all kinds, 0 none but the node
        itself, without a router.
    filter : {"zero", "remove"}, default="zero"
        What becomes of filtered edges: a score of zero as published, or none.
    positions : bool, default=True
        Add sines and cosines of the number of the node.
    dropout : float, default=0.0
        Dropout of edges and hidden features while training; 0.1 to 0.8 in the paper's runs.
    n_past_features : int, default=0
        Features known over the context, of all groups.
    n_future_features : int, default=0
        Exogenous features known over the horizon.

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.

    References
    ----------
    Hu et al. (2025), TimeFilter: patch-specific spatial-temporal graph filtration for time series
    forecasting, ICML, arXiv 2501.13041.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import TimeFilterNet
    >>> net = TimeFilterNet(context_length=96, prediction_length=24, n_channels=7)
    >>> net(torch.randn(8, 96, 7)).shape
    torch.Size([8, 24, 7])
    """

    future_groups = ("exogenous",)

    kinds: Tensor

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        d_model: int = 128,
        d_ff: int = 256,
        n_heads: int = 4,
        n_layers: int = 2,
        patch_length: int | str = "auto",
        alpha: float = 0.1,
        top_p: float = 0.5,
        filter: str = "zero",
        positions: bool = True,
        dropout: float = 0.0,
        n_past_features: int = 0,
        n_future_features: int = 0,
    ):
        super().__init__(
            context_length,
            prediction_length,
            n_channels,
            n_past_features=n_past_features,
            n_future_features=n_future_features,
        )
        d_model, d_ff = check_integer("d_model", d_model, 1), check_integer("d_ff", d_ff, 1)
        if d_model % check_integer("n_heads", n_heads, 1):
            raise ValueError(f"n_heads must divide d_model={d_model}, got {n_heads}")
        n_layers = check_integer("n_layers", n_layers, 1, maximum=1000)
        self.patch_length = _points_of_a_patch(self.context_length, patch_length)
        n_positions = self.context_length // self.patch_length
        n_nodes = self.n_channels * n_positions
        self.top_p = _check_top_p(top_p)
        filtered = Filter(
            n_smallest=math.floor(check_share("alpha", alpha) * n_nodes),
            top_p=self.top_p,
            removes=check_choice("filter", filter, ("zero", "remove")) == "remove",
            dropout=check_share("dropout", dropout),
        )
        self.norm = RevIN(self.n_channels, affine=False)
        self.embedding = dense(self.patch_length, d_model)
        self.past_projection = zero_map(self.n_past_features * self.patch_length, d_model)
        table = sinusoid(n_nodes, d_model) if check_flag("positions", positions) else None
        self.positions: Tensor | None
        self.register_buffer("positions", table, persistent=False)
        self.register_buffer("kinds", edge_kinds(self.n_channels, n_positions), persistent=False)
        self.blocks = nn.ModuleList(
            Block(FilteredGraph(n_nodes, d_model, n_heads, filtered), d_model, d_ff, dropout)
            for _ in range(n_layers)
        )
        self.head = dense(n_positions * d_model, self.prediction_length)
        self.future_projection = zero_map(self.n_future_features)

    def routings(
        self, x: Tensor, past_features: Tensor | None = None, mask: Tensor | None = None
    ) -> list[Routing]:
        """What the router of every layer says of a batch; none where ``top_p`` is 0.

        `skscale.nn.timefilter.routing.routing_loss` makes a loss of it. Arguments as in `forward`.
        Training draws noise anew.
        """
        with self.watched() as seen:
            self._nodes(*self._context(x, past_features, mask))
        return seen

    @contextmanager
    def watched(self) -> Iterator[list[Routing]]:
        """Context whose list takes in what routers say in the passes within, layer by layer."""
        seen: list[Routing] = []

        def take(graph: nn.Module, inputs: Any, outputs: tuple[Tensor, Routing | None]) -> None:
            if outputs[1] is not None:
                seen.append(outputs[1])

        graphs = [cast(Block, block).graph for block in self.blocks]
        hooks = [graph.register_forward_hook(take) for graph in graphs]
        try:
            yield seen
        finally:
            for hook in hooks:
                hook.remove()

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        nodes, state = self._nodes(x, past_features, mask)
        tokens = nodes.unflatten(1, (self.n_channels, -1)).flatten(2)
        y = self.head(tokens).transpose(1, 2)
        if self.future_projection is not None:
            y = y + self.future_projection(future_features)
        return self.norm.inverse(y, state)

    def _nodes(
        self, x: Tensor, past_features: Tensor | None, mask: Tensor | None
    ) -> tuple[Tensor, RevINState]:
        """Nodes (batch, n_nodes, d_model) behind the last layer, and what undoes their scale."""
        z, state = self.norm(x, mask)
        patches = self.embedding(self._patches(z))
        if self.past_projection is not None and past_features is not None:
            columns = self._patches(past_features).transpose(1, 2).flatten(2)
            patches = patches + self.past_projection(columns).unsqueeze(1)
        nodes = patches.flatten(1, 2)
        if self.positions is not None:
            nodes = nodes + self.positions
        shown = None
        if mask is not None:
            points = begun(beside_values(mask)).expand(-1, -1, self.n_channels)
            shown = self._patches(points).any(dim=-1).flatten(1)
        for block in self.blocks:
            nodes = block(nodes, self.kinds, shown)
        return nodes, state

    def _patches(self, x: Tensor) -> Tensor:
        """Cut ``x`` (batch, context_length, n) into (batch, n, n_positions, patch_length)."""
        spare = self.context_length % self.patch_length
        return unfold_patches(x[:, spare:].transpose(1, 2), self.patch_length, self.patch_length)


def _points_of_a_patch(context_length: int, patch_length: object) -> int:
    """Points of a patch, chosen where they are left open."""
    if not (isinstance(patch_length, str) and patch_length == "auto"):
        return check_integer("patch_length", patch_length, 1, maximum=context_length)
    most = max(1, min(_LONGEST_PATCH, context_length // 2))
    fitting = (size for size in range(most, most // 2, -1) if context_length % size == 0)
    return next(fitting, most)


def _check_top_p(top_p: float) -> float:
    if check_number("top_p", top_p, 0.0) > 1:
        raise ValueError(f"top_p must be in [0, 1], got {top_p}")
    return float(top_p)
