"""One run: what training is told besides its data and its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from skscale.training.callbacks import Callback
from skscale.training.config import TrainingConfig
from skscale.training.objective import Objective, forecast_objective
from skscale.training.randomness import OwnNumbers
from skscale.training.runtime import Runtime

if TYPE_CHECKING:
    from skscale.training.checkpoint import Checkpoint, Checkpoints

__all__ = ["Run"]


@dataclass(frozen=True)
class Run:
    """Seed, runtime, objective, progress and checkpoints of a training run.

    Its random numbers are its own: torch's global generators are left alone, and several threads
    train at once. The streams go on from call to call, so that a run is made anew for every fit.

    Parameters
    ----------
    seed : int, default=0
        Of weights, dropout and batches.
    runtime : Runtime, optional
        Device, precision and processes; one process in float32 where the windows lie by default.
    objective : callable, optional
        ``objective(net, batch)`` is minimised, in place of the loss of the forecast.
    verbose : int, default=0
        1 shows a progress bar.
    callbacks : sequence of Callback, default=()
        Look on, and may stop it.
    checkpoints : callable, optional
        ``checkpoints(name)`` keeps the state of the training of that name.
    name : str, default="network"
        What is trained.

    Examples
    --------
    >>> import torch
    >>> from skscale.training import Run
    >>> nets = []
    >>> for _ in range(2):
    ...     with Run(seed=3).numbers:
    ...         nets.append(torch.nn.Linear(2, 1))
    >>> torch.equal(nets[0].weight, nets[1].weight)
    True
    """

    seed: int = 0
    runtime: Runtime | None = None
    objective: Objective | None = None
    verbose: int = 0
    callbacks: Sequence[Callback] = ()
    checkpoints: Checkpoints | None = None
    name: str = "network"

    @cached_property
    def numbers(self) -> OwnNumbers:
        """Draws weights within ``with run.numbers:``, in float32, and dropout in `train`."""
        return OwnNumbers(self.seed)

    @cached_property
    def batches(self) -> torch.Generator:
        """Draws the batches, on the CPU."""
        return torch.Generator().manual_seed(self.seed)

    def minimising(
        self,
        objective: Objective | None,
        callbacks: Sequence[Callback] = (),
        name: str = "network",
    ) -> Run:
        """Return this run, its random numbers going on, for another training."""
        run = replace(self, objective=objective, callbacks=callbacks, name=name)
        vars(run).update(numbers=self.numbers, batches=self.batches)
        return run

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Where the state of the training is kept; None for nowhere."""
        return None if self.checkpoints is None else self.checkpoints(self.name)

    def runtime_on(self, device: torch.device) -> Runtime:
        """Return the runtime, one process in float32 on ``device`` by default."""
        return self.runtime or Runtime(device)

    def objective_of(self, config: TrainingConfig) -> Objective:
        """Return the objective, the loss of ``config`` by default."""
        return self.objective or forecast_objective(config.loss)
