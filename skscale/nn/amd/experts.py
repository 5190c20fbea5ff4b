"""Experts that forecast rows, and the gate that weighs them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, linear, softplus

from skscale.nn.layers.autocast import without_autocast
from skscale.nn.layers.dense import dense
from skscale.nn.layers.dropout import Dropout

__all__ = ["Experts", "Gate", "load_imbalance"]

_LEAST_NOISE = 1e-5
_CONTRAST = 10.0


class Gate(nn.Module):
    """Shares of experts; the few that fit a row best get the most, and none gets nothing.

    Parameters
    ----------
    length : int
        Points of a row.
    n_experts, top_k : int
        Experts, and how many of them are preferred.
    """

    def __init__(self, length: int, n_experts: int, top_k: int):
        super().__init__()
        self.top_k = top_k
        self.logits = dense(length, n_experts)
        self.noise = nn.Parameter(torch.zeros(n_experts, n_experts, dtype=torch.float32))

    def forward(self, rows: Tensor, noise: Tensor | None = None) -> Tensor:
        """Shares (..., n_experts) of ``rows`` (..., length), which sum to one.

        Training adds ``noise`` of the shape of the shares, drawn if it is not given, in an
        amount that is learned.
        """
        with without_autocast(rows):  # a choice shows every rounding
            logits = self.logits(rows.to(self.noise.dtype))
            if self.training:
                if noise is None:
                    noise = torch.randn(logits.shape, dtype=logits.dtype, device=logits.device)
                logits = logits + noise * (softplus(logits @ self.noise) + _LEAST_NOISE)
            share = logits.softmax(dim=-1)
            least = logits.topk(self.top_k, dim=-1).values[..., -1:]
            favoured = torch.where(logits >= least, share.expm1(), share.log1p())
            return (_CONTRAST * favoured).softmax(dim=-1)


class Experts(nn.Module):
    """Linear, GELU, Linear, several times side by side, and the sum that a gate weighs.

    Starts like `torch.nn.Linear`.

    Parameters
    ----------
    n_experts, n_inputs, n_hidden, n_outputs : int
    dropout : float
        Of the hidden layers, while training.
    """

    def __init__(
        self, n_experts: int, n_inputs: int, n_hidden: int, n_outputs: int, dropout: float
    ):
        super().__init__()
        self.dropout = Dropout(dropout)
        self.first = _weights(n_experts, n_hidden, n_inputs)
        self.first_bias = _weights(n_experts, n_hidden, bound=n_inputs**-0.5)
        self.second = _weights(n_experts, n_outputs, n_hidden)
        self.second_bias = _weights(n_experts, n_outputs, bound=n_hidden**-0.5)

    def forward(self, rows: Tensor, shares: Tensor) -> Tensor:
        """Map ``rows`` (n_rows, n_inputs) by the experts with ``shares`` (n_rows, n_experts).

        On a CPU one after the other, so that a hidden layer stays near the core.
        """
        one_by_one = rows.device.type == "cpu"
        found = self._one_by_one(rows, shares) if one_by_one else self._together(rows, shares)
        return shares @ self.second_bias + found

    def _one_by_one(self, rows: Tensor, shares: Tensor) -> Tensor:
        weights = (self.first, self.first_bias, self.second)
        parts = zip(*(value.unbind() for value in weights), shares.split(1, dim=1), strict=True)
        return sum(
            (share * linear(self._hidden(linear(rows, first, bias)), second))
            for first, bias, second, share in parts
        )

    def _together(self, rows: Tensor, shares: Tensor) -> Tensor:
        every = rows.expand(len(self.first), *rows.shape)
        before = torch.baddbmm(self.first_bias.unsqueeze(1), every, self.first.transpose(1, 2))
        found = self._hidden(before) @ self.second.transpose(1, 2)
        return torch.einsum("re,ert->rt", shares, found)

    def _hidden(self, before: Tensor) -> Tensor:
        return self.dropout(gelu(before))


def load_imbalance(shares: Tensor, n_outputs: int) -> Tensor:
    """Squared coefficient of variation of what experts have to do, for every channel.

    Parameters
    ----------
    shares : Tensor of shape (batch, n_channels, n_experts)
    n_outputs : int
        Points of a forecast. The published loss takes the variance of loads that were repeated
        so many times, which is why they matter.

    Returns
    -------
    Tensor of shape (n_channels,)
    """
    load = shares.sum(dim=0)
    variance, mean = torch.var_mean(load, dim=-1, correction=0)
    count = load.shape[-1] * n_outputs
    return variance * (count / max(count - 1, 1)) / (mean.square() + 1e-10)


def _weights(*shape: int, bound: float | None = None) -> nn.Parameter:
    """Uniform within ``bound``, by default what the last axis, that of inputs, asks for."""
    bound = shape[-1] ** -0.5 if bound is None else bound
    return nn.Parameter(torch.empty(*shape, dtype=torch.float32).uniform_(-bound, bound))
