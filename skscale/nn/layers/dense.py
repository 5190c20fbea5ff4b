"""Linear layers in float32, the type all weights are drawn in."""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["dense", "two_layers"]


def dense(n_inputs: int, n_outputs: int, bias: bool = True) -> nn.Linear:
    """`torch.nn.Linear` in float32: one seed gives one network, whatever torch's default type."""
    return nn.Linear(n_inputs, n_outputs, bias=bias, dtype=torch.float32)


def two_layers(
    n_inputs: int, n_hidden: int, n_outputs: int, activation: type[nn.Module] = nn.GELU
) -> nn.Sequential:
    """Two linear layers with an activation in between."""
    return nn.Sequential(dense(n_inputs, n_hidden), activation(), dense(n_hidden, n_outputs))
