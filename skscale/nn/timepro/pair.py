"""Weights of two directions, side by side."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm

__all__ = ["PairOfMaps", "PairOfNorms"]


class PairOfMaps(nn.Module):
    """Two linear maps, each of its own half of the rows, in one product.

    Starts like `torch.nn.Linear`.

    Parameters
    ----------
    n_inputs, n_outputs : int
    bias : bool, default=True
    """

    bias: nn.Parameter

    def __init__(self, n_inputs: int, n_outputs: int, bias: bool = True):
        super().__init__()
        bound = n_inputs**-0.5
        weight = torch.empty(2, n_outputs, n_inputs, dtype=torch.float32)
        self.weight = nn.Parameter(weight.uniform_(-bound, bound))
        start = torch.empty(2, n_outputs, dtype=torch.float32).uniform_(-bound, bound)
        self.register_parameter("bias", nn.Parameter(start) if bias else None)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``x`` of shape (2, rows, n_inputs)."""
        weight = self.weight.transpose(1, 2)
        return x @ weight if self.bias is None else torch.baddbmm(self.bias[:, None], x, weight)


class PairOfNorms(nn.Module):
    """Two layer normalisations, each of its own half of the rows.

    Parameters
    ----------
    n_features : int
    """

    def __init__(self, n_features: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2, n_features, dtype=torch.float32))
        self.bias = nn.Parameter(torch.zeros(2, n_features, dtype=torch.float32))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise ``x`` of shape (2, rows, n_features)."""
        return torch.addcmul(self.bias[:, None], layer_norm(x, x.shape[-1:]), self.weight[:, None])
