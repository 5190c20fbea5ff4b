"""Which fit checkpoints are of, and fits that go on where one with fewer epochs ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch

from skscale import __version__
from skscale.saving._checkpoints import SUM, Checkpoints
from skscale.saving._values import Writer
from skscale.training import Run
from skscale.training.checkpoint import Checkpoint

__all__ = ["carrying_on", "checkpoints_of", "described"]

# Parameters that change no bit, or are described otherwise.
_LEFT_OUT = {"callbacks", "checkpoint_dir", "device", "random_state", "verbose"}
_LONGEST = 100  # characters of a value that a message shows; longer ones are compared by a sum
_CARRIED: ContextVar[Path | None] = ContextVar("folder of what is carried on", default=None)


@contextmanager
def carrying_on(folder: Path | None) -> Iterator[None]:
    """Within, a fit goes on where the same fit with fewer epochs has ended.

    That is so for the network of the forecast; whatever is fitted behind it begins anew. With a
    learning rate that does not depend on the number of epochs, constant or halving, the result
    is to the bit that of a fit from the first epoch.

    Parameters
    ----------
    folder : Path or None
        Where the states of training lie from one fit to the next, a file each; with None
        nothing is carried on.
    """
    token = _CARRIED.set(folder)
    try:
        yield
    finally:
        _CARRIED.reset(token)


class _Carried(Checkpoints):
    """The state in which the training of the network ends, written when the whole fit does."""

    def __init__(self, folder: Path, fit: dict[str, str], seed: int):
        super().__init__(folder, hashlib.sha256(json.dumps(fit).encode()).hexdigest(), fit, seed)
        self._last: dict[str, Any] | None = None

    def __call__(self, network: str) -> Checkpoint | None:
        """Keep nothing of others than the network of the forecast."""
        return self if network == Run.name else None

    def read(self, like: dict[str, Any]) -> dict[str, Any] | None:
        """State in which a fit of fewer epochs ended, if there was one."""
        return self._file(Run.name).read(like)

    def write(self, state: dict[str, Any]) -> None:
        """Remember a copy: training goes on in the same memory."""
        self._last = deepcopy(state)

    def end(self) -> None:
        """Write what was remembered."""
        if self._last is not None:
            self._file(Run.name).write(self._last)


def checkpoints_of(
    estimator: Any, data: Callable[[], dict[str, Any]], run: Run, suffix: str = ""
) -> Checkpoints | None:
    """Where the fit of an estimator keeps its checkpoints; None if it keeps none.

    A fit whose ``random_state`` is None goes on with the seed of the one that was killed.

    Parameters
    ----------
    estimator : estimator
        Its parameters count, and among them ``checkpoint_dir`` says where.
    data : callable
        What the fit depends on besides, by the names that messages give it; asked for only where
        checkpoints are kept.
    run : Run
        Its seed, device and processes count.
    suffix : str, default=""
        Tells fits of one estimator apart in the names of files.
    """
    carried = _CARRIED.get()
    if carried is None and estimator.checkpoint_dir is None:
        return None
    kind, runtime = type(estimator), run.runtime_on(torch.device("cpu"))
    parameters = estimator.get_params(deep=False)
    what = {
        **{name: value for name, value in parameters.items() if name not in _LEFT_OUT},
        **data(),
        "the class": f"{kind.__module__}.{kind.__qualname__}",
        "random_state": None if estimator.random_state is None else run.seed,
        "device": runtime.device.type,
        "the number of processes": runtime.n_processes,
        "skscale": __version__,
        "torch": str(torch.__version__),
    }
    fit = {name: described(value, name) for name, value in what.items()}
    if carried is not None:
        del fit["max_epochs"]
        return _Carried(carried, fit, run.seed)
    return Checkpoints(estimator.checkpoint_dir, f"{kind.__name__}{suffix}", fit, run.seed)


def described(value: Any, name: str) -> str:
    """Text that two values share if they are the same.

    Parameters
    ----------
    value : object
        Functions are known by their names alone.
    name : str
        What it is, for the message.

    Raises
    ------
    ValueError
        If the value is none that can be saved.
    """
    if callable(value):
        kind = value if hasattr(value, "__qualname__") else type(value)
        return f"{kind.__module__}.{kind.__qualname__}"
    writer = Writer()
    plain = value.item() if isinstance(value, np.generic) else value
    text = json.dumps(writer.put(plain, name))
    if not writer.arrays and len(text) <= _LONGEST:
        return text
    total = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    for key, array in sorted(writer.arrays.items()):
        total.update(f"{key} {array.dtype.str} {array.shape}".encode("utf-8", "surrogatepass"))
        total.update(array.tobytes())
    return SUM + total.hexdigest()
