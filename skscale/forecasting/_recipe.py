"""How a network is fitted by default: as the correction of a linear forecast."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from skscale.forecasting._data import Layout
from skscale.nn.linear import CorrectedForecast, LinearForecast, reference_maps
from skscale.training import (
    History,
    Run,
    TrainingConfig,
    Windows,
    fit_linear_maps,
    series_errors,
    train,
)

__all__ = ["fit_correction"]

_PENALTIES = (0.003, 0.03, 0.3, 3.0)
# Weights fall with the eighth power of the held-out error: candidates within a tenth of the
# best share, those half as good again drop out. Errors over more series are surer: the power
# grows by as much again with every factor of ten.
_POWER = 8.0
# Mean errors below a hundredth of a series' unit are all alike: where a series stays flat, the
# linear candidates make none at all, and no other must drop out for a trace of one.
_SMALLEST = 0.01


def fit_correction(
    network: nn.Module,
    parts: tuple[Windows, Windows, Windows],
    layout: Layout,
    config: TrainingConfig,
    run: Run,
) -> tuple[CorrectedForecast, History]:
    """Train ``network`` on what a linear forecast leaves, and weigh the candidates.

    Candidates are the textbook forecasts of `reference_maps`, a ridge regression of the
    horizon on the context, shrunk towards the seasonal naive forecast, and that
    regression corrected by the network. Their weights follow from their errors on held-out
    windows. All but the network are linear, so that the sum is one linear map and a share
    of the network's correction.

    Parameters
    ----------
    network : Module
        Trained in place.
    parts : tuple of three Windows
        Before the held-out part, within it, and both; the last refits the regression.
    layout : Layout
    config : TrainingConfig
    run : Run

    Returns
    -------
    CorrectedForecast, History
    """
    windows, validation, everything = parts
    channels = windows.buffer.values.shape[1]
    maps = reference_maps(layout.context_length, layout.prediction_length, layout.season_length)
    prior = maps["seasonal_naive"]

    def linear(weight: Tensor) -> LinearForecast:
        return LinearForecast(weight, channels).to(windows.device)

    if not len(validation):
        history = train(network, windows, config, run=run)
        references = _distinct(maps.values())
        n = len(references) + 1
        shares = torch.full((n,), 1 / n, dtype=torch.float64)
        return _combined(references, prior, shares, network, channels), history
    regressions = fit_linear_maps(windows, prior, _PENALTIES, layout.season_length)
    errors, _ = _relative_errors(map(linear, regressions), validation, config)
    best = int(errors.argmin())
    base = linear(regressions[best])
    corrected = CorrectedForecast(base, network).to(windows.device)
    history = train(corrected, windows, config, validation, run)
    (regression,) = fit_linear_maps(
        everything, prior, _PENALTIES[best : best + 1], layout.season_length
    )
    # Without a whole window the regression is a reference itself.
    references = _distinct([regressions[best].to("cpu", torch.float64), *maps.values()])[1:]
    candidates = [*map(linear, references), base, corrected]
    errors, n_series = _relative_errors(candidates, validation, config)
    shares = _shares(errors, _POWER * (1 + math.log10(max(n_series, 1))))
    return _combined([*references, regression], regression, shares, network, channels), history


def _distinct(maps: Iterable[Tensor]) -> list[Tensor]:
    """Leave repeated maps out: without a season, three of them are the last value."""
    found: list[Tensor] = []
    for one in maps:
        if not any(torch.equal(one, other) for other in found):
            found.append(one)
    return found


def _relative_errors(
    models: Iterable[nn.Module], validation: Windows, config: TrainingConfig
) -> tuple[Tensor, int]:
    """Error of every model relative to the mean of all, series by series, and how many those are.

    So every series and channel counts by its number of values, whatever its errors are: in a
    panel, those of a few that leave the range seen in training are larger than all others
    together. Constant ones do not count, whatever the network says of them.
    """
    found = [series_errors(model, validation, config) for model in models]
    errors = torch.stack([error for error, _ in found])
    counts = found[0][1] * (validation.buffer.scale > 0)
    relative = errors / errors.mean(dim=0).clamp(min=_SMALLEST)
    weighted = (relative * counts).sum(dim=(1, 2)) / counts.sum().clamp(min=1)
    return weighted.cpu(), int(counts.any(dim=1).sum())


def _shares(errors: Tensor, power: float) -> Tensor:
    """Weights that sum to one."""
    weights = ((errors.min() + 1e-9) / (errors + 1e-9)) ** power
    return weights / weights.sum()


def _combined(
    candidates: list[Tensor], base: Tensor, shares: Tensor, network: nn.Module, channels: int
) -> CorrectedForecast:
    """One linear map and a share of the correction; the network's own base is ``base``."""
    device = base.device
    stacked = torch.stack([c.to(device, torch.float64) for c in [*candidates, base]])
    total = torch.tensordot(shares.to(device), stacked, dims=1)
    linear = LinearForecast(total, channels).to(next(network.parameters()).device)
    return CorrectedForecast(linear, network, share=float(shares[-1]))
