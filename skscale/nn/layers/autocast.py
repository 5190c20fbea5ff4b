"""Hand-written steps under autocast."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from skscale.ops.tracing import plain_steps

__all__ = ["apply_step", "autocast_type", "without_autocast"]


def autocast_type(x: Tensor) -> torch.dtype | None:
    """Type that matrix products of ``x`` take under autocast; None where it changes nothing."""
    if x.dtype == torch.float64 or x.is_meta or not torch.is_autocast_enabled(x.device.type):
        return None
    return torch.get_autocast_dtype(x.device.type)


def apply_step(step: type[torch.autograd.Function], plain: Callable[..., Any], *inputs: Any) -> Any:
    """Apply a step to ``inputs``, with all tensors in autocast's type where that is on.

    Autocast rewrites single operators. A step that writes into buffers, or computes something
    again in its backward pass, needs one type throughout.

    Parameters
    ----------
    step : autograd Function
    plain : callable
        The same in plain operators, for exports and the transforms of `torch.func`.
    *inputs
    """
    if plain_steps():
        return plain(*inputs)
    first = next(value for value in inputs if isinstance(value, Tensor))
    dtype = autocast_type(first)
    if dtype is None:
        return step.apply(*inputs)
    cast = [value.to(dtype) if isinstance(value, Tensor) else value for value in inputs]
    with torch.autocast(first.device.type, enabled=False):
        return step.apply(*cast)


def without_autocast(x: Tensor) -> AbstractContextManager:
    """Keep products of ``x`` in its type; for what jumps where numbers are rounded."""
    if autocast_type(x) is None:
        return nullcontext()
    return torch.autocast(x.device.type, enabled=False)
