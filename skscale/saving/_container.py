"""The file: a zip of few stored members, written whole or not at all, read with distrust."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import safetensors.numpy

from skscale import __version__

__all__ = ["FORMAT", "Content", "UnreadableFileError", "located", "read", "unreadable", "write"]

FORMAT = 1  # raised when an older skscale could not read the files
_HEADER, _STATE, _NUMBERS = "skscale.json", "state.json", "numbers.safetensors"
# A line that names the class, in the only words that sktime's `load` takes: those of pickle. It is
# written for sktime alone; here it is compared with the name in the header, and never unpickled.
_FOR_SKTIME = "_metadata"
_MOST_JSON = 2**24  # bytes; what is long lies among the numbers
_EPOCH = (1980, 1, 1, 0, 0, 0)  # equal estimators are equal files


class UnreadableFileError(ValueError):
    """A file is not one that `load` can read: damaged, changed, or too new.

    Examples
    --------
    >>> from skscale.saving import UnreadableFileError
    >>> issubclass(UnreadableFileError, ValueError)
    True
    """


class Content(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    kind : str
        Class of the estimator.
    state : dict
        What is no number, as JSON.
    arrays : dict of str to ndarray
    module : str or None
        Where sktime's `load` finds the class; None for what is not sktime's.
    """

    kind: str
    state: dict[str, Any]
    arrays: dict[str, np.ndarray]
    module: str | None = None


def located(path: str | os.PathLike) -> Path:
    """Where the file of that name lies: with ``.zip`` behind it where the name lacks that.

    Raises
    ------
    TypeError
        If ``path`` is no path.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path must be a str or Path, got {type(path).__name__}")
    name = os.fspath(path)
    if not isinstance(name, str):
        raise TypeError(f"path must be a str or Path, got {name!r}")
    return Path(name if name.endswith(".zip") else f"{name}.zip")


def write(path: Path, content: Content) -> None:
    """Write a file; whatever happens, the old one or the new one lies there.

    Raises
    ------
    OSError
        If the folder is missing, the disk is full and the like.
    """
    state = _as_json(content.state)
    if len(state) > _MOST_JSON:
        raise ValueError(f"the parameters are too long to save: {len(state)} bytes")
    members = {_STATE: state, _NUMBERS: safetensors.numpy.save(content.arrays)}
    sums = {name: hashlib.sha256(member).hexdigest() for name, member in members.items()}
    if content.module is not None:
        members[_FOR_SKTIME] = f"c{content.module}\n{content.kind}\n.".encode("ascii")
    header = {"format": FORMAT, "skscale": __version__, "class": content.kind, "sha256": sums}
    with _replacing(path) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as file:
        for name, member in {_HEADER: _as_json(header), **members}.items():
            file.writestr(zipfile.ZipInfo(name, _EPOCH), member)


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Write beside ``path``, and take its place once all of it is on the disk."""
    target = Path(os.path.realpath(path))  # a link stays one
    beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}.tmp")
    try:
        with open(beside, "xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if hasattr(os, "O_DIRECTORY"):  # the name, too, must outlive a loss of power
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read(path: Path) -> Content:
    """Read a file, as far as that goes without building anything.

    Members are stored, not compressed, so that no more is read than the file is long.

    Raises
    ------
    UnreadableFileError
        If it is no such file, damaged, or of a newer format.
    OSError
        If there is none.
    """
    with open(path, "rb") as stream, unreadable(path):
        with zipfile.ZipFile(stream) as file:
            _check_members(file)
            header = _from_json(_bytes(file, _HEADER, _MOST_JSON))
            _check_header(header)
            state = _bytes(file, _STATE, _MOST_JSON)
            numbers = _bytes(file, _NUMBERS)
            if _FOR_SKTIME in file.namelist():
                line = rf"c[\w.]+\n{re.escape(str(header['class']))}\n\."
                if not re.fullmatch(line.encode("utf-8"), _bytes(file, _FOR_SKTIME, 2**10)):
                    raise UnreadableFileError(f"{_FOR_SKTIME} does more than to name the class")
        for name, member in ((_STATE, state), (_NUMBERS, numbers)):
            if hashlib.sha256(member).hexdigest() != header["sha256"][name]:
                raise UnreadableFileError(f"the checksum of {name} is not that in {_HEADER}")
        found = _from_json(state)
        if not isinstance(found, dict):
            raise UnreadableFileError(f"{_STATE} holds no settings")
        return Content(header["class"], found, safetensors.numpy.load(numbers))


@contextmanager
def unreadable(path: Path) -> Iterator[None]:
    """Name the file in one error, whatever is wrong with what it holds."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        raise UnreadableFileError(f"{path} cannot be read: {error or type(error)}") from error


def _check_members(file: zipfile.ZipFile) -> None:
    found = [one.filename for one in file.infolist()]
    if "_obj" in found:
        raise UnreadableFileError(
            "it was saved by sktime, with pickle, as pipelines are; sktime.base.load reads it, and "
            "runs whatever code it holds: load only what you trust"
        )
    if found not in ([_HEADER, _STATE, _NUMBERS], [_HEADER, _STATE, _NUMBERS, _FOR_SKTIME]):
        raise UnreadableFileError(f"it holds {found[:5]}, not what skscale saves")
    if any(one.compress_type != zipfile.ZIP_STORED for one in file.infolist()):
        raise UnreadableFileError("its members are compressed, as those of skscale are not")


def _check_header(header: Any) -> None:
    version = header["format"]
    if type(version) is not int or version < 1:
        raise UnreadableFileError(f"its format is {version!r}")
    if version > FORMAT:
        raise UnreadableFileError(
            f"it has format {version} and was saved by skscale {header.get('skscale')}; this is "
            f"skscale {__version__}, which reads up to {FORMAT}: update skscale"
        )
    if set(header) != {"format", "skscale", "class", "sha256"}:
        raise UnreadableFileError(f"{_HEADER} holds {sorted(header)[:9]}")
    if not isinstance(header["class"], str):
        raise UnreadableFileError(f"{_HEADER} names no class")


def _bytes(file: zipfile.ZipFile, name: str, most: int | None = None) -> bytes:
    size = file.getinfo(name).file_size
    if size != file.getinfo(name).compress_size or (most is not None and size > most):
        raise UnreadableFileError(f"{name} claims {size} bytes")
    with file.open(name) as member:
        return member.read()


def _as_json(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")


def _from_json(text: bytes) -> Any:
    return json.loads(text, parse_constant=_refuse, object_pairs_hook=_distinct)


def _refuse(name: str) -> None:
    raise UnreadableFileError(f"{name} is no number of JSON")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise UnreadableFileError("a name occurs twice")
    return found
