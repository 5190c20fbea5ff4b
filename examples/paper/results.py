"""Tables of finished runs: one CSV row a run, appended at once, so that a kill loses no other."""

from __future__ import annotations

import csv
import io
import json
import platform
import subprocess
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

import torch
from filelock import FileLock

import skscale
from examples.paths import ROOT


class ResultTable:
    """Rows of finished runs in a CSV file, to which several processes may add.

    Parameters
    ----------
    path : Path
        Created with the first row.
    keys : tuple of str
        Columns that tell one run from another.
    values : tuple of str
        Columns that hold what a run found.
    """

    def __init__(self, path: Path, keys: tuple[str, ...], values: tuple[str, ...]):
        self.path = path
        self.keys = keys
        self.columns = keys + values

    def rows(self) -> list[dict[str, str]]:
        """Whole rows; one that a kill cut off does not count."""
        lines = csv.reader(io.StringIO(whole_text(self.path), newline=""))
        header = tuple(next(lines, self.columns))
        if header != self.columns:
            raise ValueError(
                f"{self.path} has the columns {header}, not {self.columns}; move it away"
            )
        return [dict(zip(header, line, strict=True)) for line in lines]

    def find(self, key: Mapping[str, object]) -> dict[str, str] | None:
        """Row of a finished run, or None."""
        wanted = [str(key[name]) for name in self.keys]
        for row in self.rows():
            if [row[name] for name in self.keys] == wanted:
                return row
        return None

    def row(
        self, key: Mapping[str, object], run: Callable[[], Mapping[str, object]]
    ) -> dict[str, str]:
        """Row of a run; ``run`` gives its other columns, only if the table lacks it."""
        return self.find(key) or self.append({**key, **run()})

    def append(self, row: Mapping[str, object]) -> dict[str, str]:
        """Add a row, unless another process has added the same run; return what stands there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock"):
            found = self.find(row)
            if found is not None:
                return found
            whole = whole_text(self.path).encode()
            line = tuple(str(row[name]) for name in self.columns)
            with self.path.open("ab") as file:
                file.truncate(len(whole))  # what a kill cut off
                file.write(_csv([line] if whole else [self.columns, line]).encode())
        return dict(zip(self.columns, line, strict=True))


def whole_text(path: Path) -> str:
    """Text of a table but for a last line that a kill cut off; empty if there is no file."""
    found = path.read_bytes() if path.is_file() else b""
    return found[: found.rfind(b"\n") + 1].decode()


def settings_text(settings: Mapping[str, object]) -> str:
    """Settings as one JSON line, in alphabetical order."""
    return json.dumps(dict(settings), sort_keys=True)


def versions_text() -> str:
    """Version and commit of skscale, and what it ran on."""
    card = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return (
        f"skscale {skscale.__version__}{COMMIT}, torch {torch.__version__}, "
        f"sktime {version('sktime')}, python {platform.python_version()}, {platform.machine()}, "
        f"{torch.get_num_threads()} threads{card}"
    )


def _commit() -> str:
    """Last commit; "dirty" if the code has changed since, whatever became of the results."""
    commands = (
        ["git", "rev-parse", "--short", "HEAD"],
        ["git", "status", "--porcelain", "--", "skscale", "examples"],
    )
    try:
        commit, changes = (
            subprocess.run(c, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
            for c in commands
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f" ({commit}{'-dirty' if changes else ''})"


COMMIT = _commit()  # when the code is imported: a run may end long after


def _csv(lines: list) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()
