"""The papers' own numbers, from ``published.csv``.

All are from Tables 4, 7, 8, 9, 10 and 13 of the Sigma paper, arXiv 2605.31129; those of TimeMixer
(Table 7) and DLinear (Table 10) are its, too, at the same context.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

FILE = Path(__file__).with_name("published.csv")


@cache
def _table() -> pd.Series:
    frame = pd.read_csv(FILE, dtype=str, keep_default_na=False)
    keys = ["table", "model", "dataset", "context", "horizon", "metric"]
    return frame.set_index(keys)["value"].astype(float).sort_index()


def published(
    table: int,
    model: str,
    dataset: str,
    metric: str,
    *,
    context: int | str = 96,
    horizon: int | str = "",
) -> float:
    """One number of the paper.

    Raises
    ------
    KeyError
        If the paper has no such number.
    """
    return float(_table()[str(table), model, dataset, str(context), str(horizon), metric])
