"""MultiPatchFormer: attention between patches of four lengths, then between channels."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.attention import MultiHeadAttention
from skscale.nn.layers.checks import check_choice, check_integer, check_share
from skscale.nn.layers.dense import dense, zero_map
from skscale.nn.layers.encoder import EncoderLayer
from skscale.nn.layers.normalisation import RevIN
from skscale.nn.multipatchformer.embedding import (
    MultiPatchEmbedding,
    fitted_patches,
    published_patches,
)
from skscale.ops import begun

__all__ = ["MultiPatchFormerNet", "PartByPart"]

VARIANTS = ("official", "tslib")
PATCHES = {"fitted": fitted_patches, "published": published_patches}
_N_PARTS = 8


class PartByPart(nn.Module):
    """Linear forecast in parts, each of which reads those before.

    All of it is one linear map, which is computed from the maps of the parts before it meets the
    data. The maps stay apart as parameters: this is how they are trained and published.

    Parameters
    ----------
    n_features, n_outputs : int
        The first seven of eight parts have an eighth of the outputs each, rounded down; less than
        eight outputs are parts of one.
    """

    def __init__(self, n_features: int, n_outputs: int):
        super().__init__()
        size = n_outputs // _N_PARTS
        sizes = [size] * (_N_PARTS - 1) + [n_outputs - (_N_PARTS - 1) * size]
        if not size:
            sizes = [1] * n_outputs
        self.maps = nn.ModuleList(
            dense(n_features + sum(sizes[:i]), size) for i, size in enumerate(sizes)
        )
        self.n_features = n_features

    def merged(self) -> tuple[Tensor, Tensor]:
        """Weight (n_outputs, n_features) and bias (n_outputs,) of the whole."""
        first, *others = cast("list[nn.Linear]", list(self.maps))
        weight: Tensor = first.weight
        bias: Tensor = first.bias
        for part in others:
            own, of_parts = part.weight.tensor_split([self.n_features], dim=1)
            weight = torch.cat((weight, own + of_parts @ weight))
            bias = torch.cat((bias, part.bias + of_parts @ bias))
        return weight, bias

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., n_features) to (..., n_outputs)."""
        return linear(x, *self.merged())


