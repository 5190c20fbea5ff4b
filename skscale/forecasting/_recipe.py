"""How a network is fitted by default: as the correction of a linear forecast."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from skscale.forecasting._data import Layout
from skscale.nn.linear import CorrectedForecast, LinearForecast, reference_maps
from skscale.training import (
    History,
    Objective,
    Runtime,
    TrainingConfig,
    Windows,
    evaluate,
    fit_linear_maps,
    train,
)

__all__ = ["fit_correction"]

_PENALTIES = (0.003, 0.03, 0.3, 3.0)
# Weights fall with the eighth power of the held-out error: candidates within a tenth of the
# best share, those half as good again drop out.
_POWER = 8.0


def fit_correction(
    network: nn.Module,
    windows: Windows,
    validation: Windows,
    everything: Windows,
    layout: Layout,
    config: TrainingConfig,
    generator: torch.Generator,
    verbose: int,
    runtime: Runtime,
    objective: Objective | None = None,
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
    windows, validation, everything : Windows
        Before the held-out part, within it, and both; the last refits the regression.
    layout : Layout
    config : TrainingConfig
    generator : Generator
    verbose : int
    runtime : Runtime
    objective : callable, optional
        As in `skscale.training.train`.

    Returns
    -------
    CorrectedForecast, History
    """
    channels = windows.buffer.values.shape[1]
    scoring = replace(config, loss="mae")
    maps = reference_maps(layout.context_length, layout.prediction_length, layout.season_length)
    prior = maps["seasonal_naive"]

    def error(model: nn.Module) -> float:
        return evaluate(model.to(windows.buffer.values.device), validation, scoring)

    if not len(validation):
        history = train(network, windows, config, None, generator, verbose, runtime, objective)
        shares = torch.full((len(maps) + 1,), 1 / (len(maps) + 1), dtype=torch.float64)
        return _combined(list(maps.values()), prior, shares, network, channels), history
    regressions = fit_linear_maps(windows, prior, _PENALTIES, layout.season_length)
    errors = [error(LinearForecast(weight, channels)) for weight in regressions]
    best = errors.index(min(errors))
    corrected = CorrectedForecast(LinearForecast(regressions[best], channels), network)
    corrected = corrected.to(windows.buffer.values.device)
    history = train(corrected, windows, config, validation, generator, verbose, runtime, objective)
    (regression,) = fit_linear_maps(
        everything, prior, _PENALTIES[best : best + 1], layout.season_length
    )
    candidates = [*maps.values(), regression]
    found = [error(LinearForecast(weight, channels)) for weight in maps.values()]
    shares = _shares([*found, errors[best], error(corrected)])
    return _combined(candidates, regression, shares, network, channels), history


def _shares(errors: list[float]) -> Tensor:
    """Weights that sum to one; all alike where all errors are zero."""
    values = torch.tensor(errors, dtype=torch.float64)
    ratio = (values.min() + 1e-9) / (values + 1e-9)
    return ratio**_POWER / (ratio**_POWER).sum()


def _combined(
    candidates: list[Tensor], base: Tensor, shares: Tensor, network: nn.Module, channels: int
) -> CorrectedForecast:
    """One linear map and a share of the correction; the network's own base is ``base``."""
    device = base.device
    stacked = torch.stack([c.to(device, torch.float64) for c in [*candidates, base]])
    total = torch.tensordot(shares.to(device), stacked, dims=1)
    linear = LinearForecast(total, channels).to(next(network.parameters()).device)
    return CorrectedForecast(linear, network, share=float(shares[-1]))
