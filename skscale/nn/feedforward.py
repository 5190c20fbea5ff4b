"""Linear, GELU, Linear, added to a base: along time or across features, light on memory."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import gelu

from skscale.nn._autocast import apply_step
from skscale.nn._gelu import gelu_, gelu_backward

__all__ = ["FeedForward"]


class FeedForward(nn.Module):
    """``base + second(gelu(first(x)))`` with exact GELU.

    Training keeps little: the hidden layer after its GELU, and across features the one before it
    too, is computed again in the backward pass. That halves the memory of a network made of these
    layers. Gradients of gradients are not available.

    Parameters
    ----------
    in_features, hidden_features, out_features : int
        Sizes of the two linear maps.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn.feedforward import FeedForward
    >>> FeedForward(8, 4, 4)(torch.zeros(2, 3, 8), base=torch.zeros(2, 3, 4)).shape
    torch.Size([2, 3, 4])
    """

    def __init__(self, in_features: int, hidden_features: int, out_features: int):
        super().__init__()
        self.first = nn.Linear(in_features, hidden_features)
        self.second = nn.Linear(hidden_features, out_features)

    def forward(self, x: Tensor, base: Tensor) -> Tensor:
        """Map the last axis of ``x`` and add ``base`` of the result's shape."""
        flat = apply_step(
            _AlongLastAxis,
            base.reshape(-1, base.shape[-1]),
            x.reshape(-1, x.shape[-1]),
            self.first.weight,
            self.first.bias,
            self.second.weight,
            self.second.bias,
        )
        return flat.view(base.shape)

    def across_first_axis(
        self, x: Tensor, base: Tensor | None = None, projection: Tensor | None = None
    ) -> Tensor:
        """Map the first axis of ``x``, (in_features, ...) to (out_features, ...).

        Parameters
        ----------
        x : Tensor of shape (in_features, ...)
            Input.
        base : Tensor of shape (out_features, ...), optional
            Added to the result.
        projection : Tensor of shape (n_outputs, out_features), optional
            Multiplies the result, base included. It is folded into the second map, so that the
            full width is never computed.
        """
        weight: Tensor = self.second.weight
        bias: Tensor = self.second.bias
        if base is not None:
            base = base.flatten(1)
        if projection is not None:
            weight, bias = projection @ weight, projection @ bias
            base = None if base is None else projection @ base
        flat = apply_step(
            _AcrossFirstAxis, base, x.flatten(1), self.first.weight, self.first.bias, weight, bias
        )
        return flat.view(-1, *x.shape[1:])


class _AlongLastAxis(torch.autograd.Function):
    """Rows (n, in) to (n, out)."""

    @staticmethod
    def forward(ctx: Any, base, x, first, first_bias, second, second_bias):
        before = (x @ first.t()).add_(first_bias)
        ctx.save_for_backward(x, first, second, before)
        return torch.addmm(base, gelu(before), second.t()).add_(second_bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad):
        x, first, second, before = ctx.saved_tensors
        hidden = gelu(before)
        grad_second = grad.t() @ hidden
        grad_hidden = torch.mm(grad, second, out=hidden)
        grad_before = gelu_backward(grad_hidden, before, grad_input=grad_hidden)
        grad_x = grad_before @ first if ctx.needs_input_grad[1] else None
        grad_first = grad_before.t() @ x
        return grad, grad_x, grad_first, grad_before.sum(0), grad_second, grad.sum(0)


class _AcrossFirstAxis(torch.autograd.Function):
    """Columns (in, n) to (out, n)."""

    @staticmethod
    def forward(ctx: Any, base, x, first, first_bias, second, second_bias):
        ctx.save_for_backward(x, first, first_bias, second)
        hidden = gelu_((first @ x).add_(first_bias.unsqueeze(1)))
        bias = second_bias.unsqueeze(1)
        if base is None:
            return (second @ hidden).add_(bias)
        return torch.addmm(base, second, hidden).add_(bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad):
        x, first, first_bias, second = ctx.saved_tensors
        before = (first @ x).add_(first_bias.unsqueeze(1))
        hidden = gelu(before)
        grad_second = (hidden @ grad.t()).t()  # the larger side first is the faster product
        grad_hidden = torch.mm(second.t(), grad, out=hidden)
        grad_before = gelu_backward(grad_hidden, before, grad_input=grad_hidden)
        grad_base = grad if ctx.needs_input_grad[0] else None
        grad_x = first.t() @ grad_before if ctx.needs_input_grad[1] else None
        grad_first = grad_before @ x.t()
        return grad_base, grad_x, grad_first, grad_before.sum(1), grad_second, grad.sum(1)
