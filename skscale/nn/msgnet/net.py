"""MSGNet: forecasting by graphs between channels, one for each period of a window."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.attention import MultiHeadAttention
from skscale.nn.layers.autocast import without_autocast
from skscale.nn.layers.checks import check_flag, check_integer, check_number, check_share
from skscale.nn.layers.dense import dense, zero_map
from skscale.nn.layers.dropout import Dropout
from skscale.nn.layers.embedding import CircularEmbedding
from skscale.nn.layers.encoder import EncoderLayer
from skscale.nn.layers.normalisation import RevIN
from skscale.nn.layers.positions import sinusoid
from skscale.nn.layers.time_map import TimeMap
from skscale.nn.msgnet.block import ScaleGraphBlock
from skscale.nn.msgnet.graph import GraphSizes

__all__ = ["MSGNet"]

_D_MODEL = 32


class MSGNet(ForecastNet):
    """MSGNet: channels hear of each other through graphs, one for each period of a window.

    All channels are embedded together. Every block takes the strongest periods of this sequence;
    for each of them a learned graph mixes the channels, and attention looks back within the period.
    Softmax of the Fourier amplitudes weighs the periods, and a linear map along time forecasts.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series, the nodes of the graphs. Each forecast depends on all.
    d_model : int or "auto", default="auto"
        Features of a point, at least as many as channels: a node reads a range of them. ``"auto"``:
        32, as in the paper's ETTh1 runs, or as many as there are channels.
    d_ff : int, default=64
        Hidden features behind the attention; as in those runs.
    n_heads : int, default=8
        Heads of the attention, at most ``d_model``. Its head sizes are rounded down.
    n_layers : int, default=1
        Blocks; one or two, three on Electricity, in the paper's runs.
    top_k : int, default=3
        Periods, each with a graph, at most half of ``context_length``, or one; 3 or 5 in the
        paper's runs.
    node_size : int, default=10
        Numbers by which a node finds its neighbours; 10 to 100 there, as the next two.
    conv_channels, skip_channels : int, default=16 and 32
        What a node reads, and what it keeps, of every point; 16 or 32, and 32 there. Weights grow
        with ``skip_channels`` and the square of ``context_length``.
    depth : int, default=2
        How often a node hears from its neighbours.
    alpha : float, default=0.3
        Share of what a node read itself in what it knows then, from 0 to 1.
    causal : bool, default=True
        Whether a point sees the earlier ones of its period alone, as published; else all.
    individual : bool, default=False
        A map along time for every channel.
    dropout : float, default=0.0
        Dropout while training: embedding, attention, forecast; 0.05 to 0.3 in the paper's runs,
        whose attention has 0.1 whatever is asked for.
    n_past_features : int, default=0
        Features of the context, embedded beside the values.
    n_future_features : int, default=0
        Features of the horizon. Published code reads none; here they shift the forecast by a
        linear map that starts at zero.

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.

    Notes
    -----
    Public code takes the periods of a batch's mean spectrum, in tests, too: a forecast depends on
    its batch mates. Here every window has its own, which equals the public network for batches of
    one. One channel works (an axis is lost there), as do odd ``d_model`` and windows of any length;
    a ``top_k`` beyond the frequencies is refused by name, where it divides by zero; inputs pass
    gradients and stay as they are.

    Graphs stand one behind the other: that of the second strongest period works on what the first
    one left, and a graph belongs to a rank, not to a period. Both are the public code's.

    What a node reads and hears is linear in the features. It is one matrix here, and so is the
    map of all points behind it. Attention sees all segments of a window at once through a
    mask, so that no period leaves the device.

    References
    ----------
    Cai et al. (2024), MSGNet: learning multi-scale inter-series correlations for multivariate time
    series forecasting, AAAI.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import MSGNet
    >>> net = MSGNet(context_length=96, prediction_length=24, n_channels=7)
    >>> net(torch.randn(2, 96, 7)).shape
    torch.Size([2, 24, 7])
    """

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        d_model: int | str = "auto",
        d_ff: int = 64,
        n_heads: int = 8,
        n_layers: int = 1,
        top_k: int = 3,
        node_size: int = 10,
        conv_channels: int = 16,
        skip_channels: int = 32,
        depth: int = 2,
        alpha: float = 0.3,
        causal: bool = True,
        individual: bool = False,
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
        length, horizon = self.context_length, self.prediction_length
        sizes = GraphSizes(
            length=length,
            n_channels=self.n_channels,
            d_model=_width(d_model, self.n_channels),
            node_size=check_integer("node_size", node_size, 1),
            conv_channels=check_integer("conv_channels", conv_channels, 1),
            skip_channels=check_integer("skip_channels", skip_channels, 1),
            depth=check_integer("depth", depth, 1, maximum=100),
            alpha=_check_alpha(alpha),
        )
        d_ff = check_integer("d_ff", d_ff, 1)
        n_heads = check_integer("n_heads", n_heads, 1, maximum=sizes.d_model)
        top_k = check_integer("top_k", top_k, 1, maximum=max(length // 2, 1))
        causal, individual = check_flag("causal", causal), check_flag("individual", individual)
        dropout = check_share("dropout", dropout)
        self.norm = RevIN(self.n_channels, affine=False)
        self.embedding = CircularEmbedding(self.n_channels, sizes.d_model)
        self.past_embedding = None
        if self.n_past_features:
            self.past_embedding = dense(self.n_past_features, sizes.d_model, bias=False)
        self.future_projection = zero_map(self.n_future_features, self.n_channels)
        self.positions: Tensor
        self.register_buffer("positions", sinusoid(length, sizes.d_model), persistent=False)
        self.dropout = Dropout(dropout)
        self.blocks = nn.ModuleList(
            ScaleGraphBlock(sizes, _encoder(sizes.d_model, n_heads, d_ff, dropout), top_k, causal)
            for _ in range(check_integer("n_layers", n_layers, 1, maximum=1000))
        )
        self.layer_norm = nn.LayerNorm(sizes.d_model, dtype=torch.float32)  # one for all blocks
        self.projection = dense(sizes.d_model, self.n_channels)
        self.time_map = TimeMap(length, horizon, self.n_channels if individual else None)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        z, state = self.norm(x, mask)
        with without_autocast(x):  # half precision would move periods
            h = self._embed(z, past_features)
        for block in self.blocks:
            h = self.layer_norm(block(h))
        y = self.dropout(self.time_map(self.projection(h)))
        if self.future_projection is not None:
            y = y + self.future_projection(future_features)
        return self.norm.inverse(y, state)

    def _embed(self, z: Tensor, features: Tensor | None) -> Tensor:
        """Sequence (batch, context_length, d_model)."""
        z = z.to(self.positions.dtype)
        h = self.embedding(z.transpose(1, 2)).transpose(1, 2) + self.positions
        if features is not None and self.past_embedding is not None:
            h = h + self.past_embedding(features.to(z.dtype))
        return self.dropout(h)


def _encoder(d_model: int, n_heads: int, d_ff: int, dropout: float) -> EncoderLayer:
    head_size = d_model // n_heads
    attention = MultiHeadAttention(d_model, n_heads, head_size=head_size, dropout=dropout)
    return EncoderLayer(d_model, n_heads, d_ff, dropout=dropout, attention=attention)


def _width(d_model: int | str, n_channels: int) -> int:
    """Features of a point, enough for the channels."""
    if isinstance(d_model, str) and d_model == "auto":
        return max(_D_MODEL, n_channels)
    width = check_integer("d_model", d_model, 1)
    if width < n_channels:
        raise ValueError(f"d_model must be at least n_channels={n_channels}, got {d_model}")
    return width


def _check_alpha(alpha: float) -> float:
    if check_number("alpha", alpha, 0.0) > 1:
        raise ValueError(f"alpha must be from 0 to 1, got {alpha!r}")
    return float(alpha)
