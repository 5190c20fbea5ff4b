"""The training loop: short verbs over windows that already lie on the device."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from time import perf_counter
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from skscale.training.best_weights import BestWeights
from skscale.training.callbacks import Watch
from skscale.training.capture import CapturedWork, is_recordable
from skscale.training.checkpoint import TrainingState, generators_of
from skscale.training.compilation import CompiledNet
from skscale.training.config import History, NonFiniteLossError, TrainingConfig
from skscale.training.data import BatchSource
from skscale.training.evaluation import evaluate
from skscale.training.objective import Objective
from skscale.training.optimizer import Adam, Rates, schedule
from skscale.training.progress import progress_bar
from skscale.training.randomness import StepNumbers, seeded_globally
from skscale.training.run import Run
from skscale.training.runtime import Runtime

__all__ = ["train"]


class _Step(NamedTuple):
    """What a training step needs besides its batch and its rates."""

    net: nn.Module
    gradients: Callable[[Tensor], Tensor]  # sets those of a batch, gives its loss
    optimizer: Adam
    runtime: Runtime
    numbers: StepNumbers
    watch: Watch


@torch.inference_mode(False)
@torch.enable_grad()
def train(
    net: nn.Module,
    windows: BatchSource,
    config: TrainingConfig,
    validation: BatchSource | None = None,
    run: Run | None = None,
) -> History:
    """Train ``net`` in place and leave it with its best weights.

    With validation, the best weights are those with the lowest loss on it, before the first step
    or after any epoch: training never leaves a network worse on it than it was. Patience counts
    epochs since the best of them, whatever the loss before the first step was.

    Parameters
    ----------
    net : Module
        ``net(x, past_features, future_features, mask)`` gives the forecast.
    windows : Windows or other BatchSource
        Training windows, on the device of ``net``.
    config : TrainingConfig
    validation : Windows or other BatchSource, optional
        Chooses the epoch whose weights are kept, and stops early. None keeps the last.
    run : Run, optional
        Seed, precision and processes, objective, callbacks, checkpoints, progress bar.

    Returns
    -------
    History

    Raises
    ------
    NonFiniteLossError
        If a training or validation loss, or a weight, is nan or infinite; names the epoch.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import DLinearNet
    >>> from skscale.training import Run, SeriesBuffer, TrainingConfig, Windows, train
    >>> one = torch.ones(1, 1)
    >>> buffer = SeriesBuffer(torch.arange(12.0)[:, None], torch.tensor([0, 12]), 0 * one, one)
    >>> windows = Windows(buffer, 4, 2, torch.tensor([4]), torch.tensor([10]))
    >>> config = TrainingConfig(loss="mae", max_epochs=5)
    >>> history = train(DLinearNet(4, 2, 1), windows, config, run=Run(seed=0))
    >>> history.train_loss[-1] < history.train_loss[0]
    True
    """
    run = run or Run()
    _check_weights(net, config)
    history, best = History(), None
    step = _prepare(net, windows, config, run, history)
    steps = _steps_per_epoch(windows, config)
    rates_at = schedule(config.lr_schedule, config.learning_rate, config.max_epochs, steps)
    bar = progress_bar(config.max_epochs * steps, bool(run.verbose) and step.runtime.is_first)
    with bar, _compiled_numbers(config, run, windows.device):
        if validation is not None and len(validation):
            best = BestWeights(net, evaluate(step.net, validation, config, run))
        state = TrainingState(
            run.checkpoint,
            net,
            best,
            step.optimizer,
            history,
            step.watch,
            generators_of(run, windows.device, config.compile),
            step.runtime,
        )
        over = state.resume()  # for good; a training of more epochs goes on behind its last
        bar.update(len(history.train_loss) * steps)
        step.watch.begin()
        while not over and len(history.train_loss) < config.max_epochs:
            epoch, started = len(history.train_loss), perf_counter()
            rates = [rates_at(epoch * steps + i) for i in range(steps)]
            batches = _batches(windows, config.batch_size, steps, run.batches)
            losses = step.runtime.mean(_train_epoch(step, batches, rates, bar))
            history.learning_rate.append(rates[0].learning_rate)
            history.train_loss.append(_checked_mean(losses, config, epoch + 1))
            _check_weights(net, config, (epoch + 1, len(losses)))
            if best is not None and validation is not None:
                loss = evaluate(step.net, validation, config, run)
                best.offer(_checked_validation(loss, config, (epoch + 1, len(losses))), epoch)
                history.valid_loss.append(loss)
            history.seconds.append(perf_counter() - started)
            bar.set_postfix(loss=f"{history.train_loss[-1]:.4g}")
            impatient = best is not None and best.epochs_since(epoch) >= config.patience
            over = step.watch.stops() or impatient
            state.keep(over)
    history.best_epoch = len(history.train_loss) - 1 if best is None else best.restore()
    net.eval()
    step.optimizer.zero_grad()  # they take as much memory as the weights
    step.watch.end()
    return history


def _prepare(
    net: nn.Module, windows: BatchSource, config: TrainingConfig, run: Run, history: History
) -> _Step:
    runtime = run.runtime_on(windows.device)
    optimizer = Adam(net.parameters(), config.weight_decay)
    watch = Watch(run.callbacks, config, runtime, net, history)
    net = runtime.wrap(net)
    objective = run.objective_of(config)
    forward = CompiledNet(net, history.note) if config.compile else net

    def gradients(index: Tensor) -> Tensor:
        part, weight = runtime.share(index, windows)
        value = objective(forward, windows.batch(part)) * weight
        runtime.backward(value)
        if config.gradient_clip:
            nn.utils.clip_grad_norm_(optimizer.parameters, config.gradient_clip)
        return value.detach()

    work: Callable[[Tensor], Tensor] = gradients
    if windows.is_whole and _is_captured(net, objective, config, runtime):
        work = CapturedWork(gradients, optimizer.parameters, run.numbers, history.note)
    return _Step(
        net=net,
        gradients=work,
        optimizer=optimizer,
        runtime=runtime,
        numbers=StepNumbers(None if config.compile else run.numbers),
        watch=watch,
    )


def _is_captured(
    net: nn.Module, objective: Objective, config: TrainingConfig, runtime: Runtime
) -> bool:
    """Whether steps run on a card by themselves, so that one graph may stand for all."""
    on_card = runtime.device.type == "cuda" and torch.cuda.is_available() and runtime.is_alone
    known = isinstance(config.loss, str) and is_recordable(net, objective)
    return on_card and known and not config.compile


def _compiled_numbers(
    config: TrainingConfig, run: Run, device: torch.device
) -> AbstractContextManager:
    """Compiled code draws from torch's global generators, whatever a mode would hand it."""
    return seeded_globally(run.seed, device) if config.compile else nullcontext()


