"""Attention of heads that have their queries, keys and values."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad, scaled_dot_product_attention

from skscale.nn.layers.dropout import drop
from skscale.ops.tracing import transformed

__all__ = ["Segments", "attend", "attend_short", "mean_by"]

_SHORT = 16  # keys, up to which the fused form costs more than weights that are kept; measured


class Segments(NamedTuple):
    """Rows cut into segments, which do not see each other; the last one of a row may be shorter."""

    lengths: list[int]  # points of a segment, of each group of rows
    sizes: list[int]  # rows of each group
    causal: bool  # whether points see only themselves and earlier ones


def attend(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | Segments | None, dropped: float
) -> Tensor:
    """Mean of the values by softmax of scaled products, (rows, n_heads, n_queries, head_size).

    Parameters
    ----------
    q, k, v : Tensor of shape (rows, n_heads, n_tokens, head_size)
    mask : bool Tensor or Segments, optional
        True for the keys that a query sees; or the segments that all three are cut into.
    dropped : float
        Share of the weights that become zero.
    """
    if isinstance(mask, Segments):
        return _in_segments(q, k, v, mask, dropped)
    if not dropped and not transformed():
        return scaled_dot_product_attention(q, k, v, attn_mask=mask)
    return _by_weights(q, k, v, mask, dropped)


def attend_short(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, dropped: float) -> Tensor:
    """As `attend`, for many rows that may be short: those keep their weights, which is cheaper."""
    by = _by_weights if k.shape[-2] <= _SHORT else attend
    return by(q, k, v, mask, dropped)


def _by_weights(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, dropped: float) -> Tensor:
    scores = k @ (q * q.shape[-1] ** -0.5).transpose(-2, -1)
    if mask is not None:
        scores = scores.masked_fill(~mask.transpose(-2, -1), -torch.inf)
    return mean_by(scores, v, dropped)


def mean_by(scores: Tensor, v: Tensor, dropped: float) -> Tensor:
    """Mean of the values by the softmax of scores (..., n_keys, n_queries).

    Keys come first: a softmax of short rows is four times faster across them than along them.
    """
    return drop(scores.softmax(-2), dropped).transpose(-2, -1) @ v


def _in_segments(q: Tensor, k: Tensor, v: Tensor, segments: Segments, dropped: float) -> Tensor:
    groups = zip(segments.lengths, *(t.split(segments.sizes) for t in (q, k, v)), strict=True)
    return torch.cat([_group(heads, n, segments.causal, dropped) for n, *heads in groups])


def _group(heads: list[Tensor], points: int, causal: bool, dropped: float) -> Tensor:
    """Rows whose segments are equally long: each becomes a head of its own."""
    n_heads, length = heads[0].shape[1:3]
    n_segments = -(-length // points)
    behind = n_segments * points - length
    cut = [pad(t, (0, 0, 0, behind)).reshape(len(t), -1, points, t.shape[-1]) for t in heads]
    mask = None
    if causal:  # what was padded comes last and is not seen
        mask = torch.ones(points, points, dtype=torch.bool, device=cut[0].device).tril()
    elif behind:
        places = torch.arange(n_segments * points, device=cut[0].device)
        mask = (places < length).view(n_segments, 1, points).repeat(n_heads, 1, 1)
    found = attend_short(cut[0], cut[1], cut[2], mask, dropped)
    return found.view(len(found), n_heads, -1, found.shape[-1])[:, :, :length]
