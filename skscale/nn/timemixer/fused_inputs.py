"""What enters a fused block: all features in full, or as combinations of fewer series.

Both forms offer the same linear uses of their features, forward and backward. A backward pass
calls `begin_backward`, then `linear_backward` for every use of `linear`, and finds the gradients
in ``grad_x`` and ``grad_mix``.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["CombinedInput", "FullInput"]


class FullInput:
    """Features ``x`` of shape (d_model, rows, points)."""

    grad_mix = None

    def __init__(self, x: Tensor):
        self.x = x
        self.n_features = x.shape[0]
        self._series = x.view(-1, x.shape[2])

    def shifted(self, shift: Tensor, out: Tensor) -> None:
        """Write the features plus ``shift`` of shape (points,)."""
        torch.add(self.x, shift, out=out)

    def begin_backward(
        self, grad: Tensor, grad_result: Tensor, skip: Tensor | None
    ) -> tuple[Tensor | None, Tensor]:
        """Gradients of ``skip``, which maps the input to the block's result, and of the shift.

        ``grad`` and ``grad_result`` are those of the shifted features and of the result.
        """
        grad_shift = grad.sum((0, 1))
        if skip is None:
            self.grad_x = grad + grad_result
            return None, grad_shift
        asked = grad_result.flatten(1)
        self.grad_x = torch.addmm(grad.flatten(1), skip.t(), asked).view(self.x.shape)
        return _outer_products(asked, self.x.flatten(1)), grad_shift

    def linear(self, span: slice, weight: Tensor, bias: Tensor) -> Tensor:
        """Points of a span mapped along time, (d_model * rows, n_outputs)."""
        return torch.addmm(bias, self._series[:, span], weight)

    def linear_backward(self, span: slice, weight: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
        """Gradients of the weight, transposed, and of the bias."""
        self.grad_x.view(self._series.shape)[:, span].addmm_(grad, weight.t())
        return grad.t() @ self._series[:, span], grad.sum(0)


class CombinedInput:
    """Features ``mix @ x`` of series ``x`` (n_series, rows, points), fewer than the features.

    Maps along time act on the series, and only their results are spread over the features. What
    is added to every feature rides along as one more series.
    """

    def __init__(self, x: Tensor, mix: Tensor):
        self.x = x
        self.n_features, self._n_series = mix.shape
        self._series = x.view(-1, x.shape[2])
        self._mix = torch.cat((mix, torch.ones_like(mix[:, :1])), dim=1)
        self._grad_mix = torch.zeros_like(mix)

    @property
    def grad_mix(self) -> Tensor:
        """Gradient of ``mix``."""
        return self._grad_mix

    def shifted(self, shift: Tensor, out: Tensor) -> None:
        """Write the features plus ``shift`` of shape (points,)."""
        series = torch.cat((self.x, shift.expand(1, *self.x.shape[1:])))
        torch.mm(self._mix, series.flatten(1), out=out.flatten(1))

    def begin_backward(
        self, grad: Tensor, grad_result: Tensor, skip: Tensor | None
    ) -> tuple[Tensor | None, Tensor]:
        """Gradients of ``skip`` and of the shift, as in `FullInput`; ``skip`` must be given."""
        assert skip is not None
        series, asked = self.x.flatten(1), grad_result.flatten(1)
        spread = self._spread_backward(grad.flatten(1), series)
        self.grad_x = spread[:-1].addmm_(skip.t(), asked).view(self.x.shape)
        return _outer_products(asked, series), spread[-1].view(self.x.shape[1:]).sum(0)

    def linear(self, span: slice, weight: Tensor, bias: Tensor) -> Tensor:
        """Points of a span mapped along time, (d_model * rows, n_outputs)."""
        n_rows, n_outputs = self.x.shape[1], weight.shape[1]
        mapped = weight.new_empty(self._n_series + 1, n_rows, n_outputs)
        torch.mm(self._series[:, span], weight, out=mapped[:-1].view(-1, n_outputs))
        mapped[-1] = bias
        return (self._mix @ mapped.flatten(1)).view(-1, n_outputs)

    def linear_backward(self, span: slice, weight: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
        """Gradients of the weight, transposed, and of the bias."""
        n_rows, n_outputs = self.x.shape[1], weight.shape[1]
        series = self._series[:, span]
        mapped = (series @ weight).view(self._n_series, -1)
        per_series = self._spread_backward(grad.view(self.n_features, -1), mapped)
        per_series = per_series.view(-1, n_outputs)
        n = self._n_series * n_rows
        self.grad_x.view(self._series.shape)[:, span].addmm_(per_series[:n], weight.t())
        return per_series[:n].t() @ series, per_series[n:].sum(0)

    def _spread_backward(self, grad: Tensor, series: Tensor) -> Tensor:
        """Gradient of the series and of what rides along; adds to that of ``mix``."""
        self._grad_mix += _outer_products(grad, series)
        return self._mix.t() @ grad


def _outer_products(left: Tensor, right: Tensor) -> Tensor:
    """``left @ right.t()`` in the order that is many times faster if ``right`` has few rows."""
    return (right @ left.t()).t()
