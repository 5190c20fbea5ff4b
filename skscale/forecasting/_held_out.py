"""What held-out windows tell of the errors of a forecast, and what is expected without them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import isotonic_regression
from scipy.special import expit, gammaln
from scipy.stats import t as student_t
from torch import Tensor

from skscale.forecasting._intervals import (
    LOGITS,
    Spread,
    TrainedOffsets,
    mean_change,
    observed_values,
    seasonal_changes,
)
from skscale.training import Windows
from skscale.training.data import spread_indices

__all__ = [
    "Errors",
    "Expected",
    "Forecast",
    "error_quantiles",
    "learn_spread",
    "mean_errors",
    "relative_errors",
    "trained_factor",
]

# Held-out windows chose the epoch and the blend, so that errors of forecasts are larger than
# theirs, the more the fewer there are; windows trained on tell less still.
_OPTIMISM, _FEW, _TRAINED_ON = 1.0, 4.0, 0.25
_MOST_WINDOWS, _MOST_ERRORS, _VALUES_AT_ONCE = 192, 2**19, 2**16
# Errors relative to their mean size, dense around zero.
_ERRORS = 100.0 * np.linspace(-1.0, 1.0, 1601) ** 3
_FURTHEST = 30.0  # error that counts, in typical errors: a few must not be the mean
_SLOWEST, _FASTEST = 0.25, 1.0  # power of the step by which widths grow beyond the horizon
_SMALLEST = 1e-9
_FARTHEST_FACTOR = 20.0
_HOURLY = (24, 48)  # seasons of hours and half hours


class Expected(NamedTuple):
    """What is expected of errors before any held-out window was seen, and what that weighs.

    Their mean absolute value is ``level * step**growth`` times that of the context's seasonal
    changes; relative to it they follow Student's t distribution with ``freedom`` degrees.
    The offsets of trained weights are right but for the factor ``trained``. ``for_width``,
    ``for_shape`` and ``for_trained`` are the numbers of windows that this counts as. The defaults
    are those of M4 series one by one; series without a season have trends that go on unseen.
    Trained weights saw a few hundred hourly series, and are too sure of all others.
    """

    level: float = 0.55
    growth: float = 0.35
    freedom: float = 4.0
    trained: float = 1.0
    for_width: float = 20.0
    for_shape: float = 15.0
    for_trained: float = 12.0

    @classmethod
    def of(cls, season: int) -> Expected:
        """What is expected of series with so many points of a season, 1 for none."""
        if season == 1:
            return cls(growth=0.9)
        return cls(trained=1.3) if season in _HOURLY else cls()


class Errors(NamedTuple):
    """Errors of windows.

    ``values``, in seasonal changes, ``weight`` and ``beyond`` have shape (n_windows, steps,
    n_channels). The weights of a step sum to the number of windows that are news there. ``beyond``
    is the error over the end of the trained weights' 80 % interval, nan where they take no part.
    ``typical`` is the seasonal change of every channel. ``chosen`` says which windows they are,
    of ``n_series`` series.
    """

    values: np.ndarray
    weight: np.ndarray
    beyond: np.ndarray
    typical: np.ndarray
    chosen: Tensor
    n_series: int

    @property
    def n_windows(self) -> float:
        """How many windows are news, at the step in the middle."""
        return _count(self.weight)


# Scaled forecasts of windows by their index, and what trained weights know of their errors.
Forecast = Callable[[Windows, Tensor], tuple[Tensor, TrainedOffsets | None]]


def learn_spread(forecast: Forecast, windows: Windows, season: int, trained_on: bool) -> Spread:
    """Learn how far series stray from a forecast.

    Parameters
    ----------
    forecast : callable
        As it was before it saw the targets of ``windows``.
    windows : Windows
        Held out; there may be none.
    season : int
    trained_on : bool
        Whether ``forecast`` has seen the targets all the same.
    """
    prior = Expected.of(season)
    errors = relative_errors(forecast, windows, season)
    width = mean_errors(errors, prior)
    shape = error_quantiles(errors.values / width, errors, prior)
    n = errors.n_windows
    optimism = 1 + _OPTIMISM / (n + _FEW) + _TRAINED_ON * trained_on
    growth = _growth(width, n / (n + prior.for_shape))
    factor = prior.trained if trained_on else trained_factor(errors, prior)
    n_of_one = n / max(errors.n_series, 1)
    spread = Spread(season, errors.typical, width * optimism, growth, shape, n_of_one)
    spread.trained_factor.fill_(factor)
    return spread


@torch.no_grad()
def relative_errors(forecast: Forecast, windows: Windows, season: int) -> Errors:
    """Errors of at most so many windows as tell enough, evenly spread."""
    T, n_channels = windows.prediction_length, windows.n_channels
    most = int(np.clip(_MOST_ERRORS // (T * n_channels), 64, _MOST_WINDOWS))
    index = spread_indices(windows, most)
    at_once = int(np.clip(_VALUES_AT_ONCE // (T * n_channels), 16, 256))
    if not len(index):
        empty = np.zeros((0, T, n_channels))
        return Errors(empty, empty, empty, np.ones(n_channels), index, 0)
    parts = [_errors_of(forecast, windows, i, season) for i in index.split(at_once)]
    error, observed, beyond, changes, count = (torch.cat(one) for one in zip(*parts, strict=True))
    series = windows.series_of(index)
    weight = observed * _news(series, len(windows) / len(index), T).unsqueeze(-1)
    typical = _typical(changes, count, weight.amax(dim=1))
    relative = error / mean_change(changes, count, typical).unsqueeze(1)
    relative = _bounded(torch.where(observed, relative, 0.0), weight)
    values, weights, ends, usual = (v.cpu().numpy() for v in (relative, weight, beyond, typical))
    return Errors(values, weights, ends, usual, index, len(series.unique()))


def _typical(changes: Tensor, count: Tensor, weight: Tensor) -> Tensor:
    """Mean change of the window in the middle, for every channel; one if there is none."""
    known = (count > 0) & (weight > 0) & (changes > 0)
    middle = torch.where(known, changes / count, torch.nan).nanmedian(dim=0).values
    return torch.where(middle > 0, middle, 1.0)


def _bounded(errors: Tensor, weight: Tensor) -> Tensor:
    """Errors, the few cut short that lie far beyond the others; zero for those not finite."""
    errors = errors.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)
    size = errors.abs()
    middle = torch.where((size > 0) & (weight > 0), size, torch.nan).nanmedian().nan_to_num()
    return errors.clamp(-_FURTHEST * middle, _FURTHEST * middle)


def _errors_of(
    forecast: Forecast, windows: Windows, index: Tensor, season: int
) -> tuple[Tensor, ...]:
    batch = windows.batch(index)
    observed = observed_values(batch.y, batch.y_mask) & (batch.scale > 0)
    ahead, trained = forecast(windows, index)
    error = (batch.y - ahead).double()
    beyond = torch.full_like(error, torch.nan)
    if trained is not None:
        beyond = torch.where(trained.share > 0, trained.beyond(error), beyond)
    changes, count = seasonal_changes(batch.x, batch.mask, season)
    return error, observed, beyond, changes.double(), count


def _news(series: Tensor, spacing: float, T: int) -> Tensor:
    """Weights, (n_windows, T), of windows that lie ``spacing`` points apart.

    Errors of ``h`` steps have shocks in common unless they begin ``h`` points apart: the windows of
    a series count as so many as do.
    """
    step = torch.arange(1, T + 1, device=series.device, dtype=torch.float64)
    count = torch.bincount(series)[series].double().unsqueeze(1)
    return torch.minimum(count, 1 + (count * spacing - 1).clamp(min=0) / step) / count


def mean_errors(errors: Errors, prior: Expected) -> np.ndarray:
    """Mean absolute relative error by step and channel, (steps, n_channels)."""
    counts = errors.weight.sum(axis=0)
    total = (np.abs(errors.values) * errors.weight).sum(axis=0)
    # Channels move together: they bring no windows of their own.
    n = counts.max(axis=1, initial=0.0)
    mean = total.sum(axis=1) / np.maximum(counts.sum(axis=1), _SMALLEST)
    drawn = _drawn(mean, _power_of_step(mean, n, prior), n, prior.for_width)
    # Neighbouring steps share what they know: widths that never fall.
    profile = isotonic_regression(drawn, weights=n + prior.for_width).x
    seen = (counts * profile[:, None]).sum(axis=0)
    level = total.sum(axis=0) / np.maximum(seen, _SMALLEST)
    return profile[:, None] * _drawn(level, 1.0, counts.max(axis=0, initial=0.0), prior.for_width)


def trained_factor(errors: Errors, prior: Expected) -> float:
    """Factor of the trained weights' offsets that leaves eight errors in ten within their 80 %."""
    weight = np.where(np.isnan(errors.beyond), 0.0, errors.weight)
    if not weight.any():
        return prior.trained
    order = np.argsort(errors.beyond, axis=None)
    below = weight.ravel()[order].cumsum()
    seen = errors.beyond.ravel()[order][np.searchsorted(below, 0.8 * below[-1])]
    seen = np.clip(seen, 1 / _FARTHEST_FACTOR, _FARTHEST_FACTOR)
    return float(_drawn(seen, prior.trained, _count(weight), prior.for_trained))


