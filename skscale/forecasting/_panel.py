"""Between pandas and arrays: every sktime container becomes one flat array, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from skscale.forecasting._frames import as_floats, channel_order, instances
from skscale.forecasting._positions import rows_at, series_starts
from skscale.forecasting._time import TimeStep
from skscale.forecasting._times import Times

__all__ = ["Panel"]

# Points that are computed with at once, so that what is between the data and the result stays
# small: 2 MB for each column of numbers.
_POINTS_AT_ONCE = 2**18


@dataclass(frozen=True)
class Panel:
    """Series of any lengths, one after the other, with their exogenous columns.

    Attributes
    ----------
    values : float64 or float32 ndarray of shape (n_points, n_channels)
        nan where one is missing. As the frame holds them, and shared with it where that can be;
        computed with in float64, see `blocks`.
    X : DataFrame of n_points rows, or None
        Exogenous columns at every point; its index does not count.
    offsets : int64 ndarray of shape (n_series + 1,)
    keys : Index or None
        Instance of every series; None for a single series without instance levels.
    times : Times
        Time of every point.
    names : list of str or None
        Level names of the index.
    columns : Index
        Channel names.
    step : TimeStep
    """

    values: np.ndarray
    X: pd.DataFrame | None
    offsets: np.ndarray
    keys: pd.Index | None
    times: Times
    names: list
    columns: pd.Index
    step: TimeStep

    @classmethod
    def from_frames(
        cls, y: pd.DataFrame, X: pd.DataFrame | None = None, freq: object = "auto"
    ) -> Panel:
        """Read frames of one series, or with instance levels before the time.

        ``freq`` is the step of the index; ``"auto"``: what the index tells. Rows of ``X`` that
        belong to no row of ``y`` are left out.

        Raises
        ------
        ValueError
            If the index is uneven or unsorted, or ``X`` lacks a row.
        """
        keys, offsets, times = _split_index(y.index)
        step = TimeStep.of(times, offsets, None if freq == "auto" else freq)
        step.check_regular(times, offsets)
        names = list(y.index.names)
        rows = _rows_beside(X, y.index)
        return cls(as_floats(y), rows, offsets, keys, times, names, y.columns, step)

    def continued(
        self, y: pd.DataFrame, X: pd.DataFrame | None, at_least: int
    ) -> tuple[Panel, Panel]:
        """Read frames of these series and what came since, perhaps after gaps.

        A network looks back over an unbroken context, but learns from all of them.

        Returns
        -------
        stretches : Panel
            Every unbroken stretch of a series, as a series of its own.
        newest : Panel
            The last stretch of every series.

        Raises
        ------
        ValueError
            If a stretch behind a gap is the last and has less than ``at_least`` points.
        """
        keys, offsets, times = _split_index(y.index)
        step = self.step.with_holidays(times, offsets)
        gaps = step.gaps(times, offsets)
        ends = np.sort(np.concatenate([offsets, gaps]))
        step.check_regular(times, ends)
        series = np.searchsorted(offsets, ends[:-1], side="right") - 1
        last = np.searchsorted(ends, offsets[1:]) - 1
        whole = replace(
            self,
            values=as_floats(y),
            X=_rows_beside(X, y.index),
            offsets=ends,
            keys=None if keys is None else keys[series],
            times=times,
            columns=y.columns,
            step=step,
        )
        if not len(gaps):
            return whole, whole
        behind = np.bincount(series)[series[last]] > 1
        short = behind & (whole.lengths[last] < at_least)
        if short.any():
            start = ends[last[short.argmax()]]
            raise ValueError(
                f"y goes on at {times[start]}, after a gap that ends the data seen before at "
                f"{times[start - 1]}; fill the gap, or pass at least {at_least} points behind it: "
                "the network's context has to be unbroken"
            )
        return whole, whole.take(last)

    def take(self, series: np.ndarray) -> Panel:
        """The series at positions ``series``, in that order, as a panel."""
        if np.array_equal(series, np.arange(len(self.lengths))):
            return self
        rows = np.concatenate([np.arange(*self.offsets[i : i + 2]) for i in series])
        return self._at(rows, np.append(0, self.lengths[series].cumsum()), series)

    def _at(
        self, points: slice | np.ndarray, offsets: np.ndarray, series: slice | np.ndarray
    ) -> Panel:
        """Points of some of the series, which begin at ``offsets`` among them."""
        return replace(
            self,
            values=self.values[points],
            X=None if self.X is None else self.X.iloc[points],
            offsets=offsets,
            keys=None if self.keys is None else self.keys[series],
            times=self.times.part(points),
        )

    def blocks(self, at_most: int | None = None) -> Iterator[tuple[slice, Panel]]:
        """All series in turn, some at a time: which they are, and a panel of them.

        Those of a block have ``at_most`` points together, a quarter of a million by default,
        unless it is one long series. Their values are in float64: a view where they were.
        """
        at_most = _POINTS_AT_ONCE if at_most is None else at_most
        if self.offsets[-1] <= at_most:
            yield slice(None), self._in_float64()
            return
        first, n_series = 0, len(self.lengths)
        while first < n_series:
            start = self.offsets[first]
            end = int(np.searchsorted(self.offsets, start + at_most, side="right")) - 1
            series = slice(first, max(end, first + 1))
            offsets = self.offsets[first : series.stop + 1] - start
            yield series, self._at(self.points_of(series), offsets, series)._in_float64()
            first = series.stop

    def _in_float64(self) -> Panel:
        return replace(self, values=self.values.astype(np.float64, copy=False))

    def check_observed(self, at_least: int) -> Panel:
        """Return the panel if every channel has values.

        Raises
        ------
        ValueError
            If a series has a channel without any, or all have one with fewer than ``at_least``.
        """
        observed = ~np.isnan(self.values)
        if observed.all():
            return self  # too short a series is for others to name
        counts = np.add.reduceat(observed.astype(np.int64), self.offsets[:-1])
        few = counts.max(axis=0) < min(at_least, self.lengths.max())
        empty = counts == 0
        if few.any():
            name, n = self.columns[int(few.argmax())], int(counts.max(axis=0)[few][0])
            where = "" if self.keys is None else " in any series"
            raise ValueError(
                f"column {name!r} of y has {n or 'no'} value{'s' * (n != 1)}{where}, the rest is "
                f"missing; at least {at_least} are needed"
            )
        if empty.any():
            series, channel = np.argwhere(empty)[0]
            of = "" if self.keys is None else f" of {self.keys[series]!r}"
            raise ValueError(
                f"column {self.columns[channel]!r} of y has no value{of}; fill it, or leave "
                f"{'it' if self.keys is None else 'the series'} out"
            )
        return self

    def trimmed(self) -> Panel:
        """The same series from their first to their last row that has a value."""
        row = ~np.isnan(self.values).all(axis=1)
        if row[self.offsets[:-1]].all() and row[self.offsets[1:] - 1].all():
            return self
        place = np.arange(len(row))
        first = np.minimum.reduceat(np.where(row, place, len(row)), self.offsets[:-1])
        last = np.maximum.reduceat(np.where(row, place, -1), self.offsets[:-1])
        kept = (place >= first[self.series]) & (place <= last[self.series])
        # A stretch behind a gap may have no value at all: it leaves no series.
        some = last >= first
        lengths = (last - first + 1)[some]
        return self._at(kept, np.append(0, lengths.cumsum()), some)

    def with_columns(self, columns: pd.Index) -> Panel:
        """Bring the channels into the order of ``columns``, see `channel_order`."""
        order = channel_order(self.columns, columns)
        values = self.values if (np.diff(order) == 1).all() else self.values[:, order]
        return replace(self, values=values, columns=columns)

    def in_order_of_names(self) -> Panel:
        """The same series sorted by instance, so that nothing depends on the order they came in."""
        if self.keys is None:
            return self
        try:
            order = self.keys.argsort(kind="stable")
        except TypeError:  # names of several types have no order of their own
            order = np.argsort([repr(key) for key in self.keys], kind="stable")
        return self if (np.diff(order) == 1).all() else self.take(np.asarray(order))

    def points_of(self, series: slice) -> slice:
        """Points of neighbouring series."""
        first, stop, _ = series.indices(len(self.lengths))
        return slice(self.offsets[first], self.offsets[stop])

    @property
    def lengths(self) -> np.ndarray:
        """Points of every series."""
        return np.diff(self.offsets)

    @property
    def series(self) -> np.ndarray:
        """Series of every point."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    @property
    def positions(self) -> np.ndarray:
        """Position of every point within its series."""
        return np.arange(len(self.values)) - np.repeat(self.offsets[:-1], self.lengths)

    @property
    def last_times(self) -> pd.Index:
        """Last time of every series."""
        return self.times[self.offsets[1:] - 1]

    def positions_of(self, other: Panel) -> np.ndarray:
        """Position here of every series of ``other``, -1 for those unknown here.

        Of several stretches of a series, the last counts.
        """
        if self.keys is None or other.keys is None:
            return np.full(len(other.lengths), len(self.lengths) - 1)
        last = np.flatnonzero(~self.keys.duplicated(keep="last"))
        found = self.keys[last].get_indexer(other.keys)
        return np.where(found < 0, -1, last[found])

    def beginnings_of(self, other: Panel, place: np.ndarray) -> np.ndarray:
        """Points of the series at ``place`` before those of ``other``, which lie within, begin."""
        before = self.lengths[place] - other.lengths  # where both end together
        for i in np.flatnonzero(self.last_times[place] != other.last_times):
            times = self.times[slice(*self.offsets[place[i] : place[i] + 2])]
            before[i] = times.searchsorted(other.times[other.offsets[i]])
        return before

    def index_of(self, series: np.ndarray, times: pd.Index) -> pd.Index:
        """Index of points ``times`` of ``series``, in the form the data came in."""
        if self.keys is None:
            return self.step.with_freq(times).rename(self.names[-1])
        keys = self.keys[series]
        levels = [keys.get_level_values(i) for i in range(keys.nlevels)]
        return pd.MultiIndex.from_arrays([*levels, times], names=self.names)


def _rows_beside(X: pd.DataFrame | None, index: pd.Index) -> pd.DataFrame | None:
    """Rows of ``X`` at ``index``, without their own, which would be kept for as long as a panel."""
    return None if X is None else rows_at(X, index, "y").reset_index(drop=True)


def _split_index(index: pd.Index) -> tuple[pd.Index | None, np.ndarray, Times]:
    """Instances, offsets and times; the rows of an instance stand together."""
    times = Times.of(index)
    if not isinstance(index, pd.MultiIndex):
        return None, np.array([0, len(index)]), times
    starts = series_starts(index)
    offsets, keys = np.append(starts, len(index)), instances(index[starts])
    if keys.has_duplicates:
        raise ValueError(
            f"the rows of instance {keys[keys.duplicated()][0]!r} do not stand together; sort y "
            "with y.sort_index()"
        )
    return keys, offsets, times
