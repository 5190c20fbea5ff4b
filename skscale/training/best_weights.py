"""The weights of the best epoch."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor, nn

__all__ = ["BestWeights"]


class BestWeights:
    """Weights with the lowest validation loss.

    Parameters
    ----------
    net : Module
    loss : float
        Validation loss before the first step.
    """

    def __init__(self, net: nn.Module, loss: float):
        self._net = net
        self._lowest = loss if math.isfinite(loss) else math.inf
        self._epoch = -1
        self._weights = self._copied()
        self._lowest_trained, self._latest = math.inf, -1

    def offer(self, loss: float, epoch: int) -> None:
        """Keep the weights of now if none had a lower loss."""
        if loss < self._lowest_trained:
            self._lowest_trained, self._latest = loss, epoch
        if loss < self._lowest:
            self._lowest, self._epoch, self._weights = loss, epoch, self._copied()

    def epochs_since(self, epoch: int) -> int:
        """Epochs since the last that was better than all epochs before it."""
        return epoch - self._latest

    def restore(self) -> int:
        """Bring the best weights back; return their epoch, -1 for those before the first step."""
        self._net.load_state_dict(self._weights)
        return self._epoch

    def state_dict(self) -> dict[str, Any]:
        """What is known of the epochs so far."""
        return {
            "weights": self._weights,
            "lowest": self._lowest,
            "epoch": self._epoch,
            "lowest_trained": self._lowest_trained,
            "latest": self._latest,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        here = {name: weight.device for name, weight in self._weights.items()}
        self._weights = {name: state["weights"][name].to(device) for name, device in here.items()}
        self._lowest, self._epoch = state["lowest"], state["epoch"]
        self._lowest_trained, self._latest = state["lowest_trained"], state["latest"]

    def _copied(self) -> dict[str, Tensor]:
        return {name: value.clone() for name, value in self._net.state_dict().items()}
