"""Batch normalisation that a batch of one value survives."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm

from skscale.nn.layers.official import Place

__all__ = ["BatchNorm"]


class BatchNorm(nn.Module):
    """Normalise every feature over a batch, and follow with running statistics.

    As `torch.nn.BatchNorm1d` with its defaults (eps 1e-5, momentum 0.1), but for a training batch
    that holds one value of a feature: its variance is unknown, so the running statistics
    serve and stay, where torch raises an error.

    Parameters
    ----------
    n_features : int

    Examples
    --------
    >>> import torch
    >>> from skscale.nn.layers.batch_norm import BatchNorm
    >>> norm = BatchNorm(2)
    >>> norm(torch.tensor([[1.0, 5.0], [3.0, 9.0]])).detach()
    tensor([[-1.0000, -1.0000],
            [ 1.0000,  1.0000]])
    >>> bool(norm(torch.tensor([[1.0, 5.0]])).isfinite().all())
    True
    """

    def __init__(self, n_features: int):
        super().__init__()
        zeros, ones = (f(n_features, dtype=torch.float32) for f in (torch.zeros, torch.ones))
        self.weight = nn.Parameter(ones)
        self.bias = nn.Parameter(zeros)
        self.running_mean: Tensor
        self.running_var: Tensor
        self.register_buffer("running_mean", zeros.clone())
        self.register_buffer("running_var", ones.clone())

    def forward(self, x: Tensor, follow: bool = True) -> Tensor:
        """Normalise ``x`` of shape (batch, n_features) or (batch, n_features, ...).

        With ``follow=False`` a training batch leaves the running statistics as they are.
        """
        from_batch = self.training and x.numel() > x.shape[1]
        known = follow or not from_batch
        mean, var = (self.running_mean, self.running_var) if known else (None, None)
        return batch_norm(x, mean, var, self.weight, self.bias, training=from_batch)

    def places(self, name: str) -> list[Place]:
        """Names in public state dicts below ``name``, with the parameters and statistics."""
        kinds = ("weight", "bias", "running_mean", "running_var")
        return [(f"{name}.{kind}", getattr(self, kind)) for kind in kinds]
