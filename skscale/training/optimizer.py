"""Adam and its learning-rate schedules."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.optim.adamw import adamw

__all__ = ["SCHEDULES", "Adam", "Rates", "schedule"]

SCHEDULES = ("constant", "halving", "cosine", "onecycle")


class Rates(NamedTuple):
    """Learning rate and momentum of one step."""

    learning_rate: float
    momentum: float = 0.9


class Adam:
    """Adam with decoupled weight decay over torch's fused step.

    The steps are those of `torch.optim.AdamW`. Building that class imports torch's compiler,
    over a second in which the first fit of a process would not train.

    Parameters
    ----------
    parameters : iterable of Tensor
        Weights to train, in place.
    weight_decay : float, default=0.0
    """

    def __init__(self, parameters: Iterable[Tensor], weight_decay: float = 0.0):
        self.parameters = [p for p in parameters if p.requires_grad]
        self._weight_decay = weight_decay
        self._means = [torch.zeros_like(p) for p in self.parameters]
        self._squares = [torch.zeros_like(p) for p in self.parameters]
        self._steps = [
            torch.zeros((), dtype=torch.float32, device=p.device) for p in self.parameters
        ]

    def state_dict(self) -> dict[str, Any]:
        """Moments and number of steps of every weight."""
        kept = {"means": self._means, "squares": self._squares, "steps": self._steps}
        return {name: dict(enumerate(tensors)) for name, tensors in kept.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        for name, tensors in self.state_dict().items():
            for i, tensor in tensors.items():
                tensor.copy_(state[name][i])

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self, rates: Rates) -> None:
        """Move every weight that has a gradient."""
        state = zip(self.parameters, self._means, self._squares, self._steps, strict=True)
        moved = [(p, p.grad, *rest) for p, *rest in state if p.grad is not None]
        if not moved:
            return
        weights, gradients, means, squares, steps = (
            list(column) for column in zip(*moved, strict=True)
        )
        adamw(
            weights,
            gradients,
            means,
            squares,
            [],
            steps,
            fused=True,
            amsgrad=False,
            beta1=rates.momentum,
            beta2=0.999,
            lr=rates.learning_rate,
            weight_decay=self._weight_decay,
            eps=1e-8,
            maximize=False,
        )


def schedule(name: str, peak: float, epochs: int, steps: int) -> Callable[[int], Rates]:
    """Rates by step, counted from 0 over ``epochs`` epochs of ``steps`` steps.

    Parameters
    ----------
    name : {"constant", "halving", "cosine", "onecycle"}
        ``"onecycle"`` is `torch.optim.lr_scheduler.OneCycleLR` with a rise over a fifth of the
        steps: the rate goes from a 25th of the peak up and down to nearly zero, the momentum
        from 0.95 to 0.85 and back.
    peak : float
        Highest learning rate.
    epochs, steps : int
    """
    total = epochs * steps
    top = max(0.2 * total - 1, 0.0)  # where the rise ends

    def one_cycle(step: int) -> Rates:
        if step <= top and top > 0:
            share = _cosine(step / top)
            return Rates(peak * (share + (1 - share) / 25), 0.95 - 0.1 * share)
        share = _cosine((step - top) / max(total - 1 - top, 1.0))
        return Rates(peak * (1 - share + share / 25e4), 0.85 + 0.1 * share)

    return {
        "constant": lambda step: Rates(peak),
        "halving": lambda step: Rates(peak * 0.5 ** (step // steps)),
        "cosine": lambda step: Rates(peak * (1 - _cosine(step / total))),
        "onecycle": one_cycle,
    }[name]


def _cosine(x: float) -> float:
    """From 0 to 1 as ``x`` does, flat at both ends."""
    return 0.5 * (1 - math.cos(math.pi * x))
