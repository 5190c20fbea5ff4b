"""TimeMixer++: forecasting by scales of a window that are folded by its periods and mixed."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.attention import MultiHeadAttention
from skscale.nn.layers.autocast import without_autocast
from skscale.nn.layers.checks import check_choice, check_flag, check_integer, check_share
from skscale.nn.layers.dense import dense, zero_map
from skscale.nn.layers.dropout import Dropout
from skscale.nn.layers.embedding import CircularEmbedding
from skscale.nn.layers.normalisation import RevIN, RevINState
from skscale.nn.layers.pyramid import Pyramid, scale_lengths
from skscale.nn.timemixerpp.block import BlockSizes, MixerBlock

__all__ = ["TimeMixerPPNet"]

_EPS = 1e-9  # added to variances, and to weights where they are undone, as in PyPOTS
HEADS = ("sum", "mean", "finest", "coarsest")


class TimeMixerPPNet(ForecastNet):
    """TimeMixer++: scales of the window become images, whose seasons and trends mix.

    The window is down-sampled to ``down_sampling_layers + 1`` scales, each normalised by its own
    statistics. The channels of the coarsest attend to each other. Every block folds all scales by
    the strongest periods of the coarsest one, splits these images into season and trend by
    attention along columns and rows, and lets convolutions carry seasons from fine to coarse,
    trends from coarse to fine. One linear map along time for each scale forecasts.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series.
    d_model, d_ff : int, default=16 and 32
        Features of the embedding, and between the convolutions. The paper gives none.
    n_layers : int, default=1
        Blocks; from 1 to 3 in the paper's runs.
    n_heads : int, default=1
        Heads of the attention between channels, at most as many as the coarsest scale has points;
        their size is rounded down.
    top_k : int, default=2
        Periods, at most half of the points of the coarsest scale, or one; from 1 to 5 in the
        paper's runs.
    n_kernels : int, default=3
        Convolutions of an inception layer, of sizes 1, 3, ..., ``2 * n_kernels - 1``.
    down_sampling_layers : int, default=3
        Scales beyond the finest, as in the paper's long-term runs; 0 for a single scale.
    down_sampling_window : int, default=2
        Factor between neighbouring scales.
    down_sampling_method : {"avg", "max", "conv"}, default="avg"
        Pooling, or one trained convolution of three taps shared by all scales, the paper's.
    channel_independent : bool, default=True
        Embed every channel by itself with shared weights, or all together.
    channel_mixing : bool, default=True
        Attention between the channels of the coarsest scale.
    head : {"sum", "mean", "finest", "coarsest"}, default="sum"
        What is made of the scales' forecasts. The paper calls it an ensemble; of the public forms
        one reads the coarsest scale alone, the other the finest.
    normalize : bool, default=True
        Normalise every window and scale by its own mean and standard deviation.
    dropout : float, default=0.0
        Dropout while training: of the embedding and of the attention between channels.
    n_past_features : int, default=0
        Features of the context, embedded beside the values of every scale; the paper's code has
        calendar tables, and forecasts without.
    n_future_features : int, default=0
        Features of the horizon: they shift the forecast by a linear map that starts at zero.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or the coarsest scale would be empty; names it.

    Notes
    -----
    The authors published no lasting code. This follows the paper where it is definite: scales,
    channel attention, images, the two attentions by their shapes, mixing and the weights by
    amplitude. From two public derivatives of a shared draft (PyPOTS is one) come what the paper
    leaves open: the forms of the convolutions, scores without a scale, factors that start at zero,
    the period in steps of the coarsest scale for all scales, one normalisation behind a block. The
    sum of the heads is TimeMixer's rule, by the same authors.

    Those derivatives take the periods of a batch's mean spectrum: a forecast depends on its batch
    mates. Here every window has its own, which equals them for batches of one. They crash where
    images of neighbouring scales do not fit, or repeat one row silently; here coarse images get as
    many rows as they need, zeros behind, so that every length works, as do a single scale, an odd
    ``d_model``, and trained down-sampling of odd lengths. PyPOTS reads mixed channels in a
    scrambled order, and all heads but the coarsest one's change nothing there.

    The kernels of an inception layer are merged before they meet the data and cut to what an image
    can reach. Queries and keys are folded into one map. Equal periods of a window are mixed once,
    and those without weight left out.

    References
    ----------
    Wang et al. (2025), TimeMixer++: a general time series pattern machine for universal predictive
    analysis, ICLR, arXiv 2410.16032.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import TimeMixerPPNet
    >>> net = TimeMixerPPNet(context_length=96, prediction_length=24, n_channels=7)
    >>> net(torch.randn(2, 96, 7)).shape
    torch.Size([2, 24, 7])
    """

    parts_add_up = False

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        d_model: int = 16,
        d_ff: int = 32,
        n_layers: int = 1,
        n_heads: int = 1,
        top_k: int = 2,
        n_kernels: int = 3,
        down_sampling_layers: int = 3,
        down_sampling_window: int = 2,
        down_sampling_method: str = "avg",
        channel_independent: bool = True,
        channel_mixing: bool = True,
        head: str = "sum",
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
        self.channel_independent = check_flag("channel_independent", channel_independent)
        window, n_steps = down_sampling_window, down_sampling_layers
        self.lengths = scale_lengths(self.context_length, window, n_steps)
        self.window, coarsest = int(window), self.lengths[-1]
        n_embedded = 1 if self.channel_independent else self.n_channels
        sizes = BlockSizes(
            d_model=check_integer("d_model", d_model, 1),
            d_ff=check_integer("d_ff", d_ff, 1),
            top_k=check_integer("top_k", top_k, 1, maximum=max(coarsest // 2, 1)),
            n_kernels=check_integer("n_kernels", n_kernels, 1, maximum=100),
            n_scales=len(self.lengths),
            window=self.window,
        )
        n_layers = check_integer("n_layers", n_layers, 1, maximum=1000)
        n_heads = check_integer("n_heads", n_heads, 1, maximum=coarsest)
        dropout = check_share("dropout", dropout)
        self.pyramid = Pyramid(self.lengths, self.window, down_sampling_method, n_embedded)
        self.norms = nn.ModuleList(_make_norm(self.n_channels, normalize) for _ in self.lengths)
        self.channel_attention = None
        if check_flag("channel_mixing", channel_mixing):
            self.channel_attention = MultiHeadAttention(
                coarsest,
                n_heads,
                head_size=coarsest // n_heads,
                bias=False,
                last_bias=False,
                dropout=dropout,
            )
        self.embedding = CircularEmbedding(n_embedded, sizes.d_model)
        self.past_embedding = None
        if self.n_past_features:
            self.past_embedding = dense(self.n_past_features, sizes.d_model, bias=False)
        self.dropout = Dropout(dropout)
        self.head = check_choice("head", head, HEADS)
        every, read = (0, sizes.n_scales - 1), _scales_read(head, sizes.n_scales)
        self.blocks = nn.ModuleList(
            MixerBlock(sizes, read if i == n_layers - 1 else every) for i in range(n_layers)
        )
        self.first_read = read[0]
        self.predictors = nn.ModuleList(
            dense(n, self.prediction_length) for n in self.lengths[read[0] : read[1] + 1]
        )
        self.projection = dense(sizes.d_model, n_embedded)
        self.future_projection = zero_map(self.n_future_features, n_embedded)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        by_scale, state = self._by_scale(x, past_features, mask)
        y = torch.stack(by_scale).sum(dim=0) + self._level()
        if self.head == "mean":
            y = y / len(by_scale)
        y = y.transpose(1, 2)
        if self.future_projection is not None:
            y = y + self.future_projection(future_features)
        return cast(RevIN, self.norms[0]).inverse(y, state)

    def _window_parts(
        self, x: Tensor, past_features: Tensor | None, mask: Tensor | None
    ) -> dict[str, Tensor]:
        return self._named(0, self.pyramid.repeated(x, mask))

    def _forecast_parts(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> dict[str, Tensor]:
        """Of the head of every scale."""
        by_scale, state = self._by_scale(x, past_features, mask)
        factor, _ = cast(RevIN, self.norms[0]).inverse_coefficients(state)
        share = 1 / len(by_scale) if self.head == "mean" else 1.0
        return self._named(self.first_read, [share * factor * y.mT for y in by_scale])

    def _named(self, first: int, scales: list[Tensor]) -> dict[str, Tensor]:
        return {f"scale {self.window**i}": scale for i, scale in enumerate(scales, first)}

    def _by_scale(
        self, x: Tensor, past_features: Tensor | None, mask: Tensor | None
    ) -> tuple[list[Tensor], RevINState]:
        """What the head of every scale that is read adds, (batch, n_channels, horizon)."""
        with without_autocast(x):  # half precision would move periods
            hidden, state = self._embedded(x, past_features, mask)
        for block in self.blocks:
            hidden = block(hidden)
        # The projection is linear along another axis than the heads, and narrows.
        narrow = [linear(h, self.projection.weight).transpose(2, 3).flatten(1, 2) for h in hidden]
        heads = zip(narrow, self._heads(), strict=True)
        return [linear(y, head.weight) for y, head in heads], state

    def _heads(self) -> list[nn.Linear]:
        return cast("list[nn.Linear]", list(self.predictors))

    def _level(self) -> Tensor:
        """What all heads add whatever the window, (n_embedded, horizon)."""
        bias = torch.stack([head.bias for head in self._heads()]).sum(dim=0)
        level = len(self.predictors) * self.projection.bias
        return torch.addr(level.unsqueeze(1), self.projection.weight.sum(dim=1), bias)

    def _embedded(
        self, x: Tensor, features: Tensor | None, mask: Tensor | None
    ) -> tuple[list[Tensor], RevINState]:
        """Scales (batch, n_series, length_i, d_model), and the statistics of the finest."""
        x = x.to(self.embedding.weight.dtype)
        scales = self.pyramid(x, mask)
        results = [norm(z, m) for norm, (z, m) in zip(self.norms, scales, strict=True)]
        series = [z.transpose(1, 2) for z, _ in results]
        if self.channel_attention is not None:
            series[-1] = series[-1] + self.channel_attention(series[-1])
        return [self._embed(z, i, features) for i, z in enumerate(series)], results[0][1]

    def _embed(self, z: Tensor, i: int, features: Tensor | None) -> Tensor:
        """Scale ``i`` (batch, n_channels, length_i) as (batch, n_series, length_i, d_model)."""
        batch, n_channels, length = z.shape
        n_series = n_channels if self.channel_independent else 1
        h = self.embedding(z.reshape(batch * n_series, -1, length)).transpose(1, 2)
        h = h.unflatten(0, (-1, n_series))
        if features is not None and self.past_embedding is not None:
            # Pooled values stand for the start of their group, so do their features.
            of_scale = features[:, :: self.window**i][:, :length].to(h.dtype)
            h = h + self.past_embedding(of_scale).unsqueeze(1)
        return self.dropout(h)


def _make_norm(n_channels: int, normalize: bool) -> RevIN:
    norm = RevIN(n_channels, normalize=normalize, eps=_EPS)
    norm.guard = _EPS
    return norm


def _scales_read(head: str, n_scales: int) -> tuple[int, int]:
    """First and last scale whose head counts."""
    first = n_scales - 1 if head == "coarsest" else 0
    return first, 0 if head == "finest" else n_scales - 1
