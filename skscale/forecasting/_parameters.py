"""Parameters that all forecasters share, and what each may be; `_docs` describes them."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from torch import Tensor

from skscale.forecasting._calendar import check_time_features
from skscale.forecasting._statistics import SCALERS
from skscale.forecasting._step import read_step
from skscale.forecasting._weights import check_horizon_weights, check_series_weights
from skscale.pretrained import available
from skscale.saving import check_folder
from skscale.training import Batch, Callback, TrainingConfig, resolve_device

__all__ = ["NetworkParameters", "check_seed", "flag", "integer", "is_one_of", "number", "one_of"]

_LARGEST_INTEGER = 2**31 - 1
_LARGEST_NUMBER = 1e9


@dataclass(kw_only=True, eq=False, repr=False)
class NetworkParameters:
    """What a forecaster is told about windows, training and device."""

    context_length: int | str = "auto"
    prediction_length: int | str = "auto"
    season_length: int | str = "auto"
    freq: Any = "auto"
    time_features: bool | str | Sequence[str] = "auto"
    past_columns: Sequence[Hashable] | str = "auto"
    linear_base: bool = True
    pretrained: str | None = "auto"
    scaler: str = "standard"
    bounds: tuple[float | None, float | None] | str | None = "auto"
    loss: str | Callable[[Tensor, Batch], Tensor] = "mae"
    horizon_weights: Sequence[float] | str = "equal"
    series_weights: Mapping[Hashable, float] | None = None
    max_epochs: int = 20
    steps_per_epoch: int | str | None = "auto"
    batch_size: int = 32
    learning_rate: float = 3e-3
    lr_schedule: str = "onecycle"
    weight_decay: float = 0.0
    gradient_clip: float = 1.0
    validation_fraction: float | str = "auto"
    patience: int = 20
    max_time: float | None = None
    callbacks: Sequence[Callback] = ()
    checkpoint_dir: str | os.PathLike | None = None
    intervals: str = "conformal"
    fine_tune: bool | str = "auto"
    device: str = "auto"
    precision: str = "fp32"
    compile: bool = False
    random_state: Any = None
    verbose: int = 0

    def _check_parameters(self) -> None:
        """Check what no later step would check before training starts.

        `TrainingConfig`, the network and the device check the others.
        """
        for name in ("context_length", "prediction_length", "season_length"):
            integer(name, getattr(self, name), other="auto")
        integer("batch_size", self.batch_size)
        integer("steps_per_epoch", self.steps_per_epoch, other=("auto", None))
        number("validation_fraction", self.validation_fraction, below=1, other="auto")
        flag("linear_base", self.linear_base)
        one_of("intervals", self.intervals, ("conformal", "network"))
        check_time_features(self.time_features)
        one_of("scaler", self.scaler, tuple(SCALERS))
        check_horizon_weights(self.horizon_weights)
        check_series_weights(self.series_weights)
        one_of("fine_tune", self.fine_tune, (True, False, "auto"))
        one_of("pretrained", self.pretrained, ("auto", None, *available()))
        _check_names("past_columns", self.past_columns)
        _check_bounds(self.bounds)
        _check_callbacks(self.callbacks)
        check_folder("checkpoint_dir", self.checkpoint_dir)
        integer("verbose", self.verbose, least=0, other=(True, False))
        if not is_one_of(self.freq, (None, "auto")):
            read_step(self.freq)
        check_seed(self.random_state)
        resolve_device(self.device)
        self._training_config(n_windows=1)

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
            max_time=self.max_time,
            precision=self.precision,
            compile=self.compile,
        )


def check_seed(random_state: object) -> None:
    """Raise ValueError unless scikit-learn takes ``random_state``; a truth value is no seed."""
    try:
        if isinstance(random_state, bool):
            raise ValueError("a truth value")
        check_random_state(random_state)
    except ValueError as error:
        raise ValueError(
            "random_state must be None, an integer from 0 to 2**32 - 1 or a RandomState, got "
            f"{random_state!r}"
        ) from error


def _check_names(name: str, value: object) -> None:
    """Raise ValueError unless ``value`` is "auto" or a list of column names."""
    some = isinstance(value, list | tuple) and all(isinstance(one, Hashable) for one in value)
    if not (some or is_one_of(value, ("auto",))):
        raise ValueError(f'{name} must be "auto" or a list of columns of X, got {value!r}')


def _check_bounds(bounds: object) -> None:
    """Raise ValueError unless ``bounds`` are two numbers in order, or missing."""
    if bounds is None or (isinstance(bounds, str) and bounds == "auto"):
        return
    pair = tuple(bounds) if isinstance(bounds, tuple | list) else ()
    known = [b for b in pair if b is not None]
    numbers = all(isinstance(b, Real) and not isinstance(b, bool) and b == b for b in known)
    if len(pair) != 2 or not numbers or (len(known) == 2 and not known[0] < known[1]):
        raise ValueError(
            'bounds must be "auto", None or two numbers (lower, upper), lower < upper, None for a '
            f"side without a bound; got {bounds!r}"
        )


def _check_callbacks(callbacks: object) -> None:
    """Raise ValueError unless ``callbacks`` is a list of them."""
    some = isinstance(callbacks, list | tuple) and all(isinstance(c, Callback) for c in callbacks)
    if not some:
        raise ValueError(
            f"callbacks must be a list of objects of skscale.training.Callback, got {callbacks!r}"
        )


def integer(name: str, value: Any, least: int = 1, other: object = ()) -> None:
    """Raise ValueError unless ``value`` is an integer from ``least`` up, or one of ``other``."""
    others = other if isinstance(other, tuple) else (other,)
    if is_one_of(value, others):
        return
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not (whole and least <= value <= _LARGEST_INTEGER):
        allowed = f"an integer from {least} to {_LARGEST_INTEGER}"
        raise ValueError(f"{name} must be {_in_words(allowed, others)}, got {value!r}")


def number(
    name: str, value: Any, least: float = 0, below: float = _LARGEST_NUMBER, other: object = ()
) -> None:
    """Raise ValueError unless ``least <= value < below``, or ``value`` is one of ``other``."""
    others = other if isinstance(other, tuple) else (other,)
    if is_one_of(value, others):
        return
    real = isinstance(value, Real) and not isinstance(value, bool)
    if not (real and least <= value < below):
        raise ValueError(
            f"{name} must be {_in_words(f'in [{least}, {below:g})', others)}, got {value!r}"
        )


def flag(name: str, value: object) -> None:
    """Raise ValueError unless ``value`` is a Boolean."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False, got {value!r}")


def one_of(name: str, value: object, allowed: tuple | list) -> None:
    """Raise ValueError unless ``value`` is one of ``allowed``."""
    if not is_one_of(value, allowed):
        raise ValueError(f"{name} must be one of {list(allowed)}, got {value!r}")


def is_one_of(value: object, allowed: tuple | list) -> bool:
    """Whether ``value`` is one of ``allowed``, and of its type: 1 is no Boolean."""
    plain = value.item() if isinstance(value, np.generic) else value
    return any(type(plain) is type(one) and plain == one for one in allowed)


def _in_words(first: str, others: tuple) -> str:
    return " or ".join([first, *(repr(other) for other in others)])
