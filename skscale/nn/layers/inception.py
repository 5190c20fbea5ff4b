"""Convolutions of several sizes over a grid, as one."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

__all__ = ["Inception", "Kernel", "within_reach"]

Kernel = tuple[Tensor, Tensor]  # weight and bias


class Inception(nn.Module):
    """Mean of square convolutions of sizes 1, 3, 5, ..., zeros beyond the edges.

    It is one convolution with the mean of the kernels, which saves more than half of the products.
    The kernels stay apart as parameters: this is how they are trained and published.

    Parameters
    ----------
    in_features, out_features : int
    n_kernels : int
        Convolutions; the largest has size ``2 * n_kernels - 1``.
    transposed : bool, default=False
        Kernels of a transposed convolution, in which the input's features come first.
    """

    def __init__(
        self, in_features: int, out_features: int, n_kernels: int, transposed: bool = False
    ):
        super().__init__()
        features = (in_features, out_features) if transposed else (out_features, in_features)
        self.weights = nn.ParameterList(
            torch.empty(*features, size, size, dtype=torch.float32)
            for size in range(1, 2 * n_kernels, 2)
        )
        for weight in self.weights:
            nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu")
        self.biases = nn.Parameter(torch.zeros(n_kernels, out_features, dtype=torch.float32))

    def merged(self) -> Kernel:
        """Mean kernel, of the features and size of the largest, and mean bias (out_features,)."""
        reach = len(self.weights) - 1
        padded = [pad(weight, 4 * [reach - i]) for i, weight in enumerate(self.weights)]
        return torch.stack(padded).mean(dim=0), self.biases.mean(dim=0)

    def places(self, name: str) -> list[tuple[str, Tensor]]:
        """Official names below ``name`` with the parameters."""
        kernels = enumerate(zip(self.weights, self.biases, strict=True))
        named = ((f"{name}.kernels.{i}", kernel) for i, kernel in kernels)
        return [
            (f"{path}.{kind}", value)
            for path, kernel in named
            for kind, value in zip(("weight", "bias"), kernel, strict=True)
        ]


def within_reach(weight: Tensor, grid: Tensor) -> tuple[Tensor, list[int]]:
    """Cut a kernel to what can reach one value of a grid from another.

    Parameters
    ----------
    weight : Tensor of shape (features, features, size, size)
    grid : Tensor of shape (batch, rows, columns, features)

    Returns
    -------
    Tensor, and how far it reaches along rows and columns
    """
    centre = weight.shape[-1] // 2
    reach = [min(centre, size - 1) for size in grid.shape[1:3]]
    rows, columns = (slice(centre - far, centre + far + 1) for far in reach)
    return weight[:, :, rows, columns], reach
