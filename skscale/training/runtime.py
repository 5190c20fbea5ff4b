"""Where a network trains: one process on one device, or all that torchrun has started."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from skscale.training.config import PRECISIONS
from skscale.training.data import BatchSource
from skscale.training.device import resolve_device

__all__ = ["Runtime"]

# What torchrun sets for every process that it starts. WORLD_SIZE alone says nothing: schedulers
# set it, too, and shells keep it.
_OF_TORCHRUN = (
    *("TORCHELASTIC_RUN_ID", "RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE"),
    *("MASTER_ADDR", "MASTER_PORT"),
)


@dataclass(frozen=True)
class Runtime:
    """Device, precision and processes of a training run.

    One process in float32 needs nothing but torch. Several processes and mixed precision go
    through Lightning Fabric, which is imported then and not before: that takes longer than many
    a fit. (Accelerate imports faster, but holds one precision and one device for the whole
    Python process, so that two estimators could not differ.)

    Parameters
    ----------
    device : torch.device
    fabric : lightning_fabric.Fabric or None

    Examples
    --------
    >>> from skscale.training import Runtime
    >>> Runtime.of("cpu").device
    device(type='cpu')
    """

    device: torch.device
    fabric: Any = None

    @classmethod
    def of(cls, name: str, precision: str = "fp32") -> Runtime:
        """Find the device and join the processes of torchrun, if it runs.

        Raises
        ------
        ValueError
            If there is no such device or precision.
        ImportError
            If Lightning Fabric is needed and missing.
        """
        device = resolve_device(name)
        if precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {PRECISIONS}, got {precision!r}")
        local, world = _processes()
        if precision == PRECISIONS[0] and world == 1:
            return cls(device)
        try:
            from lightning_fabric import Fabric
            from lightning_fabric.strategies import DDPStrategy
        except ImportError as error:
            raise ImportError(
                'several processes and precision="bf16" need Lightning Fabric: '
                "pip install 'skscale[parallel]'"
            ) from error
        with _silent("lightning_fabric"):
            fabric = Fabric(
                accelerator=device.type,
                devices=local if world > 1 else _one(device),
                num_nodes=max(1, world // local),
                strategy=DDPStrategy(static_graph=True) if world > 1 else "auto",
                precision="bf16-mixed" if precision == "bf16" else "32-true",
            )
            fabric.launch()
        return cls(fabric.device, fabric)

    @property
    def is_first(self) -> bool:
        """Whether this is the process that reports."""
        return self.fabric is None or self.fabric.is_global_zero

    @property
    def is_alone(self) -> bool:
        """Whether no other process trains along."""
        return self.n_processes == 1

    @property
    def n_processes(self) -> int:
        """Processes that train together."""
        return 1 if self.fabric is None else self.fabric.world_size

    @property
    def rank(self) -> int:
        """Number of this process, from 0."""
        return 0 if self.fabric is None else self.fabric.global_rank

    def gathered(self, value: Tensor) -> Tensor:
        """Stack a tensor of every process, by their numbers, on the CPU."""
        if self.is_alone:
            return value[None].cpu()
        return self.fabric.all_gather(value.to(self.device)).cpu()

    def agree(self, number: int) -> int:
        """Number of the first process, in all of them."""
        return number if self.fabric is None else self.fabric.broadcast(number)

    def wrap(self, net: nn.Module) -> nn.Module:
        """Bring ``net`` to the device; what it returns trains the same weights."""
        return net.to(self.device) if self.fabric is None else self.fabric.setup_module(net)

    def backward(self, loss: Tensor) -> None:
        """Gradients of ``loss``, averaged over the processes."""
        if self.fabric is None:
            loss.backward()
        else:
            self.fabric.backward(loss)

    def share(self, index: Tensor, windows: BatchSource) -> tuple[Tensor, Tensor | float]:
        """Part of a batch that this process works on, and the weight of its mean loss.

        The weighted mean losses of all processes average to the mean loss of the batch. A
        process left without windows works on one of another's, with weight zero.
        """
        if self.is_alone:
            return index, 1.0
        rank, world = self.fabric.global_rank, self.fabric.world_size
        observed = windows.observed(index)
        weight = observed[rank::world].sum() * world / observed.sum().clamp(min=1)
        part = index[rank::world].contiguous()
        return (part if len(part) else index[:1]), weight

    def mean(self, value: Tensor) -> Tensor:
        """Mean of ``value`` over the processes."""
        return value if self.fabric is None else self.fabric.all_reduce(value, reduce_op="mean")


def _processes() -> tuple[int, int]:
    """Processes of torchrun on this machine and on all; one without it."""
    if not all(name in os.environ for name in _OF_TORCHRUN):
        return 1, 1
    return int(os.environ["LOCAL_WORLD_SIZE"]), int(os.environ["WORLD_SIZE"])


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """Let the logger ``name`` and those below it say nothing less than a warning."""
    root = logging.getLogger(name)
    below = [child for child in logging.root.manager.loggerDict if child.startswith(f"{name}.")]
    loggers = [root, *map(logging.getLogger, below)]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _one(device: torch.device) -> int | list[int]:
    return 1 if device.type == "cpu" else [device.index or 0]