def _count(weight: np.ndarray) -> float:
    """Number of windows that are news at the step in the middle; channels bring none."""
    return float(np.median(weight.sum(axis=0).max(axis=1, initial=0.0)))


def _power_of_step(mean: np.ndarray, n: np.ndarray, prior: Expected) -> np.ndarray:
    """Power of the step through mean errors that ``n`` windows showed, drawn towards the prior."""
    step = np.log(np.arange(1, len(mean) + 1))
    expected = math.log(prior.level) + prior.growth * step
    if not n.any():
        return np.exp(expected)
    weight, seen = n / n.sum(), np.log(np.maximum(mean, _SMALLEST))
    distance = step - weight @ step
    slope = weight @ (distance * seen) / max(weight @ distance**2, _SMALLEST)
    share = n.mean() / (n.mean() + prior.for_width)
    return np.exp(share * (weight @ seen + slope * distance) + (1 - share) * expected)


def _drawn(
    seen: np.ndarray, expected: np.ndarray | float, n: np.ndarray | float, weight: float
) -> np.ndarray:
    """Geometric mean of what ``n`` windows showed and of what counts as ``weight`` windows."""
    share = n / (n + weight)
    return np.maximum(seen, _SMALLEST) ** share * np.asarray(expected) ** (1 - share)


