"""Estimators that save themselves, and how they are found again."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any, ClassVar, Self

from torch import nn

from skscale.saving._container import Content, UnreadableFileError, located, read, unreadable, write
from skscale.saving._values import Reader, Writer
from skscale.training import resolve_device

__all__ = ["OF_THE_RUN", "Savable", "load"]

# Parameters that are not saved: a file is not to say what is called or where we write.
OF_THE_RUN = "callbacks", "checkpoint_dir"


@dataclass
class Parts:
    """What a transformer is: parameters, and all other attributes."""

    parameters: dict[str, Any]
    learned: dict[str, Any] = field(default_factory=dict)


class Savable:
    """Mixin of estimators that are saved in one file without pickle.

    A subclass may overwrite `_to_save` and `_from_saved`, which turn it to a record and back,
    and name the records and networks that it holds.
    """

    _saved_records: ClassVar[list[type]] = [Parts]
    _saved_networks: ClassVar[list[type]] = []

    @classmethod
    def _kinds_of_network(cls) -> list[type[nn.Module]]:
        """Networks that a file of the estimator may hold."""
        return cls._saved_networks

    @classmethod
    def _module_for_sktime(cls) -> str | None:
        """Where sktime's `load` finds the class."""
        return None

    def save(self, path: str | os.PathLike) -> None:
        """Save to one file, from which `skscale.load` makes the same estimator.

        Parameters
        ----------
        path : str or Path
            ``.zip`` is added where the name does not end so. What was there is replaced once all
            of the new file is written: whatever happens, the old or the new one lies there.

        Raises
        ------
        ValueError
            If a parameter or attribute cannot be saved, such as a function; names it.
        OSError
            If the file cannot be written: there is no such folder, the disk is full.
        """
        save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike) -> Self:
        """Load an estimator of this class, see `skscale.load`.

        The way to load a class of your own, which `skscale.load` does not know.
        """
        return _loaded(path, cls)

    def _to_save(self) -> Any:
        parameters = self.get_params(deep=False)  # type: ignore[attr-defined]
        learned = {k: v for k, v in vars(self).items() if k not in parameters}
        return Parts({k: v for k, v in parameters.items() if k not in OF_THE_RUN}, learned)

    @classmethod
    def _from_saved(cls, parts: Any) -> Self:
        given = {k: v for k, v in parts.parameters.items() if k not in OF_THE_RUN}
        estimator = cls(**given)
        parameters = estimator.get_params(deep=False)  # type: ignore[attr-defined]
        for name, value in parts.learned.items():
            # Nothing of the class may be hidden by a value.
            if not name.isidentifier() or hasattr(cls, name) or name in parameters:
                raise UnreadableFileError(f"an attribute is named {name[:60]!r}")
            setattr(estimator, name, value)
        return estimator


def save(estimator: Savable, path: str | os.PathLike) -> None:
    """Save an estimator, see `Savable.save`."""
    target, writer = located(path), Writer()
    state = {"estimator": writer.put(estimator._to_save(), type(estimator).__name__)}
    state["networks"] = writer.networks
    name, module = type(estimator).__name__, estimator._module_for_sktime()
    write(target, Content(name, state, writer.arrays, module))


def load(path: str | os.PathLike) -> Any:
    """Load an estimator that was saved with its method ``save``.

    Nothing in the file is run, and pickle is not used: a file may come from anywhere.

    Parameters
    ----------
    path : str or Path
        The name that was given to ``save``, with or without ``.zip``.

    Returns
    -------
    estimator
        Of the class that was saved, on the CPU. Where the parameter ``device`` names one that is
        not there, it becomes ``"auto"``.

    Raises
    ------
    UnreadableFileError
        If the file is damaged, was not written by skscale, or has a newer format; a ValueError.
    OSError
        If there is no such file.

    Warns
    -----
    UserWarning
        If ``device`` has changed.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import skscale
    >>> X = np.arange(12.0).reshape(2, 6)
    >>> pooling = skscale.AveragePooling(scale=3).fit(X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pooling.save(f"{folder}/pooling")
    ...     skscale.load(f"{folder}/pooling").transform(X)
    array([[ 1.,  4.],
           [ 7., 10.]])
    """
    return _loaded(path, Savable)


def _loaded(path: str | os.PathLike, asked: Any) -> Any:
    target = located(path)
    content = read(target)
    with unreadable(target):
        cls = _found(content.kind, asked)
        if not issubclass(cls, asked):
            raise UnreadableFileError(f"it holds a {content.kind}, not a {asked.__name__}")
        if set(content.state) != {"estimator", "networks"}:
            raise UnreadableFileError(f"it holds {sorted(content.state)[:5]}")
        reader = Reader(content.arrays, content.state["networks"], cls, partial(_found, asked=cls))
        parts = reader.take(content.state["estimator"])
        reader.finish()
        moved = _moved_device(parts.parameters)
        estimator = cls._from_saved(parts)
    if moved is not None:
        warnings.warn(
            f"{target} was saved with device={moved!r}, which is not there: it is 'auto' now",
            stacklevel=3,
        )
    return estimator


def _found(name: str, asked: Any = None) -> Any:
    """Class of that name: the one that is ``asked`` for, or one of the package."""
    if asked is not None and asked.__name__ == name:
        return asked
    public = not name.startswith("_") and name.isidentifier()
    found = getattr(import_module("skscale"), name, None) if public else None
    if not (isinstance(found, type) and issubclass(found, Savable)):
        raise UnreadableFileError(
            f"it holds a {name[:60]}, which is no class of skscale; where it is one of your own, "
            f"call its load: {name[:60]}.load(path)"
        )
    return found


def _moved_device(parameters: dict[str, Any]) -> Any:
    """Replace a device that is not there by "auto"; return its name."""
    device = parameters.get("device", "auto")
    try:
        resolve_device(device)
    except ValueError:
        parameters["device"] = "auto"
        return device
    return None
