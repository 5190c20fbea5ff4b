"""Multi-head attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from skscale.nn.layers.attend import Segments, attend, mean_by
from skscale.nn.layers.checks import check_integer, check_share
from skscale.nn.layers.dense import dense
from skscale.nn.layers.dropout import drop
from skscale.nn.layers.official import Place, place_module

__all__ = ["MultiHeadAttention"]


class MultiHeadAttention(nn.Module):
    """Scaled dot-product attention of several heads between linear maps.

    Queries, keys and values come of one product, by one weight of three parts in this order.

    Parameters
    ----------
    d_model : int
        Features of a token.
    n_heads : int
        Heads.
    head_size : int, optional
        Features of a head; left out, ``d_model / n_heads``.
    value_size : int, optional
        Features of a head's values; left out, ``head_size``.
    bias, last_bias : bool, default=True
        Whether queries, keys and values have one, and whether the last map has.
    interleaved : bool, default=False
        Whether the last map reads the first feature of all heads, then the second, as some
        published weights do, and not head by head.
    dropout : float, default=0.0
        Dropout of the weights that the softmax gives, while training.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or ``n_heads`` does not divide ``d_model`` (published
        modules round the size of a head down, without a word); names it.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, NeurIPS.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn.layers.attention import MultiHeadAttention
    >>> MultiHeadAttention(d_model=8, n_heads=2)(torch.zeros(5, 3, 8)).shape
    torch.Size([5, 3, 8])
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        *,
        head_size: int | None = None,
        value_size: int | None = None,
        bias: bool = True,
        last_bias: bool = True,
        interleaved: bool = False,
        dropout: float = 0.0,
    ):
        super().__init__()
        d_model = check_integer("d_model", d_model, 1)
        self.n_heads = check_integer("n_heads", n_heads, 1)
        if head_size is None and d_model % self.n_heads:
            raise ValueError(f"n_heads must divide d_model={d_model}, got {n_heads}")
        self.head_size = d_model // self.n_heads if head_size is None else head_size
        check_integer("head_size", self.head_size, 1)
        value_size = self.head_size if value_size is None else value_size
        sizes = (self.head_size, self.head_size, check_integer("value_size", value_size, 1))
        self.widths = [self.n_heads * size for size in sizes]  # of the three parts
        self.interleaved = interleaved
        self.dropout = check_share("dropout", dropout)
        self.qkv = dense(d_model, sum(self.widths), bias)
        self.out = dense(self.widths[2], d_model, last_bias)

    def forward(
        self,
        x: Tensor,
        context: Tensor | None = None,
        mask: Tensor | Segments | None = None,
    ) -> Tensor:
        """Attend to all tokens, or those of a mask.

        Parameters
        ----------
        x : Tensor of shape (rows, n_queries, d_model)
            Tokens that ask.
        context : Tensor of shape (rows, n_keys, d_model), optional
            Tokens that answer; left out, ``x`` itself.
        mask : bool Tensor or Segments, optional
            Of a shape that goes with (rows, n_heads, n_queries, n_keys), True for the keys that a
            query sees, one at least; or the segments within which ``x`` attends to itself.

        Returns
        -------
        Tensor of shape (rows, n_queries, d_model)
        """
        dropped = self.dropout if self.training else 0.0
        if mask is None and (x if context is None else context).shape[1] == 1:
            return self._join(self._alone(x, context, dropped))
        q, k, v = self._heads(x, context)
        return self._join(attend(q, k, v, mask, dropped))

    def with_scores(self, x: Tensor, scores: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Attention of ``x`` to itself, its scores added to those of the layer before.

        Parameters
        ----------
        x : Tensor of shape (rows, n_tokens, d_model)
        scores : Tensor of shape (rows * n_heads, n_keys, n_queries), optional
            What the layer before returned; None for the first.

        Returns
        -------
        Tensor of shape (rows, n_tokens, d_model), Tensor of the shape of ``scores``

        References
        ----------
        He et al. (2021), RealFormer: transformer likes residual attention, Findings of ACL.
        """
        q, k, v = (heads.flatten(0, 1) for heads in self._heads(x, None))
        start, beta = (q.new_zeros(()), 0) if scores is None else (scores, 1)
        scale = self.head_size**-0.5
        scores = torch.baddbmm(start, k, q.transpose(1, 2), beta=beta, alpha=scale)
        heads = mean_by(scores, v, self.dropout if self.training else 0.0)
        return self._join(heads.unflatten(0, (x.shape[0], -1))), scores

    def _heads(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, each (rows, n_heads, n_tokens, head_size)."""
        if context is None:
            q, k, v = self._split(self.qkv(x), self.widths)
        else:
            (q,), (k, v) = self._project(x, 0, 1), self._project(context, 1, 3)
        return q, k, v

    def _project(self, x: Tensor, first: int, last: int) -> tuple[Tensor, ...]:
        """Some of the three parts: queries, keys, values."""
        rows = slice(sum(self.widths[:first]), sum(self.widths[:last]))
        bias = None if self.qkv.bias is None else self.qkv.bias[rows]
        return self._split(linear(x, self.qkv.weight[rows], bias), self.widths[first:last])

    def _split(self, projected: Tensor, widths: list[int]) -> tuple[Tensor, ...]:
        parts = projected.split(widths, dim=-1)
        return tuple(part.unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for part in parts)

    def _alone(self, x: Tensor, context: Tensor | None, dropped: float) -> Tensor:
        """Heads where one token answers: its weight is one, whatever was asked."""
        (v,) = self._project(x if context is None else context, 2, 3)
        if dropped:
            ones = torch.ones_like(v[..., :1]).expand(-1, -1, x.shape[1], -1)
            return v * drop(ones, dropped)
        return v.expand(-1, -1, x.shape[1], -1)

    def _join(self, heads: Tensor) -> Tensor:
        order = (0, 2, 3, 1) if self.interleaved else (0, 2, 1, 3)
        return self.out(heads.permute(order).flatten(2))

    def places(self, q: str, k: str, v: str, out: str) -> list[Place]:
        """Public names of the four maps, without ``.weight`` or ``.bias``, and our parts."""
        found: list[Place] = place_module(out, self.out)
        for kind, whole in self.qkv.named_parameters():
            names = (f"{name}.{kind}" for name in (q, k, v))
            found += zip(names, whole.split(self.widths), strict=True)
        return found
