"""Units of exogenous columns: what brings them to numbers around zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skscale.forecasting._frames import as_numbers
from skscale.forecasting._gaps import persistence_of
from skscale.forecasting._panel import Panel
from skscale.forecasting._statistics import by_blocks, extremes, moments

__all__ = ["FURTHEST", "ColumnUnits", "exogenous", "standardised_rows"]

# Scaled values beyond this many deviations stop here, where float32 can still square and add them.
FURTHEST = 1e8
# A column that varies by less than this part of its size is constant: the rest is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class ColumnUnits:
    """Units of exogenous columns that series share.

    Attributes
    ----------
    shared : bool ndarray of shape (n_columns,)
        Static columns, and those of zeros and ones, which have the same unit in every series.
        Others have one of each series, since a price may be in another currency.
    location, scale : float64 ndarray of shape (n_columns,)
        Of shared units; and the scale of any column in a series where it never varied. Infinite
        for one that varied nowhere: nothing was learned about its changes.
    persistence : float64 ndarray of shape (n_columns,)
        Correlation of a value with the one before it, in [0, 1].
    """

    shared: np.ndarray
    location: np.ndarray
    scale: np.ndarray
    persistence: np.ndarray

    @classmethod
    def of(cls, panel: Panel, static: slice = slice(0)) -> ColumnUnits:
        """Learn the units of a panel's columns, some of them ``static``."""
        if panel.X is None or not panel.X.shape[1]:
            return cls(np.zeros(0, dtype=bool), np.zeros(0), np.zeros(0), np.zeros(0))
        own_location, own_scale, constant, counts = by_blocks(panel, _own_units)
        weight = np.where(constant, 0, counts)
        varied = weight.sum(axis=0) > 0
        pooled = np.sqrt((weight * own_scale**2).sum(axis=0) / weight.sum(axis=0).clip(min=1))
        mean, deviation, shared = _pooled(panel)
        shared[static] = True
        scale = np.where(shared, deviation, np.where(varied, pooled, np.inf))
        location, scales = (
            np.where(shared, mean, own_location),
            np.where(shared | constant, scale, own_scale),
        )
        persistence = persistence_of(
            (block, standardised_rows(exogenous(block), block.series, location[i], scales[i]))
            for i, block in panel.blocks()
        )
        persistence[static] = 1.0
        return cls(shared, mean, scale, persistence)

    def of_series(self, panel: Panel) -> tuple[np.ndarray, np.ndarray]:
        """Location and scale of the columns of every series, both (n_series, n_columns)."""
        if panel.X is None or not panel.X.shape[1]:
            return (np.zeros((len(panel.lengths), len(self.scale))),) * 2
        location, scale, constant, _ = by_blocks(panel, _own_units)
        return (
            np.where(self.shared, self.location, location),
            np.where(self.shared | constant, self.scale, scale),
        )


def exogenous(panel: Panel, points: np.ndarray | None = None) -> np.ndarray:
    """Exogenous columns at ``points``, or at every point, (n_points, n_columns)."""
    if panel.X is None:
        return np.zeros((len(panel.values if points is None else points), 0))
    return as_numbers(panel.X if points is None else panel.X.iloc[points])


def standardised_rows(
    rows: np.ndarray, series: np.ndarray, location: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    """Standardise ``rows`` (n, n_columns) that belong to ``series`` (n,); nan stays.

    Parameters
    ----------
    location, scale : float64 ndarray of shape (n_series, n_columns)
    """
    rows = rows - location[series]
    rows /= scale[series]
    return np.clip(rows, -FURTHEST, FURTHEST, out=rows)


def _own_units(panel: Panel) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Location and scale of the columns within every series, where constant, and their counts."""
    columns = exogenous(panel)
    location, scale = moments(panel, columns, np.ones_like(columns, dtype=bool))
    highest, lowest = extremes(panel, columns)
    size = np.maximum(np.abs(highest), np.abs(lowest))
    constant = highest - lowest <= _ROUNDING * size
    counts = np.add.reduceat((~np.isnan(columns)).astype(np.int64), panel.offsets[:-1])
    return np.where(constant, highest, location), scale, constant, counts


def _pooled(panel: Panel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and deviation of the columns over all series; which hold nothing but zeros and ones.

    One without any value counts as zeros: it never varies.
    """
    blocks = [block for _, block in panel.blocks()]
    size, count, binary = 0.0, 0, True
    for block in blocks:
        columns = exogenous(block)
        known = ~np.isnan(columns)
        size = np.maximum(size, np.abs(np.where(known, columns, 0.0)).max(axis=0))
        count = count + known.sum(axis=0)
        binary = binary & ((columns == 0) | (columns == 1) | ~known).all(axis=0)
    # A power of two costs no digit, and keeps the squares of any float64 within its range.
    _, exponent = np.frexp(size)
    count = np.maximum(count, 1)
    mean = sum(np.nansum(np.ldexp(exogenous(b), -exponent), axis=0) for b in blocks) / count
    squares = sum(
        np.nansum((np.ldexp(exogenous(b), -exponent) - mean) ** 2, axis=0) for b in blocks
    )
    mean, deviation = np.ldexp(mean, exponent), np.ldexp(np.sqrt(squares / count), exponent)
    return mean, deviation, binary & (deviation > 0)