def error_quantiles(values: np.ndarray, errors: Errors, prior: Expected) -> np.ndarray:
    """Quantiles of ``values`` with the weights of ``errors``, those of the prior mixed in."""
    order = np.argsort(values, axis=None)
    below = np.concatenate([[0.0], errors.weight.ravel()[order].cumsum()])
    below /= max(below[-1], _SMALLEST)
    seen = below[np.searchsorted(values.ravel()[order], _ERRORS, side="right")]
    expected = _expected_shares(prior.freedom)
    share = errors.n_windows / (errors.n_windows + prior.for_shape)
    found = np.interp(expit(LOGITS), share * seen + (1 - share) * expected, _ERRORS)
    # Forecasts may lie off the middle of the errors, and are the median all the same.
    return np.where(LOGITS < 0, np.minimum(found, 0), np.maximum(found, 0)) * (LOGITS != 0)


@cache
def _expected_shares(freedom: float) -> np.ndarray:
    """Share of errors below each of `_ERRORS`."""
    return student_t.cdf(_ERRORS * _mean_size(freedom), freedom)


def _mean_size(freedom: float) -> float:
    """Mean absolute value of Student's t distribution."""
    ratio = math.exp(gammaln((freedom + 1) / 2) - gammaln(freedom / 2))
    return 2 * math.sqrt(freedom / math.pi) * ratio / (freedom - 1)


def _growth(width: np.ndarray, share: float) -> float:
    """Power of the step by which widths grow: a half, drawn to that of late steps by ``share``."""
    last = len(width)
    if last == 1:
        return 0.5
    middle = last // 2
    slope = math.log(width[-1].mean() / width[middle - 1].mean()) / math.log(last / middle)
    return float(np.clip(share * slope + (1 - share) * 0.5, _SLOWEST, _FASTEST))
