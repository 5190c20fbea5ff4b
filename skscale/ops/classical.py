"""Textbook forecasts of many series at once.

Contexts have shape ``(batch, length)``, the newest value last; a mask of that shape marks the left
padding of short series False. Every forecast is finite for finite values, a constant is forecast
as itself, and no row depends on another. No gradient flows. Work in float64 where the device
has it.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor

from skscale.ops.exponential import smooth
from skscale.ops.seasonal import Seasonality, seasonal_indices

__all__ = ["damped_line", "seasonal_naive", "textbook_lines", "theta_line"]

# Grids of the smoothing parameters. A forecast is the mean over the grid, each point weighted by
# its likelihood, so it does not jump where two points fit alike. Of M4's frequencies a grid of
# three times as many points helped yearly series alone, by 0.7 %.
_LEVEL = (0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0)
_TREND = (0.0, 0.1, 0.3)
_DAMPING = (0.8, 0.9, 0.95, 0.98)
_LEVELS = tuple((level, 0.0, 1.0) for level in _LEVEL)
_GRID = tuple(product(_LEVEL, _TREND, _DAMPING))
# Half the slope of the line through the series: theta = 2 (Assimakopoulos and Nikolopoulos, 2000).
_SLOPE_SHARE = 0.5


@torch.no_grad()
def seasonal_naive(context: Tensor, mask: Tensor, season: int, horizon: int) -> Tensor:
    """Value of one season ago; the last value where no whole season is observed.

    Parameters
    ----------
    context : Tensor of shape (batch, length)
        Values; those at False positions of the mask are ignored.
    mask : bool Tensor of shape (batch, length)
        False marks left padding.
    season : int
        Points of a season; 1 gives the naive forecast.
    horizon : int
        Steps to forecast.

    Returns
    -------
    Tensor of shape (batch, horizon)

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import seasonal_naive
    >>> x = torch.tensor([[1.0, 5.0, 2.0, 6.0]])
    >>> seasonal_naive(x, torch.ones_like(x, dtype=torch.bool), season=2, horizon=3)
    tensor([[2., 6., 2.]])
    """
    last = context[:, -1:].expand(-1, horizon)
    if season > context.shape[1]:
        return last.clone()
    steps = torch.arange(horizon, device=context.device) % season
    return torch.where(mask[:, -season, None], context[:, -season:][:, steps], last)


@torch.no_grad()
def theta_line(context: Tensor, mask: Tensor, season: int, horizon: int) -> Tensor:
    """Exponential smoothing of the deseasonalised series, plus half its slope.

    This is the Theta method in the form of Hyndman and Billah. The seasonal part is found by
    `seasonal_indices` and put back at the end.

    Parameters
    ----------
    context : Tensor of shape (batch, length)
        Values; those at False positions of the mask are ignored.
    mask : bool Tensor of shape (batch, length)
        False marks left padding.
    season : int
        Points of a season; 1 for none.
    horizon : int
        Steps to forecast.

    Returns
    -------
    Tensor of shape (batch, horizon)

    References
    ----------
    Assimakopoulos and Nikolopoulos (2000), The theta model: a decomposition approach to
    forecasting, International Journal of Forecasting 16. Hyndman and Billah (2003), Unmasking
    the Theta method, International Journal of Forecasting 19.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import theta_line
    >>> x = torch.arange(20.0, dtype=torch.float64)[None]
    >>> theta_line(x, torch.ones_like(x, dtype=torch.bool), season=1, horizon=2).round(decimals=2)
    tensor([[19.5..., 20.0...]], dtype=torch.float64)
    """
    return _theta(_Deseasonalised.of(context, mask, season), horizon)


@torch.no_grad()
def damped_line(context: Tensor, mask: Tensor, season: int, horizon: int) -> Tensor:
    """Exponential smoothing of level and slope of the deseasonalised series, the slope damped.

    Parameters
    ----------
    context : Tensor of shape (batch, length)
        Values; those at False positions of the mask are ignored.
    mask : bool Tensor of shape (batch, length)
        False marks left padding.
    season : int
        Points of a season; 1 for none.
    horizon : int
        Steps to forecast.

    Returns
    -------
    Tensor of shape (batch, horizon)

    References
    ----------
    Gardner and McKenzie (1985), Forecasting trends in time series, Management Science 31.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import damped_line
    >>> x = torch.arange(20.0, dtype=torch.float64)[None]
    >>> damped_line(x, torch.ones_like(x, dtype=torch.bool), season=1, horizon=2).round(decimals=1)
    tensor([[19.9000, 20.9000]], dtype=torch.float64)
    """
    return _damped(_Deseasonalised.of(context, mask, season), horizon)


@torch.no_grad()
def textbook_lines(context: Tensor, mask: Tensor, season: int, horizon: int) -> Tensor:
    """`theta_line` and `damped_line`, (batch, 2, horizon), the season found once for both.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops.classical import textbook_lines
    >>> x = torch.arange(20.0, dtype=torch.float64)[None]
    >>> textbook_lines(x, torch.ones_like(x, dtype=torch.bool), season=1, horizon=3).shape
    torch.Size([1, 2, 3])
    """
    series = _Deseasonalised.of(context, mask, season)
    return torch.stack((_theta(series, horizon), _damped(series, horizon)), 1)


class _Deseasonalised(NamedTuple):
    """Series without their season, as deviations from the last value over the largest of them."""

    z: Tensor
    mask: Tensor
    season: int
    location: Tensor
    scale: Tensor
    unit: Tensor
    seasonality: Seasonality

    @classmethod
    def of(cls, context: Tensor, mask: Tensor, season: int) -> _Deseasonalised:
        x, unit = _in_own_unit(context, mask)
        seasonality = seasonal_indices(x, mask, season)
        z, location, scale = _standardised(seasonality.remove(x), mask)
        return cls(z, mask, season, location, scale, unit, seasonality)

    def restored(self, line: Tensor) -> Tensor:
        """Forecast in the units of the series, from one of ``z``."""
        return _finite(self.seasonality.restore(self.location + self.scale * line) * self.unit)


def _theta(series: _Deseasonalised, horizon: int) -> Tensor:
    z, mask = series.z, series.mask
    level, _, errors = smooth(_begun(z, mask), _LEVELS)
    alpha = z.new_tensor(_LEVEL)
    n = mask.sum(1, keepdim=True)
    slope = _SLOPE_SHARE * _slope(z, mask)
    # The smoothed line lags behind a slope; this is what it has not yet caught up with.
    level = level + slope * (1 - (1 - alpha) ** n) / alpha
    start = (_likelihoods(errors, n) * level).sum(1, keepdim=True)
    return series.restored(start + slope * torch.arange(horizon, device=z.device))


def _damped(series: _Deseasonalised, horizon: int) -> Tensor:
    z, mask = series.z, series.mask
    # The first steps of a series with a season say nothing about its slope.
    first = _first_slope(z, mask) if series.season == 1 else None
    level, slope, errors = smooth(_begun(z, mask), _GRID, first)
    weights = _likelihoods(errors, mask.sum(1, keepdim=True))
    steps = torch.arange(1, horizon + 1, device=z.device)
    reach = (z.new_tensor(_GRID)[:, 2:] ** steps).cumsum(1)
    return series.restored((weights * level).sum(1, keepdim=True) + (weights * slope) @ reach)


def _in_own_unit(context: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Values over their largest size, so that no square leaves the range of numbers."""
    x = torch.where(mask, context, 0.0)
    unit = x.abs().amax(1, keepdim=True)
    unit = torch.where(unit > 0, unit, 1.0)
    return x / unit, unit


