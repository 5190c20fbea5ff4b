"""An optional compiled forward pass that never costs a fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["CompiledNet", "first_line"]


def first_line(error: Exception) -> str:
    """Kind of an error, and the beginning of what it says."""
    reason = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {reason[0][:200]}"


class CompiledNet:
    """A network compiled by `torch.compile`; where that fails, the network as it is.

    Parameters
    ----------
    net : Module
    note : callable
        Receives one line if compilation fails.
    """

    def __init__(self, net: nn.Module, note: Callable[[str], None]):
        self.module = net
        self._note = note
        device = next(net.parameters()).device
        # "reduce-overhead" replays CUDA graphs; on a CPU there is no launch to save.
        mode = "reduce-overhead" if device.type == "cuda" else "default"
        self._compiled: Any = torch.compile(net, mode=mode)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.module, name)

    def __call__(self, *inputs: Tensor | None) -> Tensor:
        """Forward pass, compiled as long as that works."""
        if self._compiled is not None:
            try:
                return self._compiled(*inputs)
            except Exception as error:  # whatever the compiler or its back end may raise
                self._compiled = None
                self._note(f"not compiled: {first_line(error)}")
        return self.module(*inputs)
