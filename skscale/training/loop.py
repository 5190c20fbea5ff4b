"""The training loop: short verbs over windows that already lie on the device."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR
from tqdm.auto import tqdm

from skscale.training.data import BatchSource
from skscale.training.losses import get_loss
from skscale.training.windows import Batch, Windows

__all__ = [
    "History",
    "NonFiniteLossError",
    "Objective",
    "TrainingConfig",
    "evaluate",
    "forecast_objective",
    "forward",
    "predict",
    "train",
]

SCHEDULES = ("constant", "halving", "cosine", "onecycle")

# What a step minimises, from a network and a batch; ``net.training`` tells steps from validation.
Objective = Callable[[nn.Module, Any], Tensor]


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of a training run.

    Parameters
    ----------
    loss : {"mse", "mae", "huber", "smape", "mase"}, default="mse"
        Training and validation loss.
    max_epochs : int, default=10
        Passes over the training windows.
    batch_size : int, default=32
        Windows per step.
    learning_rate : float, default=1e-3
        Initial rate of Adam; the peak for ``"onecycle"``.
    lr_schedule : {"constant", "halving", "cosine", "onecycle"}, default="constant"
        ``"halving"`` halves the rate after every epoch, as the papers' long-term runs do;
        ``"cosine"`` falls to zero; ``"onecycle"`` is torch's ``OneCycleLR``, rising for a fifth of
        the steps.
    weight_decay : float, default=0.0
        Decoupled weight decay (AdamW).
    gradient_clip : float, default=0.0
        Bound on the gradient's norm; 0 for none.
    patience : int, default=3
        Epochs without a better validation loss before training stops.
    steps_per_epoch : int or None, default=None
        Steps of one epoch; None for all windows once. Fewer are drawn at random.
    validation_windows : int or None, default=None
        At most so many windows, evenly spread, validate after an epoch; None for all.
    """

    loss: str = "mse"
    max_epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 1e-3
    lr_schedule: str = "constant"
    weight_decay: float = 0.0
    gradient_clip: float = 0.0
    patience: int = 3
    steps_per_epoch: int | None = None
    validation_windows: int | None = None

    def __post_init__(self) -> None:
        """Check every setting; ValueError names the first that is wrong."""
        get_loss(self.loss)
        if self.lr_schedule not in SCHEDULES:
            raise ValueError(f"lr_schedule must be one of {SCHEDULES}, got {self.lr_schedule!r}")
        optional = ("steps_per_epoch", "validation_windows")
        for name in ("max_epochs", "batch_size", "patience", *optional):
            value = getattr(self, name)
            if name in optional and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be a positive integer, got {value!r}")
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise ValueError(f"learning_rate must be positive, got {self.learning_rate!r}")
        for name in ("weight_decay", "gradient_clip"):
            value = getattr(self, name)
            if not (value >= 0 and math.isfinite(value)):
                raise ValueError(f"{name} must not be negative, got {value!r}")


@dataclass
class History:
    """Losses per epoch; ``best_epoch`` counts from 0."""

    train_loss: list[float] = field(default_factory=list)
    valid_loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    best_epoch: int = 0


class NonFiniteLossError(RuntimeError):
    """Training met a loss that is nan or infinite."""


