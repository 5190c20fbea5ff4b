"""TimeMixer's channel-independent blocks in few, large products, with a backward pass of their own.

All scales of a window stand side by side in one tensor ``(d_model, rows, points)``, points being
the sum of the scales' lengths. Season and trend mixing are two chains of links between scales,
and before the mixing seasons and trends add up to the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import gelu, pad

from skscale.nn.layers.autocast import apply_step, autocast_type
from skscale.nn.layers.blocking import block_size
from skscale.nn.layers.gelu import gelu_, gelu_backward
from skscale.nn.layers.mlp import mix_features
from skscale.nn.timemixer.fused_inputs import CombinedInput, FullInput
from skscale.nn.timemixer.links import Link, Step, fold, fold_backward, total_bias

__all__ = ["Across", "mix_block"]


_HIDDEN_ELEMENTS = 2**20  # numbers in the hidden layer of a part of the columns; measured


class Across(NamedTuple):
    """Maps across the features.

    Attributes
    ----------
    first : Tensor of shape (d_ff, d_model + 1)
        First map of the feed-forward layer, its bias as the last column.
    second : Tensor of shape (n_outputs, d_ff + 1)
        Second map, likewise.
    skip : Tensor of shape (n_outputs, n_series) or None
        Maps the input before it is added to the result; None adds it as it is.
    """

    first: Tensor
    second: Tensor
    skip: Tensor | None


def mix_block(
    x: Tensor,
    steps: Sequence[Step],
    weights: Sequence[Tensor],
    across: Across,
    mix: Tensor | None = None,
) -> Tensor:
    """Send features through a block.

    Parameters
    ----------
    x : Tensor of shape (d_model, rows, points)
        Features, or with ``mix`` fewer series that they are combinations of.
    steps : sequence of Step
        Season mixing, then trend mixing.
    weights : sequence of Tensor
        First weight and bias, second weight and bias of every step.
    across : Across
        Maps across the features.
    mix : Tensor of shape (d_model, n_series), optional
        The features are ``mix @ x``; ``across.skip`` must be given and is applied to ``x``.

    Returns
    -------
    Tensor of shape (n_outputs, rows, points)
    """
    dtype = autocast_type(x)
    if dtype is not None:
        steps = [step._replace(matrix=step.matrix.to(dtype)) for step in steps]
    return apply_step(_MixBlock, _plain, x, mix, steps, *across, *weights)


def _plain(
    x: Tensor,
    mix: Tensor | None,
    steps: Sequence[Step],
    first: Tensor,
    second: Tensor,
    skip: Tensor | None,
    *weights: Tensor,
) -> Tensor:
    """`mix_block` in plain operators."""
    features = x if mix is None else mix_features(mix, x)
    mixed = hidden = features
    for link, bias in zip(fold(steps, weights), weights[3::4], strict=True):
        values = features[..., link.source] @ link.inner + link.bias
        if link.carry is not None:
            values = values + hidden @ link.carry
        hidden = gelu(values)
        ends = link.target.start, x.shape[-1] - link.target.stop
        mixed = mixed + pad(hidden @ link.outer + bias, ends)
    hidden = gelu(mix_features(first[:, :-1], mixed) + first[:, -1:].unsqueeze(1))
    base = x if skip is None else mix_features(skip, x)
    return base + mix_features(second[:, :-1], hidden) + second[:, -1:].unsqueeze(1)


def _input(x: Tensor, mix: Tensor | None) -> FullInput | CombinedInput:
    return FullInput(x) if mix is None else CombinedInput(x, mix)


class _MixBlock(torch.autograd.Function):
    """One block. Keeps what enters the GELUs along time; the rest is computed again."""

    @staticmethod
    def forward(ctx: Any, x, mix, steps, first, second, skip, *weights):
        x = x.contiguous()
        across = Across(first, second, skip)
        shift = total_bias(steps, weights, x)
        mixed, before = _mix(_input(x, mix), fold(steps, weights), shift)
        ctx.steps = steps
        ctx.save_for_backward(x, mix, *across, mixed, *before, *weights)
        return _feed_forward(x, mixed, across)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad):
        x, mix, first, second, skip, mixed, *rest = ctx.saved_tensors
        n_steps = len(ctx.steps)
        before, weights = rest[:n_steps], rest[n_steps:]
        across = Across(first, second, skip)
        grad = grad.contiguous()
        grad_mixed, grad_first, grad_second = _feed_forward_backward(grad, mixed, across)
        inputs = _input(x, mix)
        grad_skip, grad_shift = inputs.begin_backward(grad_mixed, grad, skip)
        grads = _mix_backward(grad_mixed, inputs, before, fold(ctx.steps, weights))
        grad_weights = fold_backward(ctx.steps, weights, grads, grad_shift)
        grads_across = (grad_first, grad_second, grad_skip)
        return inputs.grad_x, inputs.grad_mix, None, *grads_across, *grad_weights


def _mix(
    inputs: FullInput | CombinedInput, links: Sequence[Link], shift: Tensor
) -> tuple[Tensor, list[Tensor]]:
    """Mixed scales with a last feature of ones (d_model + 1, rows, points); what enters GELUs."""
    _, n_rows, points = inputs.x.shape
    mixed = inputs.x.new_empty(inputs.n_features + 1, n_rows, points)
    mixed[-1] = 1.0
    inputs.shifted(shift, out=mixed[:-1])
    total = mixed[:-1].view(-1, points)
    before: list[Tensor] = []
    hidden = total
    for link in links:
        values = inputs.linear(link.source, link.inner, link.bias)
        if link.carry is not None:
            values.addmm_(hidden, link.carry)
        hidden = gelu(values)
        total[:, link.target].addmm_(hidden, link.outer)
        before.append(values)
    return mixed, before


def _mix_backward(
    grad_mixed: Tensor,
    inputs: FullInput | CombinedInput,
    before: Sequence[Tensor],
    links: Sequence[Link],
) -> list[Link]:
    """Gradients of the links' weights, transposed; the input's share goes to ``inputs``."""
    total = grad_mixed.view(-1, grad_mixed.shape[2])
    hidden = [gelu(values) for values in before]
    grads: list[Link] = []
    later = None  # what the next link of the chain hands back
    for k, link in reversed(list(enumerate(links))):
        asked = total[:, link.target]
        outer = asked.t() @ hidden[k]
        values = torch.mm(asked, link.outer.t(), out=hidden[k])
        if later is not None:
            values.addmm_(*later)
        gelu_backward(values, before[k], grad_input=values)
        inner, bias = inputs.linear_backward(link.source, link.inner, values)
        carry = None if link.carry is None else values.t() @ hidden[k - 1]
        later = None if link.carry is None else (values, link.carry.t())
        grads.append(link._replace(inner=inner, carry=carry, bias=bias, outer=outer))
    return grads[::-1]


def _parts(n_columns: int, across: Across) -> list[slice]:
    """Columns of the feed-forward layer to walk one after the other."""
    size = block_size(n_columns, across.first.shape[0], _HIDDEN_ELEMENTS, across.first.device)
    return [slice(start, start + size) for start in range(0, n_columns, size)]


def _feed_forward(x: Tensor, mixed: Tensor, across: Across) -> Tensor:
    """Feed-forward layer across the features of ``mixed``, added to ``x``."""
    source, inputs, n_hidden = x.flatten(1), mixed.flatten(1), across.first.shape[0]
    result = source.clone() if across.skip is None else across.skip @ source
    for part in _parts(source.shape[1], across):
        columns = inputs[:, part]
        hidden = columns.new_empty(n_hidden + 1, columns.shape[1])
        hidden[n_hidden] = 1.0
        gelu_(torch.mm(across.first, columns, out=hidden[:n_hidden]))
        result[:, part].addmm_(across.second, hidden)
    return result.view(-1, *x.shape[1:])


def _feed_forward_backward(
    grad: Tensor, mixed: Tensor, across: Across
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of the mixed scales and of both maps."""
    asked, inputs = grad.flatten(1), mixed.flatten(1)
    result = inputs.new_empty(inputs.shape[0] - 1, inputs.shape[1])
    grad_first, grad_second = torch.zeros_like(across.first), torch.zeros_like(across.second)
    grad_second[:, -1] = asked.sum(1)
    first, second = across.first[:, :-1].t(), across.second[:, :-1].t()
    for part in _parts(inputs.shape[1], across):
        columns, wanted = inputs[:, part], asked[:, part]
        values = across.first @ columns
        hidden = gelu(values)
        grad_second[:, :-1] += (hidden @ wanted.t()).t()
        torch.mm(second, wanted, out=hidden)
        gelu_backward(hidden, values, grad_input=hidden)
        # The bias apart: a product with 17 features takes over half as long again as with 16.
        grad_first[:, :-1] += hidden @ columns[:-1].t()
        grad_first[:, -1] += hidden.sum(1)
        torch.mm(first, hidden, out=result[:, part])
    return result.view(-1, *mixed.shape[1:]), grad_first, grad_second
