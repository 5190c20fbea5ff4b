"""TimeMixer's channel-independent blocks in few, large products, with a backward pass of their own.

All scales of a window stand side by side in one tensor ``(d_model, rows, points)``, points being
the sum of the scales' lengths. Season and trend mixing are two chains of links between
neighbouring scales. A link maps its source scale and what the link before it found to a hidden
layer, whose GELU is mapped on to the target scale:

    hidden[k] = gelu(x[source] @ inner + hidden[k - 1] @ carry + bias)
    mixed[target] += hidden[k] @ outer

Decompositions by moving averages are linear, so they are folded into ``inner``, and neither
seasons nor trends are ever formed: before the mixing they add up to the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import gelu

from skscale.nn.fused_inputs import CombinedInput, FullInput

__all__ = ["Block", "Link", "mix_block"]

# The in-place and preallocated forms have no public name; they save a pass over the arrays.
_gelu_ = torch.ops.aten.gelu_.default
_gelu_backward = torch.ops.aten.gelu_backward.grad_input

# Numbers in the hidden layer of one part of the feed-forward layer: small enough to stay in the
# cache and to come from memory the allocator already holds.
_HIDDEN_ELEMENTS = 2**19


class Link(NamedTuple):
    """A step of a chain; the matrices multiply from the right."""

    source: slice
    target: slice
    inner: Tensor
    carry: Tensor | None
    bias: Tensor
    outer: Tensor


class Block(NamedTuple):
    """Weights of a block.

    Attributes
    ----------
    links : list of Link
        Season chain, then trend chain; a link without ``carry`` starts a chain.
    shift : Tensor of shape (points,)
        Bias of the mixed scales.
    first : Tensor of shape (d_ff, d_model + 1)
        First map of the feed-forward layer, its bias as the last column.
    second : Tensor of shape (n_outputs, d_ff + 1)
        Second map, likewise.
    skip : Tensor of shape (n_outputs, n_series) or None
        Maps the input before it is added to the result; None adds it as it is.
    """

    links: list[Link]
    shift: Tensor
    first: Tensor
    second: Tensor
    skip: Tensor | None


def mix_block(x: Tensor, block: Block, mix: Tensor | None = None) -> Tensor:
    """Send features through a block.

    Parameters
    ----------
    x : Tensor of shape (d_model, rows, points)
        Features, or with ``mix`` fewer series that they are combinations of.
    block : Block
        Weights.
    mix : Tensor of shape (d_model, n_series), optional
        The features are ``mix @ x``; ``block.skip`` must be given and is applied to ``x``.

    Returns
    -------
    Tensor of shape (n_outputs, rows, points)
    """
    spans = [link[:2] for link in block.links]
    weights = [weight for link in block.links for weight in link[2:]]
    return _MixBlock.apply(x, mix, spans, *weights, *block[1:])


def _input(x: Tensor, mix: Tensor | None) -> FullInput | CombinedInput:
    return FullInput(x) if mix is None else CombinedInput(x, mix)


def _unpack(spans: Sequence[tuple[slice, slice]], weights: Sequence[Any]) -> Block:
    """Inverse of the flattening in `mix_block`, for weights and for their gradients."""
    links = [Link(*span, *weights[4 * k : 4 * k + 4]) for k, span in enumerate(spans)]
    return Block(links, *weights[4 * len(spans) :])


class _MixBlock(torch.autograd.Function):
    """One block. Keeps both sides of the GELUs along time; the rest is computed again."""

    @staticmethod
    def forward(ctx: Any, x, mix, spans, *weights):
        x = x.contiguous()
        block = _unpack(spans, weights)
        mixed, before, after = _mix(_input(x, mix), block)
        ctx.spans = spans
        ctx.save_for_backward(x, mix, mixed, *before, *after, *weights)
        return _feed_forward(x, mixed, block)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad):
        x, mix, mixed, *rest = ctx.saved_tensors
        n = len(ctx.spans)
        before, after, block = rest[:n], rest[n : 2 * n], _unpack(ctx.spans, rest[2 * n :])
        grad = grad.contiguous()
        grad_mixed, *grads_across = _feed_forward_backward(grad, mixed, block)
        inputs = _input(x, mix)
        grad_x, grad_skip = _skip_backward(grad, x, block)
        grad_shift = inputs.shifted_backward(grad_mixed, grad_x)
        grads_along = _mix_backward(grad_mixed, inputs, before, after, block)
        return (
            *(inputs.grad_x, inputs.grad_mix, None),
            *(*grads_along, grad_shift, *grads_across, grad_skip),
        )


def _mix(
    inputs: FullInput | CombinedInput, block: Block
) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """Mixed scales with a last feature of ones (d_model + 1, rows, points); both sides of GELUs."""
    _, n_rows, points = inputs.x.shape
    mixed = inputs.x.new_empty(inputs.n_features + 1, n_rows, points)
    mixed[-1] = 1.0
    inputs.shifted(block.shift, out=mixed[:-1])
    total = mixed[:-1].view(-1, points)
    before: list[Tensor] = []
    after: list[Tensor] = []
    for link in block.links:
        values = inputs.linear(link.source, link.inner, link.bias)
        if link.carry is not None:
            values.addmm_(after[-1], link.carry)
        hidden = gelu(values)
        total[:, link.target].addmm_(hidden, link.outer)
        before.append(values)
        after.append(hidden)
    return mixed, before, after


def _mix_backward(
    grad_mixed: Tensor,
    inputs: FullInput | CombinedInput,
    before: Sequence[Tensor],
    after: Sequence[Tensor],
    block: Block,
) -> list[Tensor | None]:
    """Gradients of the links' weights; the input's share goes to ``inputs``."""
    total = grad_mixed.view(-1, grad_mixed.shape[2])
    grads: list[Tensor | None] = []
    later = None  # what the next link of the chain hands back
    for k in reversed(range(len(before))):
        link, asked = block.links[k], total[:, block.links[k].target]
        values = asked @ link.outer.t()
        if later is not None:
            values.addmm_(*later)
        _gelu_backward(values, before[k], grad_input=values)
        grad_inner, grad_bias = inputs.linear_backward(link.source, link.inner, values)
        grad_carry = None if link.carry is None else after[k - 1].t() @ values
        later = None if link.carry is None else (values, link.carry.t())
        grads = [grad_inner, grad_carry, grad_bias, after[k].t() @ asked, *grads]
    return grads


def _parts(n_columns: int, block: Block) -> list[slice]:
    """Equal parts of the columns to walk: all of them, on a CPU what stays near the core."""
    n_hidden = block.first.shape[0]
    whole = block.first.device.type != "cpu"
    n_parts = 1 if whole else max(1, -(-n_columns * n_hidden // _HIDDEN_ELEMENTS))
    size = max(1, -(-n_columns // n_parts))
    return [slice(start, start + size) for start in range(0, n_columns, size)]


def _feed_forward(x: Tensor, mixed: Tensor, block: Block) -> Tensor:
    """Feed-forward layer across the features of ``mixed``, added to ``x``."""
    source, inputs, n_hidden = x.flatten(1), mixed.flatten(1), block.first.shape[0]
    base = source if block.skip is None else block.skip @ source
    result = torch.empty_like(base)
    for part in _parts(source.shape[1], block):
        columns = inputs[:, part]
        hidden = columns.new_empty(n_hidden + 1, columns.shape[1])
        hidden[n_hidden] = 1.0
        _gelu_(torch.mm(block.first, columns, out=hidden[:n_hidden]))
        torch.addmm(base[:, part], block.second, hidden, out=result[:, part])
    return result.view(-1, *x.shape[1:])


def _feed_forward_backward(
    grad: Tensor, mixed: Tensor, block: Block
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of the mixed scales and of both maps."""
    asked, inputs = grad.flatten(1), mixed.flatten(1)
    result = inputs.new_empty(inputs.shape[0] - 1, inputs.shape[1])
    grad_first, grad_second = torch.zeros_like(block.first), torch.zeros_like(block.second)
    grad_second[:, -1] = asked.sum(1)
    first, second = block.first[:, :-1].t(), block.second[:, :-1].t()
    for part in _parts(inputs.shape[1], block):
        columns, wanted = inputs[:, part], asked[:, part]
        values = block.first @ columns
        hidden = gelu(values)
        grad_second[:, :-1] += (hidden @ wanted.t()).t()
        torch.mm(second, wanted, out=hidden)
        _gelu_backward(hidden, values, grad_input=hidden)
        # The bias apart: a product with 17 features takes over half as long again as with 16.
        grad_first[:, :-1] += hidden @ columns[:-1].t()
        grad_first[:, -1] += hidden.sum(1)
        torch.mm(first, hidden, out=result[:, part])
    return result.view(-1, *mixed.shape[1:]), grad_first, grad_second


def _skip_backward(grad: Tensor, x: Tensor, block: Block) -> tuple[Tensor, Tensor | None]:
    """Gradient that the input gets past the mixing, and that of the skip's weights."""
    if block.skip is None:
        return grad, None
    asked = grad.flatten(1)
    grad_skip = (x.flatten(1) @ asked.t()).t()
    return (block.skip.t() @ asked).view(x.shape), grad_skip
