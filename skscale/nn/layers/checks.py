"""Argument checks of the networks: one clear error, naming the argument and what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from numbers import Integral, Real
from typing import Any

import numpy as np
from torch import Tensor

__all__ = [
    "check_choice",
    "check_flag",
    "check_integer",
    "check_integers",
    "check_number",
    "check_shape",
    "check_share",
    "check_tensor",
]

_LARGEST = 2**24  # beyond any network; more would end in the allocator or in an endless loop


def check_integer(name: str, value: Any, minimum: int, maximum: int = _LARGEST) -> int:
    """Return ``value`` as an int if it is an integer in range; NumPy's are integers, too."""
    is_integer = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_integer or value < minimum:
        raise ValueError(f"{name} must be an integer >= {minimum}, got {value!r}")
    if value > maximum:
        raise ValueError(f"{name} must be an integer from {minimum} to {maximum}, got {value!r}")
    return int(value)


def check_integers(name: str, value: Any, minimum: int) -> tuple[int, ...]:
    """Return ``value`` as a tuple if it is a list or tuple of such integers, one at least."""
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"{name} must be a list or tuple of integers, got {value!r}")
    try:
        return tuple(check_integer(name, one, minimum) for one in value)
    except ValueError as error:
        raise ValueError(
            f"{name} must hold integers from {minimum} to {_LARGEST}, got {value!r}"
        ) from error


def check_number(name: str, value: Any, minimum: float = -inf) -> float:
    """Return ``value`` as a float if it is a finite number of at least ``minimum``."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    number = _as_float(value) if is_number else inf
    if not (minimum <= number and abs(number) < inf):
        least = "" if minimum == -inf else f" >= {minimum:g}"
        raise ValueError(f"{name} must be a finite number{least}, got {value!r}")
    return number


def _as_float(value: Real) -> float:
    """Number as a float, infinite for a whole one that is too large."""
    try:
        return float(value)
    except OverflowError:
        return inf


def check_share(name: str, value: Any) -> float:
    """Return ``value`` as a float if it is a number in [0, 1), as a dropout is."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not 0 <= value < 1:
        raise ValueError(f"{name} must be in [0, 1), got {value!r}")
    return float(value)


def check_flag(name: str, value: Any) -> bool:
    """Return ``value`` as a bool if it is one, NumPy's included; 0 and 1 are numbers."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def check_choice(name: str, value: Any, allowed: Sequence[str]) -> str:
    """Return ``value`` if it is one of the words ``allowed``."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} must be one of {list(allowed)}, got {value!r}")
    return str(value)


def check_tensor(name: str, value: Any) -> None:
    """Raise TypeError unless ``value`` is a tensor of real floating-point numbers."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a floating-point Tensor, got {type(value).__name__}")
    if not value.is_floating_point():
        raise TypeError(f"{name} must be a floating-point Tensor, got one of {value.dtype}")


def check_shape(name: str, tensor: Tensor, expected: tuple[int | str, ...]) -> None:
    """Raise unless ``tensor`` has the shape ``expected``; a word stands for any size."""
    found = tuple(tensor.shape)
    fits = (isinstance(n, str) or n == m for n, m in zip(expected, found, strict=False))
    if len(found) != len(expected) or not all(fits):
        wanted = ", ".join(map(str, expected)) + ("," if len(expected) == 1 else "")
        raise ValueError(f"{name} must have shape ({wanted}), got {found}")
