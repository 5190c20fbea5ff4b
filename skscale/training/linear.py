"""Linear forecasts in closed form, over windows that lie on the device."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from skscale.training.windows import Batch, Windows

__all__ = ["fit_linear_maps"]

# A window whose target lies further from the prior counts less: in a large panel, a few jumps
# out of flat contexts would outweigh all other windows.
_MOST_SPREADS = 100.0


@torch.no_grad()
def fit_linear_maps(
    windows: Windows,
    prior: Tensor,
    penalties: Sequence[float],
    season: int = 1,
    batch_size: int = 1024,
) -> list[Tensor]:
    """Ridge regressions of the target on the context, shrunk towards a given map.

    Windows are centred by their mean and weighted by one over their variance, so that every
    part of a growing series counts the same; one whose target lies a hundred deviations off
    counts less. The normal equations are summed over batches: memory does not grow with the
    number of windows.

    Parameters
    ----------
    windows : Windows
        Those with padding are left out, and so are steps of the horizon that less than half
        of the windows observe: they take the correction of the last step of their phase.
    prior : Tensor of shape (prediction_length, context_length)
        The map that an infinite penalty gives.
    penalties : sequence of float
        Relative to the mean variance of the centred and scaled context, which is one.
    season : int, default=1
        Steps after which phases repeat.
    batch_size : int, default=1024
        Windows of one pass.

    Returns
    -------
    list of Tensor of shape (prediction_length, context_length)
        One map for each penalty; the prior itself if no window is complete.
    """
    L = prior.shape[1]
    prior = prior.to(windows.buffer.values.device, torch.float64)
    steps = _observed_steps(windows)
    fitted = prior[:steps]
    gram, cross = prior.new_zeros(L, L), prior.new_zeros(L, steps)
    count = prior.new_zeros(())
    for index in torch.arange(len(windows), device=prior.device).split(batch_size):
        x, residual = _centred_rows(windows.batch(index), fitted)
        gram += x.T @ x
        cross += x.T @ residual
        count += len(x)
    if not count:
        return [prior.to(torch.float32) for _ in penalties]
    values, vectors = torch.linalg.eigh(gram / count)
    projected = vectors.T @ cross / count
    repeated = _repeated_steps(steps, len(prior), season).to(prior.device)
    corrections = (
        (vectors @ (projected / (values.unsqueeze(1) + penalty))).T for penalty in penalties
    )
    return [(prior + c[repeated]).to(torch.float32) for c in corrections]


def _size(rows: Tensor) -> Tensor:
    return rows.square().mean(dim=1, keepdim=True).sqrt()


def _observed_steps(windows: Windows) -> int:
    """Steps of the horizon that at least half of the windows observe; one at least."""
    horizon = torch.arange(windows.prediction_length, device=windows.buffer.values.device)
    spread = torch.linspace(0, len(windows) - 1, min(len(windows), 1024)).long()
    mask = windows.batch(spread.to(horizon.device)).y_mask if len(windows) else None
    if mask is None:
        return windows.prediction_length
    return max(1, int((mask.float().mean(dim=0) >= 0.5).sum()))


def _repeated_steps(fitted: int, wanted: int, season: int) -> Tensor:
    """Step whose correction each of ``wanted`` steps takes, the last of its phase."""
    step = torch.arange(wanted)
    period = season if fitted >= season else 1
    return torch.where(step < fitted, step, fitted - period + (step - fitted) % period)


def _centred_rows(batch: Batch, prior: Tensor) -> tuple[Tensor, Tensor]:
    """Contexts (rows, L) and what the prior leaves of the targets (rows, T), both scaled."""
    x, y = batch.x.to(torch.float64), batch.y[:, : len(prior)].to(torch.float64)
    centre = x.mean(dim=1, keepdim=True)
    x, y = x - centre, y - centre
    residual = y - prior @ x
    spread = torch.maximum(_size(x).clamp(min=1e-3), _size(residual) / _MOST_SPREADS)
    residual = residual / spread
    whole = torch.ones(len(x), dtype=torch.bool, device=x.device)
    for mask in (batch.mask, None if batch.y_mask is None else batch.y_mask[:, : len(prior)]):
        if mask is not None:
            whole &= mask.all(dim=1)
    rows = (x / spread)[whole].transpose(1, 2), residual[whole].transpose(1, 2)
    return rows[0].flatten(0, 1), rows[1].flatten(0, 1)
