"""Intervals by a network: a head that stretches errors by what the window looks like."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn

from skscale.forecasting._held_out import (
    Errors,
    Expected,
    Forecast,
    error_quantiles,
    mean_errors,
    relative_errors,
)
from skscale.forecasting._intervals import Spread, observed_values
from skscale.forecasting._windows import Parts
from skscale.nn import QuantileHead
from skscale.training import Rows, Run, TrainingConfig, Windows, train

__all__ = ["with_quantile_head"]

_ALPHA = (0.025, 0.05, 0.1, 0.25, 0.75, 0.9, 0.95, 0.975)
_FURTHEST = 100.0  # error that training looks at, in mean errors
_SMALLEST = 1e-9
_TRAINING = TrainingConfig(
    max_epochs=15,
    batch_size=64,
    learning_rate=3e-3,
    lr_schedule="onecycle",
    gradient_clip=1.0,
    patience=5,
)


def with_quantile_head(spread: Spread, forecast: Forecast, parts: Parts, run: Run) -> Spread:
    """Train a head on the errors of the training windows, and calibrate it on those held out.

    It minimises the pinball loss of eight quantiles and starts from those of ``spread``, which it
    keeps where held-out errors do not confirm it. Errors of either part are relative to their own
    mean at every step: those of windows trained on are smaller, but alike.

    Parameters
    ----------
    spread : Spread
        Learned from the held-out windows.
    forecast : callable
        What it is the spread of.
    parts : Parts
    run : Run
        Its random numbers go on.
    """
    device = parts.training.device
    season, prior = spread.season, Expected.of(spread.season)
    training = relative_errors(forecast, parts.training, season)
    held_out = relative_errors(forecast, parts.validation, season)
    if not len(training.chosen):
        return spread
    with run.numbers:
        head = QuantileHead(parts.training.context_length, parts.training.prediction_length)
    head, spread = head.to(device), deepcopy(spread).to(device)
    samples = [
        _samples(spread, windows, errors, errors.values / mean_errors(errors, prior))
        for windows, errors in ((parts.training, training), (parts.validation, held_out))
    ]
    sizes = [parts.training.context_length] * 2 + [parts.training.prediction_length] * 2
    errors, alpha = spread.errors_at(_ALPHA).to(device), torch.tensor(_ALPHA, device=device)

    def pinball(net: nn.Module, rows: Tensor) -> Tensor:
        x, mask, error, weight = rows.split(sizes, dim=1)
        quantiles = QuantileHead.stretched(net(x, mask > 0), errors)
        away, level = error - quantiles, alpha.reshape(-1, 1, 1, 1)
        loss = torch.maximum(level * away, (level - 1) * away).mean(dim=0)
        return (loss * weight).sum() / weight.sum().clamp(min=_SMALLEST)

    train(head, samples[0], _TRAINING, samples[1], run.minimising(pinball, name="quantile_head"))
    known, rows = (held_out, samples[1]) if len(held_out.chosen) else (training, samples[0])
    spread.head, spread.shape = head, _calibrated(head, rows, known, sizes, prior)
    return spread


def _samples(spread: Spread, windows: Windows, errors: Errors, relative: np.ndarray) -> Rows:
    """Contexts in typical changes, which of them are observed, errors and their weights."""
    if not len(errors.chosen):
        return Rows(spread.width.new_zeros(0, 1, 1))
    batch = windows.batch(errors.chosen)
    x = batch.x / spread.typical
    mask = observed_values(batch.x, batch.mask)
    bounded = np.clip(relative, -_FURTHEST, _FURTHEST)
    rest = (torch.from_numpy(part).to(x) for part in (bounded, errors.weight))
    return Rows(torch.cat([x, mask.to(x.dtype), *rest], dim=1))


@torch.no_grad()
def _calibrated(
    head: QuantileHead, rows: Rows, errors: Errors, sizes: list[int], prior: Expected
) -> Tensor:
    """Quantiles of errors before the head stretches them."""
    x, mask, error, _ = rows.values.split(sizes, dim=1)
    found = QuantileHead.shrunk(head(x, mask > 0), error).cpu().numpy()
    return torch.from_numpy(error_quantiles(found, errors, prior)).to(x.device)
