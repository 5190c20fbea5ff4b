"""Linear forecasts in closed form, over windows that lie on the device."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from skscale.ops import begun, beside_values, fill_window, masked_mean
from skscale.training.buffers import Batch
from skscale.training.data import spread_indices
from skscale.training.windows import Windows

__all__ = ["fit_linear_maps"]

# A window whose target lies further from the prior counts less: in a large panel, a few jumps
# out of flat contexts would outweigh all other windows.
_MOST_SPREADS = 100.0
# Values of a pass, of all its windows and channels.
_VALUES_AT_ONCE = 2**18
# Rows, windows times channels, that the regression sees, evenly spread: of 320,000 hourly windows a
# fifth cost a thousandth of the held-out error, a tenth two and a half. Rows of one moment are
# alike, so that some thousand windows count whatever the number of channels is.
_MOST_ROWS = 2**19
_FEWEST_WINDOWS = 2**12
_LEAST_OBSERVED = 1 / 3


@torch.inference_mode(False)
@torch.no_grad()
def fit_linear_maps(
    windows: Windows, prior: Tensor, penalties: Sequence[float], season: int = 1
) -> list[Tensor]:
    """Ridge regressions of the target on the context, shrunk towards a given map.

    Windows are centred by their mean and weighted by one over their variance, so that every
    part of a growing series counts the same; one whose target lies a hundred deviations off
    counts less. Weights of series count; those of steps would change nothing, since each step has
    a regression of its own. Padding and missing values are filled as in
    `skscale.nn.LinearForecast`, missing targets from context and target together. The normal
    equations are summed over passes of bounded size: memory does not grow with the number of
    windows or channels. Of half a million rows or more, an evenly spread part counts.

    Parameters
    ----------
    windows : Windows
        Those that observe one point of the context, or less than half of the target, are left
        out. Steps of the horizon that less than half of the windows reach are learned from those
        alone that do; where these are few, they take the correction of the last step of their
        phase.
    prior : Tensor of shape (prediction_length, context_length)
        The map that an infinite penalty gives.
    penalties : sequence of float
        Relative to the mean variance of the centred and scaled context, which is one.
    season : int, default=1
        Steps after which phases repeat.

    Returns
    -------
    list of Tensor of shape (prediction_length, context_length)
        One map for each penalty; the prior itself if no window is left.

    Examples
    --------
    >>> import torch
    >>> from skscale.training import SeriesBuffer, Windows, fit_linear_maps
    >>> one = torch.ones(1, 1)
    >>> buffer = SeriesBuffer(torch.arange(12.0)[:, None], torch.tensor([0, 12]), 0 * one, one)
    >>> windows = Windows(buffer, 4, 2, torch.tensor([4]), torch.tensor([10]))
    >>> (shrunk,) = fit_linear_maps(windows, torch.zeros(2, 4), penalties=[1.0])
    >>> shrunk.shape
    torch.Size([2, 4])
    """
    prior = prior.to(windows.device, torch.float64)
    half, many = _observed_steps(windows, prior.shape[1])
    parts = [_corrections(windows, prior[:half], penalties, season)]
    if many > half:
        # Some series are short: what they do not show is learned from the others alone.
        parts.append(_corrections(windows, prior[:many], penalties, season)[:, half:])
    corrections = torch.cat(parts, dim=1)
    repeated = _repeated_steps(corrections.shape[1], len(prior), season).to(prior.device)
    return [(prior + c[repeated]).to(torch.float32) for c in corrections]


def _corrections(
    windows: Windows, prior: Tensor, penalties: Sequence[float], season: int
) -> Tensor:
    """What to add to ``prior`` (steps, L) for each penalty, (n_penalties, steps, L)."""
    steps, L = prior.shape
    gram, cross, count = prior.new_zeros(L, L), prior.new_zeros(L, steps), prior.new_zeros(())
    chosen = spread_indices(windows, max(_FEWEST_WINDOWS, _MOST_ROWS // windows.n_channels))
    for index in chosen.split(max(1, _VALUES_AT_ONCE // windows.sample_size)):
        whole = windows.steps_to_end(index) >= steps
        batch = windows.batch(index)
        x, residual, weight = _centred_rows(batch, whole, prior, season)
        weighted = x if batch.weight is None else x * weight
        gram.addmm_(weighted.T, x)
        cross.addmm_(weighted.T, residual)
        count += weight.sum()
    if not count:
        return prior.new_zeros(len(penalties), steps, L)
    values, vectors = torch.linalg.eigh(gram / count)
    projected = vectors.T @ cross / count
    return torch.stack(
        [(vectors @ (projected / (values.unsqueeze(1) + penalty))).T for penalty in penalties]
    )


def _observed_steps(windows: Windows, context_length: int) -> tuple[int, int]:
    """Steps of the horizon that half of the windows observe, and that many do; one at least.

    Many are twice as many windows and channels as a map has weights for a step.
    """
    step = torch.arange(windows.prediction_length, device=windows.device)
    observed = windows.steps_to_end(spread_indices(windows, 1024)).unsqueeze(1) > step
    share = observed.double().mean(dim=0)
    rows = share * len(windows) * windows.n_channels
    return max(1, int((share >= 0.5).sum())), int((rows >= 2 * context_length).sum())


def _repeated_steps(fitted: int, wanted: int, season: int) -> Tensor:
    """Step whose correction each of ``wanted`` steps takes, the last of its phase."""
    step = torch.arange(wanted)
    period = season if fitted >= season else 1
    return torch.where(step < fitted, step, fitted - period + (step - fitted) % period)


def _centred_rows(
    batch: Batch, whole: Tensor, prior: Tensor, season: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Contexts (rows, L), what the prior leaves of the targets (rows, T), and weights (rows, 1).

    Both are scaled, and zero where a row is not in use: those are of windows that are ``whole``
    (batch,), whose series goes on as far as the prior forecasts. To leave rows out would keep a
    GPU waiting for their number.
    """
    steps = len(prior)
    used = _used(batch, whole, steps)
    x, y = _filled(batch, steps, season)
    shown = None if batch.mask is None else begun(beside_values(batch.mask))
    centre = _rows(masked_mean(x.to(torch.float64), shown))
    x, y = _rows(x), _rows(y)
    x -= centre
    residual = (y - centre).addmm_(x, prior.T, alpha=-1)
    size = x.square().mean(dim=1, keepdim=True).sqrt().clamp(min=1e-3)
    distance = residual.square().mean(dim=1, keepdim=True).sqrt()
    spread = torch.maximum(size, distance / _MOST_SPREADS)
    weight = used.to(torch.float64)
    if batch.weight is not None:
        weight = weight * batch.weight.mean(dim=1)
    spread = torch.where(used.reshape(-1, 1), spread, torch.inf)
    return x.div_(spread), residual.div_(spread), weight.reshape(-1, 1)


