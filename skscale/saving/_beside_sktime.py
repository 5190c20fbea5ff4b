"""Our files where sktime has a ``save`` of its own."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any
from zipfile import ZipFile

from skscale.saving._estimators import Savable

__all__ = ["SavableBesideSktime"]


class SavableBesideSktime(Savable):
    """Mixin of sktime's estimators: `save` and `load` in one file, beside sktime's."""

    @classmethod
    def _module_for_sktime(cls) -> str | None:
        if getattr(import_module("skscale"), cls.__name__, None) is cls:
            return "skscale"
        # A class within a function cannot be found; for others there is no word in a line.
        named = "<" not in cls.__qualname__ and "." not in cls.__qualname__
        return cls.__module__ if named and cls.__name__.isascii() else None

    def save(
        self, path: str | os.PathLike | None = None, serialization_format: str | None = None
    ) -> Any:
        """Save to one file without pickle, from which `skscale.load` makes the same estimator.

        Parameters
        ----------
        path : str, Path or None
            ``.zip`` is added where the name does not end so. What was there is replaced once all
            of the new file is written: whatever happens, the old or the new one lies there.
            None returns sktime's serialization in memory, for sktime's `load`.
        serialization_format : {"pickle", "cloudpickle"} or None, default=None
            Not None writes sktime's own file instead, for sktime's `load`.

        Raises
        ------
        ValueError
            If a parameter cannot be saved, such as a loss that is a function; names it.
        OSError
            If the file cannot be written: there is no such folder, the disk is full.
        """
        if path is None or serialization_format is not None:
            return super(Savable, self).save(path, serialization_format or "pickle")  # type: ignore[misc]
        return super().save(path)

    @classmethod
    def load_from_path(cls, serial: Any) -> Any:
        """Load from a file, ours or sktime's; sktime's holds pickle: load only what you trust."""
        with ZipFile(serial) as file:
            of_sktime = "_obj" in file.namelist()
        if of_sktime:
            return super(Savable, cls).load_from_path(serial)  # type: ignore[misc]
        return cls.load(serial)
