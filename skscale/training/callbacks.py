"""Looking on while a network trains, and stopping it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple

from torch import nn

from skscale.training.config import History, TrainingConfig
from skscale.training.runtime import Runtime

__all__ = ["Callback", "Progress", "Watch"]


class Progress(NamedTuple):
    """Where training stands.

    Attributes
    ----------
    epoch : int
        Epochs that are done.
    max_epochs : int
    net : Module
        The network, to look at: changing it changes the training.
    history : History
        Losses of all epochs that are done.

    Examples
    --------
    >>> from skscale.training import Progress
    >>> Progress._fields
    ('epoch', 'max_epochs', 'net', 'history')
    """

    epoch: int
    max_epochs: int
    net: nn.Module
    history: History


class Callback:
    """Looks on while a network trains; a subclass overwrites what it needs.

    An error that is raised here stops the fit, which then has not happened. Where several
    processes train, the first one calls.

    Examples
    --------
    Stop where the training loss is low enough:

    >>> from sktime.datasets import load_airline
    >>> from skscale import SigmaForecaster
    >>> from skscale.training import Callback
    >>> class LowEnough(Callback):
    ...     def on_epoch_end(self, progress):
    ...         return progress.history.train_loss[-1] < 1.0
    >>> forecaster = SigmaForecaster(callbacks=[LowEnough()], pretrained=None, random_state=0)
    >>> forecaster.fit(load_airline()).history_["notes"]
    ['stopped by LowEnough after epoch 1']
    """

    def on_fit_begin(self, progress: Progress) -> None:
        """Before the first step; a fit that goes on from a checkpoint has epochs behind it."""

    def on_epoch_end(self, progress: Progress) -> bool | None:
        """After every epoch and its validation; True ends training, which keeps the best weights.

        A value, and no exception, so that what ends well is told apart from what goes wrong, and
        all processes hear of it.
        """

    def on_fit_end(self, progress: Progress) -> None:
        """After training, with the weights that are kept; not after an error."""


class Watch:
    """Callbacks and clock of one training.

    Parameters
    ----------
    callbacks : sequence of Callback
    config : TrainingConfig
    runtime : Runtime
    net : Module
    history : History
    """

    def __init__(
        self,
        callbacks: Sequence[Callback],
        config: TrainingConfig,
        runtime: Runtime,
        net: nn.Module,
        history: History,
    ):
        self._callbacks = callbacks if runtime.is_first else ()
        self._config, self._runtime = config, runtime
        self._net, self._history = net, history
        self._limit = math.inf if config.max_time is None else config.max_time
        self._begun = perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds of training, those before it was resumed included."""
        return perf_counter() - self._begun

    @elapsed.setter
    def elapsed(self, seconds: float) -> None:
        self._begun = perf_counter() - seconds

    @property
    def is_over(self) -> bool:
        """Whether the time is over within an epoch; several processes ask after it, together."""
        return self._runtime.is_alone and self._out_of_time

    def begin(self) -> None:
        """Call before the first step."""
        for callback in self._callbacks:
            callback.on_fit_begin(self._progress)

    def stops(self) -> bool:
        """Call after an epoch; whether it is the last, for another reason than its number."""
        asked = [c for c in self._callbacks if c.on_epoch_end(self._progress)]
        reasons = [f"stopped by {type(one).__name__}" for one in asked]
        if self._out_of_time:
            reasons.append(f"stopped by max_time={self._config.max_time}")
        stops = bool(self._runtime.agree(len(reasons)))
        if self._progress.epoch < self._config.max_epochs:
            epoch = self._progress.epoch
            self._history.notes.extend(f"{reason} after epoch {epoch}" for reason in reasons[:1])
        return stops

    def end(self) -> None:
        """Call with the weights that are kept."""
        for callback in self._callbacks:
            callback.on_fit_end(self._progress)

    @property
    def _out_of_time(self) -> bool:
        return self._limit < math.inf and self.elapsed >= self._limit

    @property
    def _progress(self) -> Progress:
        done = len(self._history.train_loss)
        return Progress(done, self._config.max_epochs, self._net, self._history)
