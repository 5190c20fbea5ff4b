"""The M4 competition: series, Naive2, and the competition's errors.

Errors as in Makridakis, Spiliotis and Assimakopoulos (2018); groups as in Oreshkin et al. (2020),
N-BEATS, and Table 3 of the Sigma paper.
"""

from __future__ import annotations

import csv
import lzma
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd


class Frequency(NamedTuple):
    """Horizon, the season that scales MASE, and the season a forecaster is told."""

    horizon: int
    mase_season: int
    season: int


# The competition scales weekly and daily errors by the plain naive forecast.
FREQUENCIES = {
    "Yearly": Frequency(6, 1, 1),
    "Quarterly": Frequency(8, 4, 4),
    "Monthly": Frequency(18, 12, 12),
    "Weekly": Frequency(13, 1, 52),
    "Daily": Frequency(14, 1, 7),
    "Hourly": Frequency(48, 24, 24),
}
GROUPS = {
    "Yearly": ("Yearly",),
    "Quarterly": ("Quarterly",),
    "Monthly": ("Monthly",),
    "Others": ("Weekly", "Daily", "Hourly"),
    "Average": tuple(FREQUENCIES),
}


@dataclass(frozen=True)
class M4:
    """All series of one frequency.

    Attributes
    ----------
    names : list of str
        Ids, such as ``H1``.
    train : list of float64 ndarray
        Values of every series, from the oldest on.
    test, naive2 : float64 ndarray of shape (n_series, horizon)
        What followed, and the competition's benchmark forecast of it.
    frequency : Frequency
    """

    names: list[str]
    train: list[np.ndarray]
    test: np.ndarray
    naive2: np.ndarray
    frequency: Frequency

    def recent(self, length: int) -> list[np.ndarray]:
        """At most the last ``length`` training points of every series."""
        return [values[-length:] for values in self.train]

    def rehearsal(self) -> M4:
        """The same competition one horizon earlier; seasonal naive stands in for Naive2."""
        horizon, season = self.frequency.horizon, self.frequency.season
        train = [values[:-horizon] for values in self.train]
        step = np.arange(horizon)
        naive = [values[len(values) - season + step % season] for values in train]
        test = np.stack([values[-horizon:] for values in self.train])
        return M4(self.names, train, test, np.stack(naive), self.frequency)


class M4Errors(NamedTuple):
    """Mean errors over series; sMAPE in percent."""

    smape: float
    mase: float


def load_m4(name: str, folder: Path) -> M4:
    """Load a frequency by its name in `FREQUENCIES` from the competition's csv files.

    Raises
    ------
    ValueError
        If there is no such frequency, or a test series has not the competition's horizon.
    FileNotFoundError
        If neither the csv nor the ``.csv.xz`` of a file is in ``folder/m4``.
    """
    if name not in FREQUENCIES:
        raise ValueError(f"frequency must be one of {list(FREQUENCIES)}, got {name!r}")
    frequency = FREQUENCIES[name]
    train = _rows(folder / "m4" / f"{name}-train.csv")
    test = _rows(folder / "m4" / f"{name}-test.csv")
    wrong = [key for key in train if len(test.get(key, ())) != frequency.horizon]
    if wrong:
        raise ValueError(f"series {wrong[0]} has not {frequency.horizon} test points")
    naive2 = _rows(folder / "m4" / "submission-Naive2.csv", {*train})
    return M4(
        list(train),
        list(train.values()),
        np.stack([test[key] for key in train]),
        np.stack([naive2[key] for key in train]),
        frequency,
    )


def panel_frame(names: list[str], series: list[np.ndarray]) -> pd.DataFrame:
    """Series as one sktime panel with integer time."""
    lengths = [len(values) for values in series]
    time = np.concatenate([np.arange(n) for n in lengths])
    # Codes instead of labels: pandas would sort and hash millions of strings.
    index = pd.MultiIndex(
        levels=[pd.Index(names, dtype=object), pd.RangeIndex(max(lengths))],
        codes=[np.repeat(np.arange(len(names)), lengths), time],
        names=["series", "time"],
    )
    return pd.DataFrame({"y": np.concatenate(series)}, index=index)


def smape(forecast: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Symmetric percentage error of every series, 0 to 200, from (n_series, horizon)."""
    size = np.abs(forecast) + np.abs(target)
    error = np.abs(forecast - target) / np.where(size > 0, size, 1.0)
    return 200.0 * error.mean(axis=1)


def mase(
    forecast: np.ndarray, target: np.ndarray, train: list[np.ndarray], season: int
) -> np.ndarray:
    """Absolute error of every series over that of the seasonal naive forecast in training.

    NaN where that has no error, as with a series that never changes.
    """
    scale = np.array([np.abs(values[season:] - values[:-season]).mean() for values in train])
    return np.abs(forecast - target).mean(axis=1) / np.where(scale > 0, scale, np.nan)


def errors(forecast: np.ndarray, data: M4) -> M4Errors:
    """Mean errors of forecasts (n_series, horizon), MASE over the series that have one.

    All have one in the competition; in a rehearsal a few of the shortest lack it.
    """
    if forecast.shape != data.test.shape:
        raise ValueError(f"forecast has shape {forecast.shape}, the test set {data.test.shape}")
    scaled = mase(forecast, data.test, data.train, data.frequency.mase_season)
    return M4Errors(float(smape(forecast, data.test).mean()), float(np.nanmean(scaled)))


def pooled(found: Sequence[M4Errors], n_series: Sequence[int]) -> M4Errors:
    """Errors of several frequencies together: means over all of their series."""
    return M4Errors(*(float(mean) for mean in np.average(found, axis=0, weights=n_series)))


def owa(model: M4Errors, naive2: M4Errors) -> float:
    """Overall weighted average: the mean of both errors, each relative to Naive2's."""
    return (model.smape / naive2.smape + model.mase / naive2.mase) / 2


def _rows(path: Path, wanted: set[str] | None = None) -> dict[str, np.ndarray]:
    """Id and values of every row, empty cells left out."""
    packed = path.with_suffix(".csv.xz")
    if not path.is_file() and not packed.is_file():
        raise FileNotFoundError(f"neither {path} nor {packed} exists; see --data")
    with path.open("rt") if path.is_file() else lzma.open(packed, "rt") as file:
        reader = csv.reader(file)
        next(reader)
        return {
            row[0]: np.array([cell for cell in row[1:] if cell not in ("", "NA")], dtype=float)
            for row in reader
            if wanted is None or row[0] in wanted
        }
