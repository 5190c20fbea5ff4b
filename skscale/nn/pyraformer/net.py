"""Pyraformer: forecasting from the nodes of a pyramid that its head reads."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.checks import (
    check_choice,
    check_integer,
    check_integers,
    check_share,
)
from skscale.nn.layers.dense import dense, zero_map
from skscale.nn.layers.features import widened
from skscale.nn.layers.normalisation import RevIN
from skscale.nn.pyraformer.decoder import HorizonDecoder
from skscale.nn.pyraformer.layers import (
    CONSTRUCTIONS,
    CoarseNodes,
    NodeAttention,
    NodeSizes,
    PointEmbedding,
)
from skscale.nn.pyraformer.pyramid import Pyramid, draw_pyramid, level_sizes
from skscale.ops import begun
from skscale.ops.arrays import from_numpy

__all__ = ["PyraformerNet"]

VARIANTS = ("official", "tslib")
READ = {"linear": "end", "attention": "all", "attention_to_points": "points"}  # by the decoders


class PyraformerNet(ForecastNet):
    """Pyraformer: attention between neighbours, parents and children in a pyramid of nodes.

    The points of a window are the finest level, all channels embedded together. Convolutions make
    a node of every few nodes below, level after level. Nodes see their neighbours on the same
    level, their parent and their children, so that a few layers reach the whole window. The last
    point and its ancestors make the forecast.

    There are two networks of this name. That of the paper's code appends a point to the window,
    zero and with the first features ahead, whose nodes forecast. That of the Time-Series-Library
    has no such point, and neither adds the attention to its input nor normalises it. The paper's
    second decoder has no such point either: each step of the horizon attends to the nodes.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series. They are mixed: each forecast depends on all.
    d_model, d_ff : int, default=64
        Features of a node, and hidden features of the feed-forward layers; 512 in the paper's
        hourly runs.
    n_heads : int, default=4
        Heads of the attention; as the paper's default.
    head_size : int or "auto", default="auto"
        Features of a head. ``"auto"``: ``d_model / n_heads``, which then must be whole.
    value_size : int or "auto", default="auto"
        Features of a head's values. ``"auto"``: those of a head.
    n_layers : int, default=4
        Layers of attention, as the paper's default.
    windows : sequence of int, default=(4, 4, 4)
        Nodes of a level that become one of the next, from the finest level on. Levels without a
        node are left out.
    neighbours : int, default=3
        Nodes of its own level that a node sees, itself among them.
    construction : {"bottleneck", "convolution", "max", "average"}, default="bottleneck"
        How nodes become one: by convolutions of fewer features, of all, or by pooling.
    d_bottleneck : int or "auto", default="auto"
        Features of these convolutions. ``"auto"``: a quarter of ``d_model``, as in the paper.
    variant : {"official", "tslib"}, default="official"
        Which of the two networks. Settings of the library are two layers,
        ``windows=(4, 4)`` and ``neighbours=5``.
    decoder : {"linear", "attention", "attention_to_points"}, default="linear"
        How nodes become a forecast: by one linear map of the last point and its ancestors; by two
        layers in which steps attend to all nodes, or to the finest level, and to steps before. The
        latter two are of the paper's code, and cost several times as much.
    normalize : bool, default=True
        Normalise every window by its own mean and deviation. Published long-term runs do not,
        which costs them accuracy where the level moves.
    dropout : float, default=0.0
        Dropout while training: behind the embedding, of the attention's weights, and of the
        results of every layer; 0.05 to 0.2 in the paper's runs.
    n_past_features, n_future_features : int, default=0
        Features of context and horizon. They share one embedding: column j of both is the same
        quantity, so those known ahead come first. Public code reads those of the first step ahead;
        here all shift the forecast, too, by a linear map that starts at zero.

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.

    Notes
    -----
    Only nodes on which the head depends are computed: with two layers 48 of the 128 that 96 points
    have. What a forecast is does not change by that.

    Numbers equal the public modules' where these work. The paper's has three levels built in and
    asks for a calendar; the library's crashes for short windows, and cuts its calendar to
    integers, all zero; an odd ``d_model`` crashes in both.

    The convolutions normalise over the batch, as published: in training the windows of a batch
    touch each other, in forecasts they do not; a batch that holds one node takes the running
    statistics. Padding is seen by no node.

    References
    ----------
    Liu et al. (2022), Pyraformer: low-complexity pyramidal attention for long-range time series
    modeling and forecasting, ICLR.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import PyraformerNet
    >>> net = PyraformerNet(context_length=96, prediction_length=24, n_channels=7)
    >>> net(torch.randn(8, 96, 7)).shape
    torch.Size([8, 24, 7])
    """

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        d_model: int = 64,
        d_ff: int = 64,
        n_heads: int = 4,
        head_size: int | str = "auto",
        value_size: int | str = "auto",
        n_layers: int = 4,
        windows: Sequence[int] = (4, 4, 4),
        neighbours: int = 3,
        construction: str = "bottleneck",
        d_bottleneck: int | str = "auto",
        variant: str = "official",
        decoder: str = "linear",
        normalize: bool = True,
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
        official = check_choice("variant", variant, VARIANTS) == "official"
        read = READ[check_choice("decoder", decoder, tuple(READ))]
        if read != "end" and not official:
            raise ValueError(f"decoder must be 'linear' for variant={variant!r}, got {decoder!r}")
        self.has_token = official and read == "end"
        sizes = _node_sizes(d_model, d_ff, n_heads, head_size, value_size, official, dropout)
        d_model, n_layers = sizes.d_model, check_integer("n_layers", n_layers, 1, maximum=1000)
        windows = check_integers("windows", windows, 1)
        reach = check_integer("neighbours", neighbours, 1) // 2
        construction = check_choice("construction", construction, CONSTRUCTIONS)
        d_bottleneck = _size("d_bottleneck", d_bottleneck, max(1, d_model // 4))
        length = self.context_length + self.has_token
        levels = level_sizes(length, windows)
        windows = windows[: len(levels) - 1]
        self.norm = RevIN(self.n_channels, affine=False, normalize=normalize)
        n_features = self.n_past_features
        if self.has_token:
            n_features = max(n_features, self.n_future_features)
        self.embedding = PointEmbedding(
            self.n_channels, d_model, length, n_features, official, sizes.dropout
        )
        self.coarse: CoarseNodes | None = None
        if windows:
            self.coarse = CoarseNodes(d_model, windows, construction, d_bottleneck)
        self.node_norm = nn.LayerNorm(d_model, dtype=torch.float32)
        self.layers = nn.ModuleList(NodeAttention(sizes) for _ in range(n_layers))
        self.head: nn.Linear | HorizonDecoder
        if read == "end":
            n_outputs = self.prediction_length * self.n_channels
            self.head = dense(len(levels) * d_model, n_outputs, bias=not official)
        else:
            horizon, n_features = self.prediction_length, self.n_future_features
            self.head = HorizonDecoder(sizes, horizon, self.n_channels, n_features)
        if official:
            last = self.head if isinstance(self.head, nn.Linear) else self.head.projection
            nn.init.xavier_normal_(last.weight)
        self.future_projection = zero_map(self.n_future_features)
        self._keep(draw_pyramid(levels, windows, reach, n_layers, read))

    def _keep(self, pyramid: Pyramid) -> None:
        """Hold what follows from the sizes; it is not saved."""
        self.counts = pyramid.counts
        self.nodes: Tensor
        self.sees: Tensor
        self.newest: Tensor
        for name in ("nodes", "sees", "newest"):
            values = from_numpy(getattr(pyramid, name))
            self.register_buffer(name, values, persistent=False)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        z, state = self.norm(x, mask)
        known = self._known(mask)
        h, sees = self._nodes(z, past_features, future_features), self._sees(known)
        for i, layer in enumerate(self.layers):
            n_nodes, n_seers = self.counts[i : i + 2]
            h = layer(h[:, :n_seers], h, sees[..., :n_seers, :n_nodes])
        if isinstance(self.head, HorizonDecoder):
            y = self.head(h, None if known is None else known[:, : h.shape[1]], future_features)
        else:
            y = self.head(h.flatten(1)).unflatten(1, (self.prediction_length, self.n_channels))
        if self.future_projection is not None:
            y = y + self.future_projection(future_features)
        return self.norm.inverse(y, state)

    def _nodes(self, z: Tensor, past: Tensor | None, future: Tensor | None) -> Tensor:
        """Nodes that the layers read, (batch, n_needed, d_model), before the first of them."""
        features = past
        if self.has_token:
            z = pad(z, (0, 0, 0, 1))
            features = self._with_first_step(z, past, future)
        h = self.embedding(z, features)
        if self.coarse is not None:
            h = torch.cat((h, self.coarse(h)), dim=1)
        return self.node_norm(h.index_select(1, self.nodes))

    def _with_first_step(
        self, z: Tensor, past: Tensor | None, future: Tensor | None
    ) -> Tensor | None:
        """Features of the context and of the first step ahead."""
        n_features = self.embedding.n_features
        if not n_features:
            return None
        first = None if future is None else future[:, :1]
        parts = (past, self.context_length), (first, 1)
        return torch.cat([widened(part, z, length, n_features) for part, length in parts], dim=1)

    def _known(self, mask: Tensor | None) -> Tensor | None:
        """Which nodes are no padding, (batch, n_needed): those that have anything else below."""
        if mask is None:
            return None
        known = begun(mask).any(dim=-1)
        if self.has_token:
            known = pad(known, (0, 1), value=True)
        return known.index_select(1, self.newest)

    def _sees(self, known: Tensor | None) -> Tensor:
        """Who sees whom: each node itself, and of those beside, above and below what is known."""
        if known is None:
            return self.sees
        itself = torch.eye(*self.sees.shape, dtype=torch.bool, device=known.device)
        return (self.sees & (known.unsqueeze(1) | itself)).unsqueeze(1)


def _node_sizes(
    d_model: object,
    d_ff: object,
    n_heads: object,
    head_size: object,
    value_size: object,
    residual: bool,
    dropout: object,
) -> NodeSizes:
    """Check the sizes of all layers, and choose those left open."""
    d_model, n_heads = check_integer("d_model", d_model, 1), check_integer("n_heads", n_heads, 1)
    if _is_open(head_size) and d_model % n_heads:
        raise ValueError(f"n_heads must divide d_model={d_model}, got {n_heads}")
    d_ff = check_integer("d_ff", d_ff, 1)
    head_size = _size("head_size", head_size, d_model // n_heads)
    value_size = _size("value_size", value_size, head_size)
    dropout = check_share("dropout", dropout)
    return NodeSizes(d_model, d_ff, n_heads, head_size, value_size, residual, dropout)


def _size(name: str, value: object, otherwise: int) -> int:
    """Return an integer from 1 on, for ``"auto"`` the other number."""
    return otherwise if _is_open(value) else check_integer(name, value, 1)


def _is_open(value: object) -> bool:
    return isinstance(value, str) and value == "auto"