class MultiPatchFormerNet(ForecastNet):
    """MultiPatchFormer: patches of 8, 16, 24 and 32 points side by side, then channels.

    Every channel is cut into patches of four lengths, as many of each. The first of all lengths are
    one token, the second another. In the first layers a token sees itself and those before. All
    tokens of a channel then become one, and the channels attend to each other. The forecast is
    made in eight parts, each of which reads those before.

    Parameters
    ----------
    context_length : int
        Points of the input window; any number. Fewer than 16 are a single token.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series. They attend to each other.
    d_model : int, default=64
        Features of a token; 256 in published runs, with ``d_ff=512``.
    d_ff : int, default=128
        Hidden features of the feed-forward layers.
    n_heads : int, default=8
        Heads of the attention, 16 of 16 features in the paper's code.
    head_size : int or "auto", default="auto"
        Features of a head. ``"auto"``: ``d_model / n_heads``, which then must be whole.
    n_layers : int, default=1
        Layers between tokens; between channels there is always one.
    patches : {"fitted", "published"}, default="fitted"
        Patches that cover the newest points of any window; or the published strides from the
        oldest point on, which go together for 24 lengths between 62 and 97 only. Both are
        the same at 96 points.
    variant : {"official", "tslib"}, default="official"
        In the paper's code all channels see each other. In the Time-Series-Library's, a channel
        sees itself and those before, so that forecasts depend on the order of columns; its
        settings are ``affine=False``. The weights of the last map of the attention are in another
        order.
    normalize : bool, default=True
        Normalise every window and channel.
    affine : bool, default=True
        Learn a weight and a bias for every channel in the normalisation.
    dropout : float, default=0.0
        Dropout while training: of the attention's weights, and of the results of every layer; 0.1
        or 0.2 in published runs.
    n_past_features : int, default=0
        Must be 0.
    n_future_features : int, default=0
        Exogenous features known over the horizon: a linear term that starts at zero, which
        published code has not.

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.

    Notes
    -----
    Numbers equal the public modules' where these work. They fail for all but 24 lengths of the
    context, for horizons that are neither 0 nor 1 modulo 8, and for a ``d_model`` that four does
    not divide; the library's has a dropout of its own in the attention, and layers between channels
    that it never runs. A token of padding alone is not seen by others.

    The eight parts of the forecast have no activation between them: they are one linear map, which
    is how they are computed.

    References
    ----------
    Naghashi, Boukadoum, Diallo (2025), A multiscale model for multivariate time series forecasting,
    Scientific Reports.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import MultiPatchFormerNet
    >>> net = MultiPatchFormerNet(context_length=96, prediction_length=24, n_channels=7)
    >>> net(torch.randn(8, 96, 7)).shape
    torch.Size([8, 24, 7])
    """

    past_groups = ()
    future_groups = ("exogenous",)

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        d_model: int = 64,
        d_ff: int = 128,
        n_heads: int = 8,
        head_size: int | str = "auto",
        n_layers: int = 1,
        patches: str = "fitted",
        variant: str = "official",
        normalize: bool = True,
        affine: bool = True,
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
        n_layers = check_integer("n_layers", n_layers, 1, maximum=1000)
        is_open = isinstance(head_size, str) and head_size == "auto"
        own_size = None if is_open else check_integer("head_size", head_size, 1)
        official = check_choice("variant", variant, VARIANTS) == "official"
        dropout = check_share("dropout", dropout)
        cut = PATCHES[check_choice("patches", patches, tuple(PATCHES))](self.context_length)

        def layer() -> EncoderLayer:
            attention = MultiHeadAttention(
                d_model, n_heads, head_size=own_size, interleaved=official, dropout=dropout
            )
            return EncoderLayer(d_model, n_heads, d_ff, dropout=dropout, attention=attention)

        self.norm = RevIN(self.n_channels, affine=affine, normalize=normalize)
        self.embedding = MultiPatchEmbedding(self.context_length, cut, d_model)
        n_tokens = cut.patches[0].n_patches
        self.layers = nn.ModuleList(layer() for _ in range(n_layers))
        self.channel_embedding = dense(n_tokens * d_model, d_model)
        self.channel_context = dense(d_model, d_model)
        self.channel_layer = layer()
        self.head = PartByPart(d_model, self.prediction_length)
        self.future_projection = zero_map(self.n_future_features)
        self.past_tokens: Tensor
        self.register_buffer("past_tokens", _lower_triangle(n_tokens), persistent=False)
        self.channels_before: Tensor | None
        order = None if official else _lower_triangle(self.n_channels)
        self.register_buffer("channels_before", order, persistent=False)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        z, state = self.norm(x, mask)
        tokens, sees = self.embedding(z.transpose(1, 2).flatten(0, 1)), self._sees(mask)
        for layer in self.layers:
            tokens = layer(tokens, sees)
        channels = self.channel_embedding(tokens.flatten(1)).unflatten(0, (-1, self.n_channels))
        context = self.channel_context(channels)
        channels = self.channel_layer(channels, self.channels_before, context=context)
        y = self.head(channels).transpose(1, 2)
        if self.future_projection is not None:
            y = y + self.future_projection(future_features)
        return self.norm.inverse(y, state)

    def _sees(self, mask: Tensor | None) -> Tensor:
        """Which token sees which: those before that are no padding, and itself."""
        if mask is None:
            return self.past_tokens
        known = begun(mask).index_select(1, self.embedding.newest)
        rows = known.expand(-1, -1, self.n_channels).transpose(1, 2).flatten(0, 1)
        itself = torch.eye(self.past_tokens.shape[0], dtype=torch.bool, device=mask.device)
        return (self.past_tokens & (rows.unsqueeze(1) | itself)).unsqueeze(1)


def _lower_triangle(size: int) -> Tensor:
    return torch.ones(size, size, dtype=torch.bool).tril()
