"""Argument checks of the networks: one clear error, naming the argument and what is allowed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["check_choice", "check_inputs", "check_integer", "check_shape"]


def check_integer(name: str, value: int, minimum: int) -> int:
    """Return ``value`` if it is an integer of at least ``minimum``."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < minimum:
        raise ValueError(f"{name} must be an integer >= {minimum}, got {value!r}")
    return int(value)


def check_choice(name: str, value: object, allowed: Sequence[object]) -> None:
    """Raise unless ``value`` is one of ``allowed``."""
    if value not in allowed:
        raise ValueError(f"{name} must be one of {list(allowed)}, got {value!r}")


def check_shape(name: str, tensor: Tensor, expected: tuple[int, ...]) -> None:
    """Raise unless ``tensor`` has the shape ``expected``."""
    if tuple(tensor.shape) != expected:
        raise ValueError(f"{name} must have shape {expected}, got {tuple(tensor.shape)}")


def check_inputs(
    net: nn.Module,
    x: Tensor,
    past_features: Tensor | None,
    future_features: Tensor | None,
    mask: Tensor | None = None,
) -> None:
    """Raise ValueError naming the first input of ``net`` whose shape does not fit."""
    wanted = {
        "x": (x, net.context_length, net.n_channels),
        "past_features": (past_features, net.context_length, net.n_past_features),
        "future_features": (future_features, net.prediction_length, net.n_future_features),
    }
    for name, (value, length, n_columns) in wanted.items():
        if value is None and n_columns:
            raise ValueError(f"{name} is needed, of shape (batch, {length}, {n_columns})")
        if value is None:
            continue
        if value.dim() != 3 or value.shape[1:] != (length, n_columns):
            raise ValueError(
                f"{name} must have shape (batch, {length}, {n_columns}), got {tuple(value.shape)}"
            )
        if value.shape[0] != x.shape[0]:
            raise ValueError(f"{name} holds {value.shape[0]} windows, but x holds {x.shape[0]}")
    if mask is not None and (mask.dtype != torch.bool or mask.shape != x.shape[:2]):
        raise ValueError(
            f"mask must be boolean of shape {tuple(x.shape[:2])}, got {mask.dtype} of shape "
            f"{tuple(mask.shape)}"
        )
