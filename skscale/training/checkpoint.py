"""The state of a training after an epoch, from which it goes on to the bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import torch
from torch import nn

from skscale.training.best_weights import BestWeights
from skscale.training.callbacks import Watch
from skscale.training.config import History
from skscale.training.optimizer import Adam
from skscale.training.randomness import global_generator
from skscale.training.run import Run
from skscale.training.runtime import Runtime

__all__ = ["Checkpoint", "Checkpoints", "TrainingState"]


class Checkpoint(Protocol):
    """Where the state of one training is kept: nested dicts of tensors, numbers and text."""

    def read(self, like: dict[str, Any]) -> dict[str, Any] | None:
        """State that was written last, of the form of ``like``; None if there is none."""

    def write(self, state: dict[str, Any]) -> None:
        """Keep a state in the place of the last one."""


# The checkpoint of a network, by its name within a fit; None if it has none.
Checkpoints = Callable[[str], Checkpoint | None]


class TrainingState(NamedTuple):
    """All that changes while a network trains.

    Several processes share weights and optimizer, but each draws numbers of its own: the
    first one writes, with everybody's generators, and all of them read.
    """

    checkpoint: Checkpoint | None
    net: nn.Module
    best: BestWeights | None
    optimizer: Adam
    history: History
    watch: Watch
    generators: dict[str, torch.Generator]
    runtime: Runtime

    def keep(self, over: bool) -> None:
        """Call after an epoch; ``over`` says that no more would follow, however many are asked."""
        if self.checkpoint is None:
            return
        state = self._as_dict(over)
        if self.runtime.is_first:
            self.checkpoint.write(state)

    def resume(self) -> bool:
        """Go on where the checkpoint stands, if there is one; whether training was over.

        Raises
        ------
        ValueError
            If the first process finds a checkpoint, and this one does not.
        """
        if self.checkpoint is None:
            return False
        state = self.checkpoint.read(self._as_dict(over=False))
        if not self.runtime.agree(int(state is not None)):
            return False
        if state is None:
            raise ValueError("checkpoint_dir must be a folder that all processes see")
        self.net.load_state_dict(state["net"])
        if self.best is not None:
            self.best.load_state_dict(state["best"])
        self.optimizer.load_state_dict(state["optimizer"])
        for name, generator in self.generators.items():
            # A copy: torch reads a view from the start of its memory, or beyond its end.
            generator.set_state(state["generators"][name][self.runtime.rank].clone())
        for name, values in state["history"].items():
            getattr(self.history, name)[:] = values
        self.watch.elapsed = state["elapsed"]
        return state["over"]

    def _as_dict(self, over: bool) -> dict[str, Any]:
        gathered = self.runtime.gathered
        return {
            "net": dict(self.net.state_dict()),
            "best": None if self.best is None else self.best.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generators": {k: gathered(g.get_state()) for k, g in self.generators.items()},
            "history": {k: v for k, v in vars(self.history).items() if isinstance(v, list)},
            "elapsed": self.watch.elapsed,
            "over": over,
        }


def generators_of(run: Run, device: torch.device, compiled: bool) -> dict[str, torch.Generator]:
    """Generators that training draws from: those of the run, and torch's where it is compiled."""
    found = {"batches": run.batches}
    for one in (torch.device("cpu"), device):
        found[one.type] = run.numbers.generator(one)
    if compiled:
        found["global"] = global_generator(device)
    return found
