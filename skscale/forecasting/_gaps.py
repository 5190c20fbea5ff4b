"""What stands for the missing values of columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from skscale.forecasting._panel import Panel

__all__ = ["filled", "persistence_of"]


def filled(rows: np.ndarray, persistence: np.ndarray, first: Any = 0) -> np.ndarray:
    """Standardised columns without gaps: each value expected from the last one before it.

    That times the ``persistence`` for every step between, which leads to the mean, zero, the sooner
    the less a column depends on its past; zero where there is none before.

    Parameters
    ----------
    rows, persistence : float64 ndarray of shape (n_points, ..., n_columns)
    first : int or int64 ndarray that broadcasts to ``rows``, default=0
        Where the series of every point begins.
    """
    point = np.arange(len(rows)).reshape(-1, *[1] * (rows.ndim - 1))
    last = np.maximum.accumulate(np.where(np.isnan(rows), -1, point), axis=0)
    found = np.take_along_axis(rows, last.clip(min=0), axis=0)
    return np.where(last >= first, found * persistence ** (point - last), 0.0)


def persistence_of(parts: Iterable[tuple[Panel, np.ndarray]]) -> np.ndarray:
    """Correlation of standardised columns with the row before, over all series; one if unknown.

    Parameters
    ----------
    parts : iterable of panels and their rows, float64 ndarrays of shape (n_points, n_columns)
    """
    found = np.sum([_with_row_before(panel, rows) for panel, rows in parts], axis=0)
    product, before, after = found
    size = np.sqrt(before * after)
    return np.divide(product.clip(min=0), size, out=np.ones_like(size), where=size > 0).clip(max=1)


def _with_row_before(panel: Panel, rows: np.ndarray) -> np.ndarray:
    """Sums of the products of rows and those before them, and of the squares of both."""
    together = panel.series[1:] == panel.series[:-1]
    before, after = rows[:-1][together], rows[1:][together]
    known = ~np.isnan(before + after)
    before, after = (np.where(known, part, 0.0) for part in (before, after))
    sums = ((before * after), before**2, after**2)
    return np.stack([values.sum(axis=0) for values in sums])
