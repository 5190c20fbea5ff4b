"""Seasonal part of many series at once: indices by phase, shrunk by how sure they are."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Seasonality", "seasonal_indices"]

# Dividing by a smaller index than this would blow up the noise of that phase.
_LEAST_INDEX = 0.1


class Seasonality(NamedTuple):
    """Seasonal part of every series.

    Attributes
    ----------
    indices : Tensor of shape (batch, season)
        Index of each phase; phase 0 is that of the first step ahead.
    multiplicative : bool Tensor of shape (batch, 1)
        Whether the indices are factors or summands.
    """

    indices: Tensor
    multiplicative: Tensor

    def remove(self, x: Tensor) -> Tensor:
        """Deseasonalise contexts of shape (batch, length)."""
        steps = torch.arange(-x.shape[1], 0, device=x.device)
        part = self.indices[:, steps % self.indices.shape[1]]
        return torch.where(self.multiplicative, x / part, x - part)

    def restore(self, line: Tensor) -> Tensor:
        """Put the seasonal part into forecasts of shape (batch, horizon)."""
        steps = torch.arange(line.shape[1], device=line.device)
        part = self.indices[:, steps % self.indices.shape[1]]
        return torch.where(self.multiplicative, line * part, line + part)


def seasonal_indices(x: Tensor, mask: Tensor, season: int) -> Seasonality:
    """Mean ratio or difference to the trend by phase, drawn towards none where it may be noise.

    The trend is the moving average over a season, at both ends continued by its mean slope.
    Ratios are taken where values and trend are positive and no index is below a tenth, else
    differences. Indices are shrunk by the factor ``1 - 1 / F`` of James and Stein, F being the
    variance between phases over that within: a season that noise would show as well is none.
    With fewer than two seasons observed there is none.

    Parameters
    ----------
    x : Tensor of shape (batch, length)
        Values, zero at False positions of the mask.
    mask : bool Tensor of shape (batch, length)
        False marks left padding.
    season : int
        Points of a season.

    Returns
    -------
    Seasonality

    References
    ----------
    Miller and Williams (2003), Shrinkage estimators of time series seasonal factors and their
    effect on forecasting accuracy, International Journal of Forecasting 19.
    """
    n_rows, length = x.shape
    if season == 1 or length < 2 * season:
        none = torch.zeros(n_rows, 1, dtype=torch.bool, device=x.device)
        return Seasonality(x.new_zeros(n_rows, season), none)
    trend = _trend(x, mask, season)
    positive = (((x > 0) & (trend > 0)) | ~mask).all(1, keepdim=True)
    divisor = torch.where(mask & positive, trend, 1.0)
    ratios = 1 + _shrunk_means(x / divisor - 1, mask, season)
    differences = _shrunk_means(x - trend, mask, season)
    multiplicative = positive & (ratios > _LEAST_INDEX).all(1, keepdim=True)
    return Seasonality(torch.where(multiplicative, ratios, differences), multiplicative)


def _trend(x: Tensor, mask: Tensor, season: int) -> Tensor:
    """Centred moving average over a season, continued by lines of its mean slope."""
    length = x.shape[1]
    kernel = x.new_full((season + 1 - season % 2,), 1 / season)
    if season % 2 == 0:
        kernel[0] = kernel[-1] = 0.5 / season
    average = x.unfold(1, len(kernel), 1) @ kernel
    last = average.shape[1] - 1
    first = (length - mask.sum(1, keepdim=True)).clamp(max=last)
    rise = average[:, -1:] - average.gather(1, first)
    slope = rise / (last - first).clamp(min=1)
    places = torch.arange(length, device=x.device) - len(kernel) // 2
    nearest = places.clamp(max=last).maximum(first)
    return average.gather(1, nearest) + slope * (places - nearest)


def _shrunk_means(deviations: Tensor, mask: Tensor, season: int) -> Tensor:
    """Mean of each phase less the mean of them all, shrunk; zero below two seasons."""
    n_rows, length = deviations.shape
    phases = torch.arange(-length, 0, device=mask.device) % season
    observed = mask.to(deviations.dtype)
    empty = deviations.new_zeros(n_rows, season)
    counts = empty.index_add(1, phases, observed)
    means = empty.index_add(1, phases, deviations * observed) / counts.clamp(min=1)
    means = means - means.mean(1, keepdim=True)
    n = observed.sum(1, keepdim=True)
    rest = ((deviations - means[:, phases]) * observed).square().sum(1, keepdim=True)
    within = rest / (n - season - 1).clamp(min=1)
    between = (means.square() * counts).sum(1, keepdim=True) / (season - 1)
    kept = torch.where(between > within, 1 - within / between, 0.0)
    return torch.where(n >= 2 * season, kept, 0.0) * means
