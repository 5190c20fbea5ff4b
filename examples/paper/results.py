"""Tables of finished runs: one CSV row a run, appended at once, so that a kill loses no other."""

from __future__ import annotations

import csv
import io
import json
import os
import platform
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

import skscale
from examples.paths import ROOT


class ResultTable:
    """Rows of finished runs in a CSV file.

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
        if not self.path.is_file() or not self.path.stat().st_size:
            return []
        with self.path.open(newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            header = tuple(next(reader))
            if header != self.columns:
                raise ValueError(
                    f"{self.path} has the columns {header}, not {self.columns}; move it away"
                )
            return [
                dict(zip(header, row, strict=True)) for row in reader if len(row) == len(header)
            ]

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
        if self.find(key) is None:
            self.append({**key, **run()})
        found = self.find(key)
        assert found is not None
        return found

    def append(self, row: Mapping[str, object]) -> None:
        """Add a row with a single write, which other processes' rows cannot interleave."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            size = os.fstat(handle).st_size
            lines = [] if size else [self.columns]
            lines.append(tuple(row[name] for name in self.columns))
            start = "" if not size or _ends_line(self.path) else "\n"
            os.write(handle, (start + _csv(lines)).encode())
            os.fsync(handle)
        finally:
            os.close(handle)


def settings_text(settings: Mapping[str, object]) -> str:
    """Settings as one JSON line, in alphabetical order."""
    return json.dumps(dict(settings), sort_keys=True)


def versions_text() -> str:
    """Version and commit of skscale, and what it ran on."""
    return (
        f"skscale {skscale.__version__}{_commit()}, torch {torch.__version__}, "
        f"python {platform.python_version()}, {platform.machine()}, "
        f"{torch.get_num_threads()} threads"
    )


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    try:
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f" ({found.stdout.strip()})"


def _ends_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _csv(lines: list[tuple]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()
