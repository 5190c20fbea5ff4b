"""What holds while a graph is recorded, or a transform of `torch.func` is at work."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

__all__ = ["exporting", "plain_steps", "read", "transformed"]


def exporting() -> bool:
    """Whether `torch.export` records a graph: sizes of a batch are symbols, values unknown."""
    known = getattr(torch.compiler, "is_exporting", torch.compiler.is_compiling)
    return bool(known())


def transformed() -> bool:
    """Whether a transform of `torch.func` is at work; not every operator goes through one."""
    return bool(torch._C._are_functorch_transforms_active())


def plain_steps() -> bool:
    """Whether steps with a backward pass written by hand must be plain operators.

    Exported graphs hold nothing else, and the transforms of `torch.func` go through nothing else.
    """
    return exporting() or transformed()


def read(x: Tensor) -> Any:
    """Values of ``x``; None where there are none to be read: recording, meta tensors, `vmap`."""
    if x.is_meta or torch.compiler.is_compiling():
        return None
    try:
        return x.tolist()
    except RuntimeError:  # one tensor stands for the many of `vmap`
        return None