def _filled(batch: Batch, steps: int, season: int) -> tuple[Tensor, Tensor]:
    """Contexts and the first ``steps`` targets without gaps."""
    x, y = fill_window(batch.x, batch.mask, season), batch.y[:, :steps]
    if batch.y_mask is None or batch.y_mask.dim() == 2:
        return x, y
    # A target may look both ways: what it is for a window has been observed by then.
    mask = (
        x.new_ones(x.shape, dtype=torch.bool) if batch.mask is None else beside_values(batch.mask)
    )
    both = torch.cat((mask.expand_as(x), batch.y_mask[:, :steps]), dim=1)
    filled = fill_window(torch.cat((batch.x, y), dim=1), both, season)
    return x, filled[:, x.shape[1] :]


def _used(batch: Batch, whole: Tensor, steps: int) -> Tensor:
    """Rows that observe enough of context and targets, (batch, channels).

    Two points of the context and, from the first on, a third: few filled ones are all of a kind,
    which a regression would magnify. Half of the targets.
    """
    used = whole.unsqueeze(1).expand(-1, batch.x.shape[2])
    if batch.mask is not None:
        mask = beside_values(batch.mask)
        observed = mask.sum(dim=1)
        used = used & (observed >= min(2, batch.x.shape[1]))
        used = used & (_LEAST_OBSERVED * begun(mask).sum(dim=1) <= observed)
    if batch.y_mask is not None:
        used = used & (2 * beside_values(batch.y_mask)[:, :steps].sum(dim=1) >= steps)
    return used


def _rows(values: Tensor) -> Tensor:
    """Windows (batch, length, n_channels), copied as rows (batch * n_channels, length)."""
    batch, length, channels = values.shape
    rows = values.new_empty(batch, channels, length, dtype=torch.float64)
    return rows.copy_(values.transpose(1, 2)).reshape(-1, length)
