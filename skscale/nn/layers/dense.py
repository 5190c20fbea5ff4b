"""Linear layers in float32, the type all weights are drawn in."""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["dense", "two_layers", "zero_map"]


def dense(n_inputs: int, n_outputs: int, bias: bool = True) -> nn.Linear:
    """`torch.nn.Linear` in float32: one seed gives one network, whatever torch's default type."""
    return nn.Linear(n_inputs, n_outputs, bias=bias, dtype=torch.float32)


def two_layers(
    n_inputs: int, n_hidden: int, n_outputs: int, activation: type[nn.Module] = nn.GELU
) -> nn.Sequential:
    """Two linear layers with an activation in between."""
    return nn.Sequential(dense(n_inputs, n_hidden), activation(), dense(n_hidden, n_outputs))


def zero_map(n_inputs: int, n_outputs: int = 1) -> nn.Linear | None:
    """Linear map without bias that starts at zero: features whose effect is still to be learned.

    None where there are no features.
    """
    if not n_inputs:
        return None
    layer = dense(n_inputs, n_outputs, bias=False)
    nn.init.zeros_(layer.weight)
    return layer
