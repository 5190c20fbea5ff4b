"""Linear maps along time, one for all channels or one for each."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

__all__ = ["TimeMap", "apply_time_map", "has_own_maps", "place_time_map"]


class TimeMap(nn.Module):
    """Affine map of a window's points to those of the horizon.

    Starts like `torch.nn.Linear`, uniform in ``1 / sqrt(n_inputs)``.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Points of window and horizon.
    n_channels : int or None
        Maps of their own for so many channels; None for one map.
    """

    def __init__(self, n_inputs: int, n_outputs: int, n_channels: int | None):
        super().__init__()
        own = () if n_channels is None else (n_channels,)
        bound = n_inputs**-0.5
        weight = torch.empty(*own, n_outputs, n_inputs, dtype=torch.float32)
        self.weight = nn.Parameter(weight.uniform_(-bound, bound))
        bias = torch.empty(*own, n_outputs, dtype=torch.float32)
        self.bias = nn.Parameter(bias.uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``x`` (batch, n_inputs, n_channels) to (batch, n_outputs, n_channels)."""
        return apply_time_map(x, self.weight, self.bias)


def apply_time_map(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Map ``x`` (batch, n_inputs, n_channels) along time, by one map or one for each channel."""
    if weight.dim() == 2:
        return linear(x.transpose(1, 2), weight, bias).transpose(1, 2)
    return torch.einsum("ctl,blc->btc", weight, x) + bias.T


def place_time_map(name: str, layer: TimeMap) -> list[tuple[str, Tensor]]:
    """Official names of a map, ``name`` or ``name.0``, ``name.1``, ... with its parameters."""
    parameters = {"weight": layer.weight, "bias": layer.bias}
    if layer.weight.dim() == 2:
        return [(f"{name}.{kind}", value) for kind, value in parameters.items()]
    return [
        (f"{name}.{channel}.{kind}", part)
        for kind, value in parameters.items()
        for channel, part in enumerate(value)
    ]


def has_own_maps(names: Iterable[str], name: str) -> bool:
    """Whether official weights called ``names`` hold a map ``name`` for each channel."""
    return any(known.startswith(f"{name}.0.") for known in names)
