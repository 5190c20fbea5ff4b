"""Settings and record of a training run."""

from __future__ import annotations

from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, cast

import numpy as np

from skscale.training.losses import Loss, get_loss
from skscale.training.optimizer import SCHEDULES

__all__ = ["History", "NonFiniteLossError", "TrainingConfig"]

PRECISIONS = ("fp32", "bf16")
_LARGEST_INT = 2**31 - 1
_LARGEST = 3e38  # of float32, which weights and their rates are in


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of a training run.

    Parameters
    ----------
    loss : {"mse", "mae", "huber", "smape", "mase"} or callable, default="mse"
        Training and validation loss; or ``loss(forecast, batch)``, a Tensor of one number.
    max_epochs : int, default=10
        Passes over the training windows.
    batch_size : int, default=32
        Windows per step, over all processes together.
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
    max_time : float or None, default=None
        Seconds of training, then it stops with the best weights: the epoch ends with the step that
        is under way, is validated, and counts. Several processes end the epoch. At least one step
        is taken. What comes out depends on how fast the machine is. None for no bound.
    steps_per_epoch : int or None, default=None
        Steps of one epoch; None for all windows once. Fewer are drawn at random.
    validation_windows : int or None, default=None
        At most so many windows, evenly spread, validate after an epoch; None for all.
    precision : {"fp32", "bf16"}, default="fp32"
        ``"bf16"`` runs matrix products in bfloat16, by autocast; weights stay float32.
    compile : bool, default=False
        Compile the network (`torch.compile`, with CUDA graphs on a GPU). Where that fails, training
        goes on without and `History.notes` says why.

    Examples
    --------
    >>> from skscale.training import TrainingConfig
    >>> TrainingConfig(loss="mae", max_epochs=5).max_epochs
    5
    """

    loss: str | Loss = "mse"
    max_epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 1e-3
    lr_schedule: str = "constant"
    weight_decay: float = 0.0
    gradient_clip: float = 0.0
    patience: int = 3
    max_time: float | None = None
    steps_per_epoch: int | None = None
    validation_windows: int | None = None
    precision: str = "fp32"
    compile: bool = False

    def __post_init__(self) -> None:
        """Check every setting; ValueError names the first that is wrong."""
        get_loss(self.loss)
        for name, allowed in (("lr_schedule", SCHEDULES), ("precision", PRECISIONS)):
            value = getattr(self, name)
            if not isinstance(value, str) or value not in allowed:
                raise ValueError(f"{name} must be one of {allowed}, got {value!r}")
        for name in ("max_epochs", "batch_size", "patience"):
            self._set(name, _whole(name, getattr(self, name)))
        for name in ("steps_per_epoch", "validation_windows"):
            if getattr(self, name) is not None:
                self._set(name, _whole(name, getattr(self, name), " or None"))
        self._set("learning_rate", _real("learning_rate", self.learning_rate))
        if self.learning_rate == 0:
            raise ValueError(f"learning_rate must be above 0, got {self.learning_rate!r}")
        for name in ("weight_decay", "gradient_clip"):
            self._set(name, _real(name, getattr(self, name)))
        if self.max_time is not None:
            self._set("max_time", _real("max_time", self.max_time, " or None"))
            if self.max_time == 0:
                raise ValueError(f"max_time must be above 0, or None, got {self.max_time!r}")
        if not isinstance(self.compile, bool | np.bool_):
            raise ValueError(f"compile must be True or False, got {self.compile!r}")
        self._set("compile", bool(self.compile))

    def _set(self, name: str, value: object) -> None:
        """Replace what was given by a plain number of Python."""
        object.__setattr__(self, name, value)


def _whole(name: str, value: Any, or_none: str = "") -> int:
    number = _plain(value)
    if not isinstance(number, Integral) or not 1 <= int(number) <= _LARGEST_INT:
        raise ValueError(
            f"{name} must be a positive integer{or_none}, at most {_LARGEST_INT}, got {value!r}"
        )
    return int(number)


def _real(name: str, value: Any, or_none: str = "") -> float:
    number = _plain(value)
    if not isinstance(number, Real) or not 0 <= cast(float, number) <= _LARGEST:
        raise ValueError(
            f"{name} must be a finite number, not negative and at most {_LARGEST:g}{or_none}, got "
            f"{value!r}"
        )
    return float(number)


def _plain(value: Any) -> object:
    """Return a number of NumPy as one of Python, and None for a truth value: it is no number."""
    number = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(number, bool) else number


@dataclass
class History:
    """Losses per epoch; ``notes`` say what did not go as asked.

    ``best_epoch`` is the epoch whose weights were kept, counted from 0; -1 stands for the weights
    before the first step, where no epoch had a lower validation loss than they had.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import DLinearNet
    >>> from skscale.training import SeriesBuffer, TrainingConfig, Windows, train
    >>> one = torch.ones(1, 1)
    >>> buffer = SeriesBuffer(torch.arange(12.0)[:, None], torch.tensor([0, 12]), 0 * one, one)
    >>> windows = Windows(buffer, 4, 2, torch.tensor([4]), torch.tensor([10]))
    >>> history = train(DLinearNet(4, 2, 1), windows, TrainingConfig(max_epochs=3))
    >>> len(history.train_loss), history.best_epoch
    (3, 2)
    """

    train_loss: list[float] = field(default_factory=list)
    valid_loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    best_epoch: int = 0
    notes: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        """Add a note, once."""
        if line not in self.notes:
            self.notes.append(line)


class NonFiniteLossError(RuntimeError):
    """Training met a loss or a weight that is nan or infinite.

    Examples
    --------
    >>> from skscale.training import NonFiniteLossError
    >>> issubclass(NonFiniteLossError, RuntimeError)
    True
    """
