"""The training loop: short verbs over windows that already lie on the device."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from skscale.training.compilation import CompiledNet
from skscale.training.config import History, NonFiniteLossError, TrainingConfig
from skscale.training.data import BatchSource
from skscale.training.losses import get_loss
from skscale.training.optimizer import Adam, Rates, schedule
from skscale.training.runtime import Runtime
from skscale.training.windows import Batch, Windows

__all__ = [
    "Objective",
    "evaluate",
    "forecast_objective",
    "forward",
    "predict",
    "series_errors",
    "train",
]

# What a step minimises, from a network and a batch; ``net.training`` tells steps from validation.
Objective = Callable[[Any, Any], Tensor]

_VALUES_AT_ONCE = 2**20  # of a pass without gradients


class _Step(NamedTuple):
    """What a training step needs besides its batch and its rates."""

    net: nn.Module
    forward: nn.Module | CompiledNet
    objective: Objective
    optimizer: Adam
    clip: float
    runtime: Runtime


@torch.enable_grad()
def train(
    net: nn.Module,
    windows: BatchSource,
    config: TrainingConfig,
    validation: BatchSource | None = None,
    generator: torch.Generator | None = None,
    verbose: int = 0,
    objective: Objective | None = None,
    runtime: Runtime | None = None,
) -> History:
    """Train ``net`` in place and leave it with its best weights.

    Parameters
    ----------
    net : Module
        ``net(x, past_features, future_features, mask)`` gives the forecast.
    windows : Windows or other BatchSource
        Training windows, on the device of ``net``.
    config : TrainingConfig
    validation : Windows or other BatchSource, optional
        Chooses the epoch whose weights are kept, and stops early. None keeps the last.
    generator : torch.Generator, optional
        Draws the batches, on the CPU.
    verbose : int, default=0
        1 shows a progress bar.
    objective : callable, optional
        ``objective(net, batch)`` is minimised, in place of ``config.loss`` of the forecast.
    runtime : Runtime, optional
        Precision and processes; one process in float32 by default.

    Returns
    -------
    History

    Raises
    ------
    NonFiniteLossError
        If a loss is nan or infinite; names epoch and step.
    """
    runtime = runtime or Runtime(windows.device)
    objective = objective or forecast_objective(config.loss)
    history = History()
    step = _prepare(net, config, objective, runtime, history)
    steps = _steps_per_epoch(windows, config)
    rates_at = schedule(config.lr_schedule, config.learning_rate, config.max_epochs, steps)
    best, best_state = math.inf, None
    hidden = not (verbose and runtime.is_first)
    bar = tqdm(total=config.max_epochs * steps, disable=hidden, unit="step")
    for epoch in range(config.max_epochs):
        started = perf_counter()
        rates = [rates_at(epoch * steps + i) for i in range(steps)]
        history.learning_rate.append(rates[0].learning_rate)
        order = _order(windows, config.batch_size, steps, generator)
        losses = runtime.mean(_train_epoch(step, windows, order, rates, bar))
        history.train_loss.append(_checked_mean(losses, epoch, config))
        if validation is not None and len(validation):
            history.valid_loss.append(evaluate(step.net, validation, config, objective, runtime))
        history.seconds.append(perf_counter() - started)
        bar.set_postfix(loss=f"{history.train_loss[-1]:.4g}")
        if not history.valid_loss:
            history.best_epoch = epoch
        elif history.valid_loss[-1] < best:
            best, history.best_epoch = history.valid_loss[-1], epoch
            best_state = {name: value.clone() for name, value in net.state_dict().items()}
        elif epoch - history.best_epoch >= config.patience:
            break
    bar.close()
    if best_state is not None:
        net.load_state_dict(best_state)
    net.eval()
    return history


def forward(net: nn.Module | CompiledNet, batch: Batch) -> Tensor:
    """Forecast of a batch, in scaled units.

    A network gets the columns it reads, the first ``net.n_past_features`` of the past and
    ``net.n_future_features`` of the future.
    """
    past, future = batch.past_features, batch.future_features
    if past is not None:
        past = past[..., : net.n_past_features] if net.n_past_features else None
    if future is not None:
        future = future[..., : net.n_future_features] if net.n_future_features else None
    return net(batch.x, past, future, batch.mask)


def forecast_objective(name: str) -> Objective:
    """Loss ``name`` of the forecast of a batch."""
    loss = get_loss(name)
    return lambda net, batch: loss(forward(net, batch), batch)


@torch.no_grad()
def evaluate(
    net: nn.Module,
    windows: BatchSource,
    config: TrainingConfig,
    objective: Objective | None = None,
    runtime: Runtime | None = None,
) -> float:
    """Mean loss over all ``windows``, of the forecast unless ``objective`` says otherwise."""
    runtime = runtime or Runtime(windows.device)
    objective = objective or forecast_objective(config.loss)
    net.eval()
    total = torch.zeros((), dtype=torch.float64, device=windows.device)
    chosen = _spread_indices(windows, config.validation_windows)
    for index in chosen.split(_evaluation_batch(windows, config)):
        part, weight = runtime.share(index, windows)
        total += objective(net, windows.batch(part)) * (weight * len(index))
    return float(runtime.mean(total)) / len(chosen)


@torch.no_grad()
def series_errors(
    net: nn.Module, windows: Windows, config: TrainingConfig
) -> tuple[Tensor, Tensor]:
    """Mean absolute error of every series over all ``windows``, or ``config``'s number of them.

    Returns
    -------
    errors, counts : float64 Tensor of shape (n_series, n_channels)
        In scaled units, and over how many values; zero where nothing was forecast.
    """
    net.eval()
    size = windows.buffer.location.shape
    totals = torch.zeros(2, *size, dtype=torch.float64, device=windows.device)
    chosen = _spread_indices(windows, config.validation_windows)
    for index in chosen.split(_evaluation_batch(windows, config)):
        batch = windows.batch(index)
        error = (forward(net, batch) - batch.y).abs().to(torch.float64)
        observed = torch.ones_like(error)
        if batch.y_mask is not None:
            observed *= batch.y_mask.unsqueeze(-1)
        both = torch.stack([(error * observed).sum(1), observed.sum(1)])
        totals.index_add_(1, windows.series_of(index), both)
    return totals[0] / totals[1].clamp(min=1), totals[1]


@torch.no_grad()
def predict(net: nn.Module, windows: Windows, batch_size: int = 256) -> Tensor:
    """Forecasts of all ``windows``, (n_windows, prediction_length, n_channels), scaled units."""
    net.eval()
    indices = _spread_indices(windows, None).split(batch_size)
    batches = (windows.batch(index) for index in indices)
    return torch.cat([forward(net, batch) for batch in batches])


def _prepare(
    net: nn.Module,
    config: TrainingConfig,
    objective: Objective,
    runtime: Runtime,
    history: History,
) -> _Step:
    optimizer = Adam(net.parameters(), config.weight_decay)
    net = runtime.wrap(net)
    compiled = CompiledNet(net, history.notes.append) if config.compile else net
    return _Step(net, compiled, objective, optimizer, config.gradient_clip, runtime)


def _train_epoch(
    step: _Step, windows: BatchSource, order: tuple[Tensor, ...], rates: list[Rates], bar: tqdm
) -> Tensor:
    """Losses of all steps; nothing here waits for the device."""
    step.net.train()
    losses = []
    for index, now in zip(order, rates, strict=True):
        part, weight = step.runtime.share(index, windows)
        losses.append(_train_step(step, windows.batch(part), weight, now))
        bar.update()
    return torch.stack(losses)


def _train_step(step: _Step, batch: Any, weight: Tensor | float, rates: Rates) -> Tensor:
    step.optimizer.zero_grad()
    value = step.objective(step.forward, batch) * weight
    step.runtime.backward(value)
    if step.clip:
        nn.utils.clip_grad_norm_(step.optimizer.parameters, step.clip)
    step.optimizer.step(rates)
    return value.detach()


def _checked_mean(losses: Tensor, epoch: int, config: TrainingConfig) -> float:
    finite = losses.isfinite()
    if not finite.all():
        step = int((~finite).to(torch.uint8).argmax())
        raise NonFiniteLossError(
            f"the {config.loss} loss became {float(losses[step])} in epoch {epoch + 1}, step "
            f"{step + 1}; learning_rate={config.learning_rate} is the likely cause: lower it, or "
            f"bound the gradient with gradient_clip"
        )
    return float(losses.mean())


def _steps_per_epoch(windows: BatchSource, config: TrainingConfig) -> int:
    whole = -(-len(windows) // config.batch_size)
    return whole if config.steps_per_epoch is None else min(whole, config.steps_per_epoch)


def _order(
    windows: BatchSource, batch_size: int, steps: int, generator: torch.Generator | None
) -> tuple[Tensor, ...]:
    """Indices of ``steps`` batches in random order, on the device; the last may be short."""
    n, device = len(windows), windows.device
    if steps * batch_size >= n:
        order = torch.randperm(n, generator=generator)
    else:
        order = _distinct(n, steps * batch_size, generator)
    return order.to(device).split(batch_size)


def _distinct(n: int, k: int, generator: torch.Generator | None) -> Tensor:
    """``k`` of ``n`` numbers at random; draws with replacement when repeats are rare anyway."""
    if k * 50 > n:
        return torch.randperm(n, generator=generator)[:k]
    return torch.randint(n, (k,), generator=generator)


def _evaluation_batch(windows: BatchSource, config: TrainingConfig) -> int:
    """Windows of a pass without gradients: more than of a step, unless they are large."""
    return max(config.batch_size, min(256, _VALUES_AT_ONCE // windows.sample_size))


def _spread_indices(windows: BatchSource, at_most: int | None) -> Tensor:
    """All indices in order, or ``at_most`` of them evenly spread."""
    n, device = len(windows), windows.device
    if at_most is None or n <= at_most:
        return torch.arange(n, device=device)
    return torch.linspace(0, n - 1, at_most, device=device, dtype=torch.float64).long()
