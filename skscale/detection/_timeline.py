"""Where new rows stand beside the rows seen in a fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from skscale.forecasting._frames import as_numbers
from skscale.forecasting._panel import Panel
from skscale.forecasting._time import TimeStep

__all__ = ["Joined", "Timeline"]


class Joined(NamedTuple):
    """The rows seen and the new ones on one grid without gaps.

    Attributes
    ----------
    frame : DataFrame
        Where both have a row the new one counts; nan where neither has.
    start, stop : int
        The new rows are ``frame[start:stop]``.
    known_from : int
        First row of the unbroken stretch that ends with the new rows.
    """

    frame: pd.DataFrame
    start: int
    stop: int
    known_from: int


@dataclass(frozen=True)
class Timeline:
    """One series on its grid of time.

    Attributes
    ----------
    rows : DataFrame
        All rows seen, one for every step.
    step : TimeStep
        Of their index.
    """

    rows: pd.DataFrame
    step: TimeStep

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Timeline:
        """Read the step of an index; ValueError where it is uneven, TypeError where it is none."""
        frame = pd.DataFrame(as_numbers(rows), rows.index, rows.columns)
        return cls(frame, Panel.from_frames(frame).step)

    def joined(self, new: pd.DataFrame, ahead: int = 0) -> Joined:
        """Put ``new`` rows on the grid, and ``ahead`` rows of nan behind all.

        Raises
        ------
        TypeError
            If their index is of another kind.
        ValueError
            If their columns are others, or they leave the grid.
        """
        values, n = self._values_of(new), len(self.rows)
        at = self._positions_of(new.index)
        first, last = min(0, at), max(n, at + len(new)) + ahead
        grid = np.full((last - first, values.shape[1]), np.nan)
        known = np.zeros(len(grid), dtype=bool)
        for position, rows in ((0, self.rows.to_numpy()), (at, values)):
            part = slice(position - first, position - first + len(rows))
            grid[part], known[part] = rows, True
        origin = self.rows.index[:1].repeat(len(grid))
        times = self.step.shift(origin, np.arange(first, last))
        start = at - first
        gaps = np.flatnonzero(~known[:start])
        frame = pd.DataFrame(grid, self.step.with_freq(times), self.rows.columns)
        return Joined(frame, start, start + len(new), int(gaps[-1]) + 1 if len(gaps) else 0)

    def _values_of(self, new: pd.DataFrame) -> np.ndarray:
        columns = self.rows.columns
        if len(columns) == new.shape[1] == 1:  # a series may have any name
            return as_numbers(new)
        if len(columns) != new.shape[1] or set(columns) != set(new.columns):
            raise ValueError(
                f"X has the columns {list(new.columns)}, but the detector was fitted with "
                f"{list(columns)}; they must be the same"
            )
        return as_numbers(new[list(columns)])

    def _positions_of(self, times: pd.Index) -> int:
        """Steps from the first row seen to the first of ``times``, which follow each other."""
        kind = self.rows.index
        try:
            steps = self.step.count(kind[0], times)
        except TypeError:
            raise TypeError(
                f"X has an index of {times.dtype}, but that of fit has {kind.dtype}; they must be "
                "of one kind"
            ) from None
        except ValueError:
            raise ValueError(
                f"the index of X leaves the grid of the data in fit, {self.step} from {kind[0]}"
            ) from None
        odd = np.flatnonzero(np.diff(steps) != 1)
        if len(odd):
            raise ValueError(
                f"the index of X is not evenly spaced: {times[odd[0]]} is followed by "
                f"{times[odd[0] + 1]}; a row of nan may stand in a gap"
            )
        return int(steps[0])
