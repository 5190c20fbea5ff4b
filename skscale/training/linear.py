"""Linear forecasts in closed form, over windows that lie on the device."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from skscale.training.windows import Batch, Windows

__all__ = ["fit_linear_maps"]


@torch.no_grad()
def fit_linear_maps(
    windows: Windows, prior: Tensor, penalties: Sequence[float], batch_size: int = 1024
) -> list[Tensor]:
    """Ridge regressions of the target on the context, shrunk towards a given map.

    Windows are centred by their mean and weighted by one over their variance, so that every
    part of a growing series counts the same. The normal equations are summed over batches:
    memory does not grow with the number of windows.

    Parameters
    ----------
    windows : Windows
        Those with padding or cut-off targets are left out.
    prior : Tensor of shape (prediction_length, context_length)
        The map that an infinite penalty gives.
    penalties : sequence of float
        Relative to the mean variance of the centred and scaled context, which is one.
    batch_size : int, default=1024
        Windows of one pass.

    Returns
    -------
    list of Tensor of shape (prediction_length, context_length)
        One map for each penalty; the prior itself if no window is complete.
    """
    T, L = prior.shape
    prior = prior.to(windows.buffer.values.device, torch.float64)
    gram, cross = prior.new_zeros(L, L), prior.new_zeros(L, T)
    count = prior.new_zeros(())
    for index in torch.arange(len(windows), device=prior.device).split(batch_size):
        x, residual = _centred_rows(windows.batch(index), prior)
        gram += x.T @ x
        cross += x.T @ residual
        count += len(x)
    if not count:
        return [prior.to(torch.float32) for _ in penalties]
    values, vectors = torch.linalg.eigh(gram / count)
    projected = vectors.T @ cross / count
    return [
        (prior + (vectors @ (projected / (values.unsqueeze(1) + penalty))).T).to(torch.float32)
        for penalty in penalties
    ]


def _centred_rows(batch: Batch, prior: Tensor) -> tuple[Tensor, Tensor]:
    """Contexts (rows, L) and what the prior leaves of the targets (rows, T), both scaled."""
    x, y = batch.x.to(torch.float64), batch.y.to(torch.float64)
    centre = x.mean(dim=1, keepdim=True)
    x, y = x - centre, y - centre
    spread = x.square().mean(dim=1, keepdim=True).sqrt().clamp(min=1e-3)
    residual = (y - prior @ x) / spread
    rows = (x / spread).transpose(1, 2), residual.transpose(1, 2)
    whole = torch.ones(len(x), dtype=torch.bool, device=x.device)
    for mask in (batch.mask, batch.y_mask):
        if mask is not None:
            whole &= mask.all(dim=1)
    return tuple(r[whole].flatten(0, 1) for r in rows)
