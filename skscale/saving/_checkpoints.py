"""Checkpoints of a fit: a file for each network that it trains, which knows what fit it is of."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor

from skscale.saving._container import Content, UnreadableFileError, read, unreadable, write
from skscale.saving._values import Reader, Writer
from skscale.training.checkpoint import Checkpoint

__all__ = ["SUM", "Checkpoints", "check_folder"]

SUM = "sha256:"  # what the text of a long value begins with


class Checkpoints:
    """Checkpoints of one fit; called with the name of a network, gives that network's.

    Parameters
    ----------
    folder : str or Path
        Made when training begins, where it is missing.
    name : str
        What the names of the files begin with.
    fit : dict of str to str
        What the fit depends on, each as a text. A checkpoint is continued by a fit of
        which all that is the same.
    seed : int
        Of its random numbers.

    Attributes
    ----------
    seed : int
        That of the fit that goes on, where there is one.

    Raises
    ------
    UnreadableFileError
        If a file that lies there is damaged.
    ValueError
        If one is of another fit; names what differs.
    """

    def __init__(self, folder: str | os.PathLike, name: str, fit: dict[str, str], seed: int):
        self._folder, self._name, self._fit = Path(folder), name, fit
        self._files: dict[str, _File] = {}
        left = sorted(self._folder.glob(f"{glob.escape(name)}.*.zip"))
        seeds = [_read(path, fit)[1] for path in left]  # each is checked
        self.seed = seeds[0] if seeds else seed

    def __call__(self, network: str) -> Checkpoint | None:
        """Checkpoint of one of the networks."""
        return self._file(network)

    def end(self) -> None:
        """Remove the checkpoints of all networks: the fit is done."""
        for file in self._files.values():
            file.path.unlink(missing_ok=True)

    def _file(self, network: str) -> _File:
        if network not in self._files:
            path = self._folder / f"{self._name}.{network}.zip"
            self._files[network] = _File(path, self._fit, self.seed)
        return self._files[network]


class _File:
    """Checkpoint of one network: what `skscale.training.train` reads and writes.

    Attributes
    ----------
    path : Path
    """

    def __init__(self, path: Path, fit: dict[str, str], seed: int):
        self.path, self._fit, self._seed = path, fit, seed
        self._known: tuple[int, ...] | None = None  # the file as it was found or written here

    def read(self, like: dict[str, Any]) -> dict[str, Any] | None:
        """State that was written last; None if there is none.

        Raises
        ------
        UnreadableFileError
            If the file is damaged, or holds other than ``like``.
        ValueError
            If it is of another fit; names what differs.
        OSError
            If there can be no such folder.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _named(error) from error
        known = self._stamp()
        if known is None:
            return None
        (state, _), self._known = _read(self.path, self._fit), known
        with _or_remove(), unreadable(self.path):
            _check_alike(state, like, "training")
        return state

    def write(self, state: dict[str, Any]) -> None:
        """Keep a state in the place of the last one, which lies there until this one is whole.

        Raises
        ------
        ValueError
            If another fit has written here in the meantime.
        OSError
            If the file cannot be written.
        """
        if self._stamp() not in (None, self._known):
            _read(self.path, self._fit)
        writer = Writer()
        training = writer.put(state, "training")
        content = {"fit": self._fit, "seed": self._seed, "training": training}
        try:
            write(self.path, Content("checkpoint", content, writer.arrays))
        except OSError as error:
            raise _named(error) from error
        self._known = self._stamp()

    def _stamp(self) -> tuple[int, ...] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def _read(path: Path, fit: dict[str, str]) -> tuple[dict[str, Any], int]:
    """State and seed in a file, which must be of that fit."""
    with _or_remove():
        content = read(path)
        with unreadable(path):
            if content.kind != "checkpoint" or set(content.state) != {"fit", "seed", "training"}:
                raise UnreadableFileError(f"it holds a {content.kind}, no checkpoint")
            found, seed = content.state["fit"], content.state["seed"]
            state = Reader(content.arrays, [], None, None).take(content.state["training"], dict)
    differences = [
        _difference(name, found.get(name), fit.get(name))
        for name in sorted({*found, *fit})
        if found.get(name) != fit.get(name)
    ]
    if differences:
        raise ValueError(
            f"checkpoint_dir holds the checkpoint of another fit, {path}: "
            f"{'; '.join(differences)}. To go on, fit with the same data and parameters; to "
            "begin anew, remove it or name another checkpoint_dir"
        )
    return state, seed


def check_folder(name: str, value: object) -> None:
    """Raise ValueError unless ``value`` names a folder, or one that can be made, or is None."""
    if value is None:
        return
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(path, str) or not path or "\0" in path:
        raise ValueError(f"{name} must be a str or Path of a folder, or None, got {value!r}")
    if Path(path).exists() and not Path(path).is_dir():
        raise ValueError(f"{name} must be a folder, but {path!r} is a file")


def _difference(name: str, was: str | None, now: str | None) -> str:
    if was is None or now is None or SUM in (was[: len(SUM)], now[: len(SUM)]):
        return f"{name} differs"
    return f"{name} was {was} and is {now}"


def _check_alike(found: Any, like: Any, where: str) -> None:
    """Raise UnreadableFileError unless two states have the same names, types and shapes."""
    same = type(found) is type(like)
    if same and isinstance(like, dict):
        same = found.keys() == like.keys()
    if same and isinstance(like, Tensor):
        same = (found.shape, found.dtype) == (like.shape, like.dtype)
    if not same:
        raise UnreadableFileError(f"its {where} is not what the fit needs")
    if isinstance(like, dict):
        for name, value in like.items():
            _check_alike(found[name], value, f"{where}.{name}")


@contextmanager
def _or_remove() -> Iterator[None]:
    """Say what to do about a file that cannot be read."""
    try:
        yield
    except UnreadableFileError as error:
        raise UnreadableFileError(f"{error}; remove it to begin anew") from error


def _named(error: OSError) -> OSError:
    """Name the parameter in an error of the system."""
    return OSError(error.errno, f"checkpoint_dir: {error.strerror}", error.filename)
