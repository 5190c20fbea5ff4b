"""Maps across features, at every time point alike, with the hand-written MLP of the networks.

Feature tensors are laid out ``(n_features, rows, time)``: a map across features is then one
large matrix product, a map along time another, and neither needs a copy in between.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn.functional import gelu

from skscale.nn.layers.autocast import apply_step
from skscale.nn.layers.gelu import gelu_, gelu_backward

__all__ = ["mix_features", "pointwise_mlp"]


def mix_features(mix: Tensor, x: Tensor) -> Tensor:
    """``mix @ x`` for ``mix`` (out, in) and ``x`` (in, rows, time)."""
    return (mix @ x.reshape(x.shape[0], -1)).reshape(-1, *x.shape[1:])


def pointwise_mlp(
    x: Tensor,
    inner: Tensor | None,
    bias: Tensor | None,
    outer: Tensor | None,
    shift: Tensor | None = None,
    base: Tensor | None = None,
) -> Tensor:
    """``base + outer @ gelu(inner @ x + bias) + shift`` at every point; None leaves a step out.

    The hidden features are the largest tensors of a network. They are not kept for the
    backward pass but computed once more from ``x``, which is cheaper than their way to
    memory and back. Differentiable once.

    Parameters
    ----------
    x : Tensor of shape (n_in, rows, time)
    inner : Tensor of shape (n_hidden, n_in) or None
    bias : Tensor of shape (n_hidden, time) or (n_hidden, 1), or None
    outer : Tensor of shape (n_out, n_hidden) or None
    shift : Tensor of shape (n_out,), optional
        Only with ``outer``, as ``base`` is.
    base : Tensor of shape (n_out, rows, time), optional

    Returns
    -------
    Tensor of shape (n_out, rows, time)
    """
    return apply_step(_PointwiseMLP, _plain, x, inner, bias, outer, shift, base)


def _plain(
    x: Tensor,
    inner: Tensor | None,
    bias: Tensor | None,
    outer: Tensor | None,
    shift: Tensor | None,
    base: Tensor | None,
) -> Tensor:
    """`pointwise_mlp` in plain operators."""
    hidden = x if inner is None else mix_features(inner, x)
    hidden = gelu(hidden if bias is None else hidden + bias.unsqueeze(1))
    if outer is None:
        return hidden
    result = mix_features(outer, hidden)
    result = result if base is None else base + result
    return result if shift is None else result + shift.reshape(-1, 1, 1)


class _PointwiseMLP(Function):
    @staticmethod
    def forward(ctx, x, inner, bias, outer, shift, base):
        ctx.save_for_backward(x, inner, bias, outer)
        before = _before_activation(x, inner, bias)
        hidden = gelu(before) if before is x else gelu_(before)
        if outer is None:
            return hidden
        columns, start = hidden.flatten(1), None if base is None else base.flatten(1)
        result = outer @ columns if start is None else torch.addmm(start, outer, columns)
        if shift is not None:
            result.add_(shift.unsqueeze(1))
        return result.view(-1, *x.shape[1:])

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        x, inner, bias, outer = ctx.saved_tensors
        grad_base = grad if ctx.needs_input_grad[5] else None
        grad_shift = grad.sum((1, 2)) if ctx.needs_input_grad[4] else None
        before = _before_activation(x, inner, bias)
        grad_inner = grad_bias = grad_outer = None
        if outer is None:
            grad = gelu_backward(grad, before, grad_input=torch.empty_like(before))
        else:
            hidden = gelu(before)
            grad_outer = _sum_of_products(grad, hidden)
            torch.mm(outer.T, grad.flatten(1), out=hidden.view(hidden.shape[0], -1))
            grad = gelu_backward(hidden, before, grad_input=hidden)
        if bias is not None:
            grad_bias = grad.sum(1).sum_to_size(bias.shape)
        if inner is not None:
            grad_inner = _sum_of_products(grad, x)
            grad = mix_features(inner.T, grad) if ctx.needs_input_grad[0] else None
        return grad, grad_inner, grad_bias, grad_outer, grad_shift, grad_base


def _before_activation(x: Tensor, inner: Tensor | None, bias: Tensor | None) -> Tensor:
    if inner is None:
        return x if bias is None else x + bias.unsqueeze(1)
    x = mix_features(inner, x)
    return x if bias is None else x.add_(bias.unsqueeze(1))


def _sum_of_products(a: Tensor, b: Tensor) -> Tensor:
    """Products of every feature of ``a`` with every one of ``b``, summed over the points."""
    a, b = a.flatten(1), b.flatten(1)
    # Few columns are several times slower than few rows in the CPU libraries.
    return (b @ a.T).T if b.shape[0] < 8 else a @ b.T