def _standardised(x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Deviations from the last value over the largest of them, the last value, and the largest."""
    location = x[:, -1:]
    deviation = torch.where(mask, x - location, 0.0)
    scale = deviation.abs().amax(1, keepdim=True)
    return deviation / torch.where(scale > 0, scale, 1.0), location, scale


def _slope(x: Tensor, mask: Tensor) -> Tensor:
    """Slope of the least-squares line through the observed values, (batch, 1)."""
    time = torch.arange(x.shape[1], device=x.device, dtype=x.dtype) * mask
    centred = (time - time.sum(1, keepdim=True) / mask.sum(1, keepdim=True).clamp(min=1)) * mask
    return (centred * x).sum(1, keepdim=True) / centred.square().sum(1, keepdim=True).clamp(min=1)


def _begun(z: Tensor, mask: Tensor) -> Tensor:
    """Series whose padding repeats their first value, which no smoothing takes for an error."""
    first = (z.shape[1] - mask.sum(1, keepdim=True)).clamp(max=z.shape[1] - 1)
    return torch.where(mask, z, z.gather(1, first))


def _first_slope(x: Tensor, mask: Tensor) -> Tensor:
    """Mean of the first four differences where each series begins, else zero."""
    both = mask[:, 1:] & mask[:, :-1]
    both = both & (both.cumsum(1) <= 4)
    total = ((x[:, 1:] - x[:, :-1]) * both).sum(1, keepdim=True)
    slope = total / both.sum(1, keepdim=True).clamp(min=1)
    return slope * (mask & (mask.cumsum(1) == 1))


def _likelihoods(errors: Tensor, n: Tensor) -> Tensor:
    """Weights that sum to one: Gaussian likelihoods, each with the variance of its own errors."""
    least = torch.finfo(errors.dtype).eps ** 2
    return torch.softmax(-n / 2 * errors.clamp(min=least).log(), dim=1)


def _finite(forecast: Tensor) -> Tensor:
    """Hold what left the range of numbers at its end."""
    limits = torch.finfo(forecast.dtype)
    return forecast.clamp(limits.min, limits.max)
