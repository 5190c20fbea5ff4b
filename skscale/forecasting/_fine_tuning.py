"""Trained weights, trained further on the data."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from skscale.forecasting._history import Histories
from skscale.forecasting._prior import Prior
from skscale.forecasting._windows import Parts
from skscale.pretrained import TrainedNet, pinball
from skscale.training import Batch, Rows, Run, TrainingConfig, Windows, evaluate, train

__all__ = ["FineTuned", "fine_tuned"]

# Found on M4's choice series and on an electricity transformer: fine_tuned.csv in
# docs/results/pretraining.
_TRAINING = TrainingConfig(
    max_epochs=2, batch_size=64, learning_rate=1e-3, lr_schedule="onecycle", gradient_clip=1.0
)
# The newest windows teach most.
_BEFORE, _RECENT, _HELD_OUT = 6144, 8192, 1024
_AT_ONCE = 512
_SMALLEST = 1e-9


class FineTuned(NamedTuple):
    """Prior with the weights to use, and with those that have not seen the held-out windows.

    ``loss`` is the held-out loss of fine-tuned weights over that of the weights as they came; nan
    where nothing is held out. From one on, both priors are as they came.
    """

    prior: Prior
    held_out: Prior
    loss: float = math.nan


def fine_tuned(prior: Prior, parts: Parts, run: Run) -> FineTuned:
    """Train the net of ``prior`` on windows of the data.

    The mean of the weights before and after forecasts: better than either where the data are
    other than those of the first training, and hardly worse where they are not (Wortsman et al.
    2022, Robust fine-tuning of zero-shot models). They are trained on what lies before the held-out
    part, whose windows say whether that helped, and then on all.

    Parameters
    ----------
    prior : Prior
        Has a net; stays as it is.
    parts : Parts
    run : Run
        Its random numbers go on.
    """
    assert prior.net is not None
    run = run.minimising(_loss, name="trained_weights")
    before = _samples(prior, parts.training, _BEFORE, run)
    held_out = _samples(prior, parts.validation, _HELD_OUT, run)
    net = _OfRows(deepcopy(prior.net).requires_grad_(True))
    _train(net, before, run)
    first = _with(prior, net)
    loss = _loss_of(first, held_out, run) / max(_loss_of(prior, held_out, run), _SMALLEST)
    if loss >= 1:
        return FineTuned(prior, prior, loss)
    run = run.minimising(_loss, name="trained_weights_on_all")
    recent = _samples(prior, parts.recent, _RECENT, run)
    _train(net, Rows(torch.cat((before.values, recent.values))), run)
    return FineTuned(_with(prior, net), first, loss)


class _OfRows(nn.Module):
    """A trained network on rows of what it sees; behind that, rows hold what came."""

    def __init__(self, net: TrainedNet):
        super().__init__()
        self.net = net

    def forward(self, rows: Tensor) -> Tensor:
        n, ahead = self.net.context_length, self.net.prediction_length
        context, observed, textbook = rows[:, :-ahead].split([n, n, 2 * ahead], dim=1)
        return self.net.scaled(context, observed, textbook.unflatten(1, (2, ahead)))


def _loss(net: nn.Module, rows: Tensor) -> Tensor:
    quantiles = net(rows)
    return pinball(quantiles, rows[:, -quantiles.shape[1] :])


def _loss_of(prior: Prior, rows: Rows, run: Run) -> float:
    """Mean loss of the net of a prior; nan without rows."""
    assert prior.net is not None
    return evaluate(_OfRows(prior.net), rows, _TRAINING, run) if len(rows) else math.nan


def _train(net: _OfRows, rows: Rows, run: Run) -> None:
    if len(rows):
        train(net, rows, _TRAINING, None, run)


def _with(prior: Prior, net: _OfRows) -> Prior:
    """Return the prior with the mean of its weights and those of ``net``."""
    found = deepcopy(prior)
    assert found.net is not None
    with torch.no_grad():
        for one, other in zip(found.net.parameters(), net.net.parameters(), strict=True):
            one.lerp_(other, 0.5)
    found.tuned = True
    return found.eval()


@torch.no_grad()
def _samples(prior: Prior, windows: Windows, at_most: int, run: Run) -> Rows:
    """Rows of what the net sees of windows, channel by channel, at random, and of what came."""
    assert prior.net is not None
    n_channels, horizon = windows.n_channels, prior.net.prediction_length
    windows = windows.reaching_back(prior.history_length, horizon)
    chosen = torch.randperm(len(windows), generator=run.batches)[: -(-at_most // n_channels)]
    size, width = max(1, _AT_ONCE // n_channels), 2 * prior.net.context_length + 3 * horizon
    rows = [torch.zeros(0, width, device=windows.device)]
    if len(chosen):
        # All at once: where the data are not in memory, they are read once.
        batch = windows.batch(chosen.to(windows.device))
        blocks = (slice(i, i + size) for i in range(0, len(chosen), size))
        rows += [_rows(prior, batch.take(block)) for block in blocks]
    return Rows(torch.cat(rows))


def _rows(prior: Prior, batch: Batch) -> Tensor:
    """Rows of those channels of a batch that move, go on and count."""
    assert prior.net is not None
    history = Histories.of(batch, prior.season)
    inputs = prior.net.inputs(history.values, history.shown)
    y = batch.y * batch.scale + batch.location
    if batch.y_mask is not None:
        shown = batch.y_mask if batch.y_mask.dim() == 3 else batch.y_mask.unsqueeze(2)
        y = y.masked_fill(~shown, torch.nan)
    target = (y.transpose(1, 2).flatten(0, 1) - inputs.location) / inputs.scale
    seen = (inputs.context, inputs.observed, inputs.textbook.flatten(1))
    rows = torch.cat((*seen, target.float()), dim=1)
    chosen = (inputs.scale.squeeze(1) > 0) & target.isfinite().any(dim=1)
    if history.behind is not None:
        # Targets must follow the last value.
        chosen &= history.behind.squeeze(1) == 0
    if batch.weight is not None:
        counts = (batch.weight > 0).flatten(1).any(dim=1)
        chosen &= counts.repeat_interleave(batch.y.shape[2])
    return rows[chosen]
