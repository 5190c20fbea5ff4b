"""Layer of a transformer's encoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skscale.nn.layers.attend import Segments
from skscale.nn.layers.attention import MultiHeadAttention
from skscale.nn.layers.batch_norm import BatchNorm
from skscale.nn.layers.checks import check_choice
from skscale.nn.layers.dropout import Dropout
from skscale.nn.layers.feed_forward import FeedForward
from skscale.nn.layers.official import Place, place_module, place_pointwise

__all__ = ["EncoderLayer"]

NORMS = ("layer", "batch")


class EncoderLayer(nn.Module):
    """Attention, then a feed-forward, each added to its input and normalised behind (post-norm).

    Parameters
    ----------
    d_model, n_heads, d_ff : int
        Features of a token, heads, hidden features of the feed-forward.
    norm : {"layer", "batch"}, default="layer"
        Normalise every token over its features, or every feature over all tokens of a batch.
    activation : {"gelu", "relu"}, default="gelu"
        Of the feed-forward.
    dropout : float, default=0.0
        Dropout while training: of both results, and within the feed-forward.
    attention_dropout : float, default=0.0
        Of the attention's weights.
    attention : MultiHeadAttention, optional
        Of another form than ``n_heads`` make.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn.layers.encoder import EncoderLayer
    >>> EncoderLayer(8, 2, 16)(torch.zeros(5, 3, 8)).shape
    torch.Size([5, 3, 8])
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        d_ff: int,
        *,
        norm: str = "layer",
        activation: str = "gelu",
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        attention: MultiHeadAttention | None = None,
    ):
        super().__init__()
        if attention is None:
            attention = MultiHeadAttention(d_model, n_heads, dropout=attention_dropout)
        self.attention = attention
        self.feed_forward = FeedForward(d_model, d_ff, d_model, activation, dropout)
        self.dropout = Dropout(dropout)
        self.attention_norm = make_norm(norm, d_model)
        self.feed_forward_norm = make_norm(norm, d_model)

    def forward(
        self,
        x: Tensor,
        mask: Tensor | Segments | None = None,
        n_queries: int | None = None,
        context: Tensor | None = None,
    ) -> Tensor:
        """Map tokens.

        Parameters
        ----------
        x : Tensor of shape (rows, n_tokens, d_model)
        mask : bool Tensor or Segments, optional
            Which token sees which, see `MultiHeadAttention`.
        n_queries : int, optional
            Compute only so many tokens, the first; they see all. For a last layer that has
            tokens without a reader.
        context : Tensor of shape (rows, n_keys, d_model), optional
            What tokens see instead of each other.
        """
        if context is not None:
            return self._behind(x, self.attention(x, context, mask))
        if n_queries is None or n_queries == x.shape[1]:
            return self._behind(x, self.attention(x, mask=mask))
        queries = x[:, :n_queries]
        return self._behind(queries, self.attention(queries, x, mask))

    def with_scores(self, x: Tensor, scores: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Map tokens, adding to the attention scores of the layer before; returns both."""
        attended, scores = self.attention.with_scores(x, scores)
        return self._behind(x, attended), scores

    def places(self, name: str) -> list[Place]:
        """Names of the Time-Series-Library below ``name``, of a layer with layer norms."""
        maps = (f"{name}.attention.{part}_projection" for part in ("query", "key", "value", "out"))
        q, k, v, out = maps
        return [
            *self.attention.places(q, k, v, out),
            *place_pointwise(f"{name}.conv1", self.feed_forward.first),
            *place_pointwise(f"{name}.conv2", self.feed_forward.second),
            *place_module(f"{name}.norm1", self.attention_norm),
            *place_module(f"{name}.norm2", self.feed_forward_norm),
        ]

    def _behind(self, x: Tensor, attended: Tensor) -> Tensor:
        x = normalised(self.attention_norm, x + self.dropout(attended))
        return normalised(self.feed_forward_norm, self.feed_forward(x, base=x))


def make_norm(norm: str, d_model: int) -> nn.Module:
    """Build the normalisation of tokens that ``norm`` names."""
    if check_choice("norm", norm, NORMS) == "batch":
        return BatchNorm(d_model)
    return nn.LayerNorm(d_model, dtype=torch.float32)


def normalised(norm: nn.Module, x: Tensor) -> Tensor:
    """``x`` of shape (rows, n_tokens, d_model), normalised by what `make_norm` built."""
    if isinstance(norm, BatchNorm):
        return norm(x.flatten(0, 1)).view_as(x)
    return norm(x)
