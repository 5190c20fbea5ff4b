"""M4's training files, split by the number of a series.

Series numbered 7 modulo 10 are for final tests and are dropped while the file is read. Those with
3 modulo 10 serve choices: their last horizon is a target, and no weight ever sees them. All
others train. The competition's test files are not opened.

One table needs weights that are trained on all series, `examples.paper.m4_zero_shot`, and only for
it is there the part "everything". Nothing of it is packed or scored elsewhere.
"""

from __future__ import annotations

import lzma
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np


class Frequency(NamedTuple):
    """Name of the file, season, horizon, and the season that scales the competition's MASE."""

    name: str
    season: int
    horizon: int
    mase_season: int


FREQUENCIES = {
    f.name: f
    for f in (
        Frequency("Yearly", 1, 6, 1),
        Frequency("Quarterly", 4, 8, 4),
        Frequency("Monthly", 12, 18, 12),
        Frequency("Weekly", 52, 13, 1),
        Frequency("Daily", 7, 14, 1),
        Frequency("Hourly", 24, 48, 24),
    )
}
KEPT_ASIDE, CHOICE = 7, 3

# What weights are trained on: the training series, the same without the last horizon of each, or
# all series of the training files.
Part = Literal["training", "blind", "everything"]


@dataclass(frozen=True)
class Series:
    """Ragged series, one after the other.

    Attributes
    ----------
    numbers : int64 ndarray of shape (n_series,)
        Numbers of the series in the competition.
    starts, lengths : int64 ndarray of shape (n_series,)
        Where each lies in ``values``.
    values : float64 ndarray
    """

    numbers: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, numbers: list[int], rows: list[np.ndarray]) -> Series:
        """Put rows one after the other."""
        lengths = np.array([len(row) for row in rows])
        return cls(np.array(numbers), np.cumsum(lengths) - lengths, lengths, np.concatenate(rows))

    def rows(self) -> list[np.ndarray]:
        """Every series, from the oldest value on."""
        return np.split(self.values, self.starts[1:])

    def select(self, chosen: np.ndarray) -> Series:
        """The series at True positions."""
        rows = self.rows()
        keep = np.flatnonzero(chosen)
        return Series.of([int(self.numbers[i]) for i in keep], [rows[i] for i in keep])


def load(name: str, folder: Path) -> tuple[Series, Series]:
    """Training and choice series of a frequency."""
    series = _read(name, folder, lambda number: number % 10 != KEPT_ASIDE)
    choice = series.numbers % 10 == CHOICE
    return series.select(~choice), series.select(choice)


def load_part(name: str, folder: Path, part: Part) -> Series:
    """Series of a frequency that a part trains on."""
    if part == "everything":
        return _read(name, folder, lambda number: True)
    series, _ = load(name, folder)
    if part == "training":
        return series
    rows = [row[: -FREQUENCIES[name].horizon] for row in series.rows()]
    return Series.of([int(number) for number in series.numbers], rows)


def _read(name: str, folder: Path, wanted: Callable[[int], bool]) -> Series:
    """Series of a training file with the wanted numbers."""
    numbers, rows = [], []
    with lzma.open(folder / "m4" / f"{name}-train.csv.xz", "rt") as file:
        next(file)
        for line in file:
            key, *cells = line.replace('"', "").strip().split(",")
            number = int(key[1:])
            if wanted(number):
                numbers.append(number)
                rows.append(np.array([cell for cell in cells if cell], dtype=np.float64))
    return Series.of(numbers, rows)