def train(
    net: nn.Module,
    windows: BatchSource,
    config: TrainingConfig,
    validation: BatchSource | None = None,
    generator: torch.Generator | None = None,
    verbose: int = 0,
    objective: Objective | None = None,
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

    Returns
    -------
    History

    Raises
    ------
    NonFiniteLossError
        If a loss is nan or infinite; names epoch and step.
    """
    objective = objective or forecast_objective(config.loss)
    optimizer = _optimizer(net, config)
    steps = _steps_per_epoch(windows, config)
    scheduler = _scheduler(optimizer, config, steps)
    history = History()
    best, best_state = math.inf, None
    bar = tqdm(total=config.max_epochs * steps, disable=not verbose, unit="step")
    for epoch in range(config.max_epochs):
        started = perf_counter()
        history.learning_rate.append(optimizer.param_groups[0]["lr"])
        batches = _batches(windows, config.batch_size, steps, generator)
        losses = _train_epoch(net, batches, objective, optimizer, scheduler, config, bar)
        history.train_loss.append(_checked_mean(losses, epoch, config))
        if validation is not None and len(validation):
            history.valid_loss.append(evaluate(net, validation, config, objective))
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


def forward(net: nn.Module, batch: Batch) -> Tensor:
    """Forecast of a batch, in scaled units.

    A network may know less of the future than of the past: it gets the first
    ``net.n_future_features`` columns.
    """
    future = batch.future_features
    if future is not None:
        future = future[..., : net.n_future_features] if net.n_future_features else None
    return net(batch.x, batch.past_features, future, batch.mask)


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
) -> float:
    """Mean loss over all ``windows``, of the forecast unless ``objective`` says otherwise."""
    net.eval()
    objective = objective or forecast_objective(config.loss)
    total = torch.zeros((), dtype=torch.float64, device=windows.device)
    chosen = _spread_indices(windows, config.validation_windows)
    for index in chosen.split(config.batch_size):
        batch = windows.batch(index)
        total += objective(net, batch) * len(index)
    return float(total) / len(chosen)


@torch.no_grad()
def predict(net: nn.Module, windows: Windows, batch_size: int = 256) -> Tensor:
    """Forecasts of all ``windows``, (n_windows, prediction_length, n_channels), scaled units."""
    net.eval()
    indices = _spread_indices(windows, None).split(batch_size)
    batches = (windows.batch(index) for index in indices)
    return torch.cat([forward(net, batch) for batch in batches])


def _train_epoch(
    net: nn.Module,
    batches: Iterator[Any],
    objective: Objective,
    optimizer: torch.optim.Optimizer,
    scheduler: LRScheduler,
    config: TrainingConfig,
    bar: tqdm,
) -> Tensor:
    """Losses of all steps; nothing here waits for the device."""
    net.train()
    losses = []
    for batch in batches:
        losses.append(_train_step(net, batch, objective, optimizer, config.gradient_clip))
        scheduler.step()
        bar.update()
    return torch.stack(losses)


def _train_step(
    net: nn.Module,
    batch: Any,
    objective: Objective,
    optimizer: torch.optim.Optimizer,
    clip: float,
) -> Tensor:
    optimizer.zero_grad()
    value = objective(net, batch)
    value.backward()
    if clip:
        nn.utils.clip_grad_norm_(net.parameters(), clip)
    optimizer.step()
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


def _optimizer(net: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    return Adam(
        net.parameters(),
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        decoupled_weight_decay=True,
        fused=True,
    )


def _scheduler(optimizer: torch.optim.Optimizer, config: TrainingConfig, steps: int) -> LRScheduler:
    """Learning rate of every step."""
    total = config.max_epochs * steps
    if config.lr_schedule == "onecycle":
        rise = max(0.2, 1 / total)  # at least one step
        return OneCycleLR(optimizer, config.learning_rate, total_steps=total + 1, pct_start=rise)
    factor = {
        "constant": lambda step: 1.0,
        "halving": lambda step: 0.5 ** (step // steps),
        "cosine": lambda step: 0.5 * (1 + math.cos(math.pi * step / total)),
    }[config.lr_schedule]
    return LambdaLR(optimizer, factor)


def _steps_per_epoch(windows: BatchSource, config: TrainingConfig) -> int:
    whole = -(-len(windows) // config.batch_size)
    return whole if config.steps_per_epoch is None else min(whole, config.steps_per_epoch)


def _batches(
    windows: BatchSource, batch_size: int, steps: int, generator: torch.Generator | None
) -> Iterator[Any]:
    """Yield ``steps`` batches in random order; the last may be short."""
    n, device = len(windows), windows.device
    if steps * batch_size >= n:
        order = torch.randperm(n, generator=generator)
    else:
        order = _distinct(n, steps * batch_size, generator)
    for index in order.to(device).split(batch_size):
        yield windows.batch(index)


def _distinct(n: int, k: int, generator: torch.Generator | None) -> Tensor:
    """``k`` of ``n`` numbers at random; draws with replacement when repeats are rare anyway."""
    if k * 50 > n:
        return torch.randperm(n, generator=generator)[:k]
    return torch.randint(n, (k,), generator=generator)


def _spread_indices(windows: BatchSource, at_most: int | None) -> Tensor:
    """All indices in order, or ``at_most`` of them evenly spread."""
    n, device = len(windows), windows.device
    if at_most is None or n <= at_most:
        return torch.arange(n, device=device)
    return torch.linspace(0, n - 1, at_most, device=device, dtype=torch.float64).long()
