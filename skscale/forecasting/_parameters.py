"""Parameters that all forecasters share; `_docs` describes them."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from skscale.training import TrainingConfig

__all__ = ["NetworkParameters"]


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkParameters:
    """What a forecaster is told about windows, training and device."""

    context_length: int | str = "auto"
    prediction_length: int | str = "auto"
    season_length: int | str = "auto"
    time_features: bool | str = "auto"
    linear_base: bool = True
    loss: str = "mae"
    max_epochs: int = 20
    steps_per_epoch: int | str | None = "auto"
    batch_size: int = 32
    learning_rate: float = 3e-3
    lr_schedule: str = "onecycle"
    weight_decay: float = 0.0
    gradient_clip: float = 1.0
    validation_fraction: float | str = "auto"
    patience: int = 20
    fine_tune: bool = False
    device: str = "auto"
    precision: str = "fp32"
    compile: bool = False
    random_state: Any = None
    verbose: int = 0

    def _check_parameters(self) -> None:
        """Check what no later step would check before training starts."""
        fraction = self.validation_fraction
        if fraction != "auto" and not (isinstance(fraction, Real) and 0 <= fraction < 1):
            raise ValueError(f'validation_fraction must be "auto" or in [0, 1), got {fraction!r}')
        if isinstance(self.steps_per_epoch, str) and self.steps_per_epoch != "auto":
            raise ValueError(
                f'steps_per_epoch must be "auto", a positive integer or None, got '
                f"{self.steps_per_epoch!r}"
            )
        for name in ("linear_base", "fine_tune"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} must be True or False, got {getattr(self, name)!r}")

    def _training_config(self, n_windows: int) -> TrainingConfig:
        steps = self.steps_per_epoch
        if isinstance(steps, str):
            steps = int(np.clip(n_windows // self.batch_size, 20, 50))
        return TrainingConfig(
            steps_per_epoch=steps,
            validation_windows=1024 if self.validation_fraction == "auto" else None,
            loss=self.loss,
            max_epochs=self.max_epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            lr_schedule=self.lr_schedule,
            weight_decay=self.weight_decay,
            gradient_clip=self.gradient_clip,
            patience=self.patience,
            precision=self.precision,
            compile=self.compile,
        )
