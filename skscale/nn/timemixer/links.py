"""Chains of links: season or trend mixing without ever forming a season or a trend.

A step of the mixing sends a scale, split by its decomposition and changed by the step before,
through ``second(gelu(first(.)))`` to the next scale. Decomposition and change are linear and are
folded into the first map of every step, which becomes a link:

    hidden[k] = gelu(x[source] @ inner + hidden[k - 1] @ carry + bias)
    mixed[target] += hidden[k] @ outer
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Link", "Step", "fold", "fold_backward", "total_bias"]


class Step(NamedTuple):
    """What a step does beside its weights.

    Attributes
    ----------
    source, target : slice
        Points of the two scales.
    starts : bool
        Whether it is the first of its chain.
    matrix : Tensor of shape (length, length)
        Takes season or trend of the source, from the right.
    """

    source: slice
    target: slice
    starts: bool
    matrix: Tensor


class Link(NamedTuple):
    """A step with everything linear folded into its weights, which multiply from the right."""

    source: slice
    target: slice
    inner: Tensor
    carry: Tensor | None
    bias: Tensor
    outer: Tensor


def fold(steps: Sequence[Step], weights: Sequence[Tensor]) -> list[Link]:
    """Links of the steps; four weights a step, as in two `torch.nn.Linear`."""
    links = []
    for k, step in enumerate(steps):
        first, bias, second, _ = weights[4 * k : 4 * k + 4]
        carry = None
        if not step.starts:
            second_before, bias_before = weights[4 * k - 2 : 4 * k]
            carry = (first @ second_before).t()
            bias = torch.addmv(bias, first, bias_before)
        inner = step.matrix @ first.t()
        links.append(Link(step.source, step.target, inner, carry, bias, second.t()))
    return links


def total_bias(steps: Sequence[Step], weights: Sequence[Tensor], x: Tensor) -> Tensor:
    """What the second biases of all steps add to the scales ``x``, shape (points,)."""
    total = x.new_zeros(x.shape[-1])
    for k, step in enumerate(steps):
        total[step.target] += weights[4 * k + 3]
    return total


def fold_backward(
    steps: Sequence[Step], weights: Sequence[Tensor], grads: Sequence[Link], grad_total: Tensor
) -> list[Tensor]:
    """Gradients of the weights from those of the links, transposed, and of the total bias."""
    result: list[Tensor] = []
    for k, (step, grad) in enumerate(zip(steps, grads, strict=True)):
        first = weights[4 * k]
        grad_first = grad.inner @ step.matrix
        if grad.carry is not None:
            second_before, bias_before = weights[4 * k - 2 : 4 * k]
            grad_first.addmm_(grad.carry, second_before.t()).addr_(grad.bias, bias_before)
            result[-2].addmm_(first.t(), grad.carry)
            result[-1].addmv_(first.t(), grad.bias)
        result += [grad_first, grad.bias, grad.outer, grad_total[step.target].clone()]
    return result
