"""Settings and record of a training run."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from numbers import Integral, Real

from skscale.training.losses import get_loss
from skscale.training.optimizer import SCHEDULES

__all__ = ["History", "NonFiniteLossError", "TrainingConfig"]

PRECISIONS = ("fp32", "bf16")


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
    steps_per_epoch : int or None, default=None
        Steps of one epoch; None for all windows once. Fewer are drawn at random.
    validation_windows : int or None, default=None
        At most so many windows, evenly spread, validate after an epoch; None for all.
    precision : {"fp32", "bf16"}, default="fp32"
        ``"bf16"`` runs matrix products in bfloat16, by autocast; weights stay float32.
    compile : bool, default=False
        Compile the network (`torch.compile`, with CUDA graphs on a GPU). Where that fails, training
        goes on without and `History.notes` says why.
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
    precision: str = "fp32"
    compile: bool = False

    def __post_init__(self) -> None:
        """Check every setting; ValueError names the first that is wrong."""
        get_loss(self.loss)
        for name, allowed in (("lr_schedule", SCHEDULES), ("precision", PRECISIONS)):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {allowed}, got {getattr(self, name)!r}")
        if not isinstance(self.compile, bool):
            raise ValueError(f"compile must be True or False, got {self.compile!r}")
        optional = ("steps_per_epoch", "validation_windows")
        for name in ("max_epochs", "batch_size", "patience", *optional):
            value = getattr(self, name)
            if name in optional and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
                raise ValueError(f"{name} must be a positive integer, got {value!r}")
            object.__setattr__(self, name, int(value))  # of NumPy's integers, too
        for name in ("learning_rate", "weight_decay", "gradient_clip"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
                raise ValueError(f"{name} must be a finite number, got {value!r}")
        if self.learning_rate <= 0:
            raise ValueError(f"learning_rate must be positive, got {self.learning_rate!r}")
        for name in ("weight_decay", "gradient_clip"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)!r}")


@dataclass
class History:
    """Losses per epoch; ``best_epoch`` counts from 0, ``notes`` say what did not go as asked."""

    train_loss: list[float] = field(default_factory=list)
    valid_loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    best_epoch: int = 0
    notes: list[str] = field(default_factory=list)


class NonFiniteLossError(RuntimeError):
    """Training met a loss that is nan or infinite."""