def _train_epoch(step: _Step, batches: Iterable[Tensor], rates: list[Rates], bar: Any) -> Tensor:
    """Losses of all steps that there is time for; nothing here waits for the device."""
    step.net.train()
    losses: list[Tensor] = []
    for index, now in zip(batches, rates, strict=True):
        if losses and step.watch.is_over:
            break
        losses.append(_train_step(step, index, now))
        bar.update()
    return torch.stack(losses)


def _train_step(step: _Step, index: Tensor, rates: Rates) -> Tensor:
    step.optimizer.zero_grad()
    with step.numbers.step():
        loss = step.gradients(index)
    step.optimizer.step(rates)
    return loss


def _checked_mean(losses: Tensor, config: TrainingConfig, epoch: int) -> float:
    finite = losses.isfinite()
    if not finite.all():
        step = int((~finite).to(torch.uint8).argmax())
        name = config.loss if isinstance(config.loss, str) else "given"
        what = f"the {name} loss became {float(losses[step])}"
        raise _diverged(what, config, (epoch, step + 1))
    return float(losses.mean())


def _checked_validation(loss: float, config: TrainingConfig, after: tuple[int, int]) -> float:
    if not math.isfinite(loss):
        raise _diverged(f"the validation loss became {loss}", config, after)
    return loss


def _check_weights(
    net: nn.Module, config: TrainingConfig, after: tuple[int, int] | None = None
) -> None:
    """Raise NonFiniteLossError unless all weights are finite after an epoch and step."""
    finite = [parameter.isfinite().all() for parameter in net.parameters()]
    if not finite or torch.stack(finite).all():
        return
    name = next(name for name, p in net.named_parameters() if not p.isfinite().all())
    if after is None:
        raise NonFiniteLossError(f"the weights {name} are not finite before the first step")
    raise _diverged(f"the weights {name} became nan or infinite", config, after)


def _diverged(what: str, config: TrainingConfig, at: tuple[int, int]) -> NonFiniteLossError:
    epoch, step = at
    return NonFiniteLossError(
        f"{what} in epoch {epoch}, step {step}; learning_rate={config.learning_rate} is the likely "
        "cause: lower it, or bound the gradient with gradient_clip"
    )


def _steps_per_epoch(windows: BatchSource, config: TrainingConfig) -> int:
    whole = -(-len(windows) // config.batch_size)
    return whole if config.steps_per_epoch is None else min(whole, config.steps_per_epoch)


def _batches(
    windows: BatchSource, batch_size: int, steps: int, generator: torch.Generator
) -> Iterator[Tensor]:
    """Indices of ``steps`` batches in random order, on the device; the last may be short."""
    left = torch.empty(0, dtype=torch.int64, device=windows.device)
    for piece in windows.drawn(steps * batch_size, generator):
        left = torch.cat((left, piece.to(windows.device)))
        whole = len(left) // batch_size * batch_size
        if whole:
            yield from left[:whole].split(batch_size)
        left = left[whole:]
    if len(left):
        yield left
