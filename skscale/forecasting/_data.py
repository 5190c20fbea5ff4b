"""What a network sees of a panel: scaled values and features in one buffer, cuts, horizons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from skscale.forecasting._panel import Panel
from skscale.forecasting._time import calendar_features
from skscale.training import SeriesBuffer, Windows

__all__ = [
    "FeatureMap",
    "Layout",
    "Split",
    "first_step",
    "location_and_scale",
    "matched_statistics",
    "scaled_buffer",
    "split_in_time",
    "windows_between",
]


@dataclass(frozen=True)
class Layout:
    """Sizes of a network's windows.

    Attributes
    ----------
    context_length, prediction_length : int
    season_length : int
        1 for none.
    """

    context_length: int
    prediction_length: int
    season_length: int


@dataclass(frozen=True)
class FeatureMap:
    """Turns times and exogenous columns into network features; learned on the training data.

    Attributes
    ----------
    calendar : bool
        Whether the calendar of the index is a feature.
    columns : Index or None
        Exogenous columns.
    mean, scale : float64 ndarray of shape (n_columns,)
        What standardises them.
    """

    calendar: bool
    columns: pd.Index | None
    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, X: pd.DataFrame | None, calendar: bool) -> FeatureMap:
        """Learn the location and scale of every column of ``X``."""
        if X is None:
            return cls(calendar, None, np.zeros(0), np.ones(0))
        values = X.to_numpy(dtype=np.float64)
        # The deviation of a constant is not always zero: its mean is rounded.
        constant = values.max(axis=0) == values.min(axis=0)
        mean = np.where(constant, values[0], values.mean(axis=0))
        return cls(calendar, X.columns, mean, np.where(constant, 1.0, values.std(axis=0)))

    @property
    def n_exogenous(self) -> int:
        """Number of exogenous columns."""
        return 0 if self.columns is None else len(self.columns)

    def check_columns(self, X: pd.DataFrame | None) -> None:
        """Raise ValueError unless ``X`` has the columns seen in fit, in their order."""
        if self.columns is None:
            return
        if X is None:
            raise ValueError(
                f"X is needed: the forecaster was fitted with the columns {list(self.columns)}"
            )
        if list(X.columns) != list(self.columns):
            raise ValueError(
                f"X has the columns {list(X.columns)}, but the forecaster was fitted with "
                f"{list(self.columns)}; they must be the same, in the same order"
            )

    def __call__(self, times: pd.Index, panel: Panel, X: np.ndarray | None) -> np.ndarray | None:
        """Features of shape (len(times), n_features): exogenous first; None without any."""
        parts = []
        if X is not None:
            parts.append((X - self.mean) / self.scale)
        if self.calendar:
            parts.append(calendar_features(times, panel.step))
        features = np.hstack(parts) if parts else np.empty((len(times), 0))
        return features.astype(np.float32) if features.shape[1] else None


def scaled_buffer(
    panel: Panel,
    features: np.ndarray | None,
    location: np.ndarray,
    scale: np.ndarray,
) -> SeriesBuffer:
    """Scale in float64, then go to float32.

    Parameters
    ----------
    panel : Panel
    features : float32 ndarray of shape (n_points, n_features) or None
    location, scale : float64 ndarray of shape (n_series, n_channels)
        As `location_and_scale` gives them. A scale of zero stays zero for the way back:
        whatever the network says, a constant's forecast is the constant.
    """
    lengths = panel.lengths
    scaled = panel.values - np.repeat(location, lengths, axis=0)
    scaled /= np.repeat(np.where(scale > 0, scale, 1.0), lengths, axis=0)
    return SeriesBuffer(
        values=torch.from_numpy(scaled.astype(np.float32)),
        offsets=torch.from_numpy(panel.offsets.astype(np.int64)),
        location=torch.from_numpy(location),
        scale=torch.from_numpy(scale),
        features=None if features is None else torch.from_numpy(features),
    )


def location_and_scale(panel: Panel, held_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of every series and channel, in float64.

    Parameters
    ----------
    panel : Panel
    held_out : int64 ndarray of shape (n_series,)
        Last points that the statistics do not see (the validation part).

    Returns
    -------
    location, scale : float64 ndarray of shape (n_series, n_channels)
        A constant channel has itself as location and a scale of exactly zero; one that is
        constant only where it was seen has a scale of one.
    """
    values, starts, lengths = panel.values, panel.offsets[:-1], panel.lengths
    seen = (np.repeat(lengths - held_out, lengths) > _positions(panel))[:, None]
    count = (lengths - held_out)[:, None]
    location = np.add.reduceat(np.where(seen, values, 0.0), starts) / count
    centred = np.where(seen, values - np.repeat(location, lengths, axis=0), 0.0)
    # A second pass takes out what rounding left in the mean of very large values.
    shift = np.add.reduceat(centred, starts) / count
    location = location + shift
    variance = np.add.reduceat(centred**2, starts) / count - shift**2
    scale = np.sqrt(np.maximum(variance, 0.0))
    highest, lowest = np.maximum.reduceat(values, starts), np.minimum.reduceat(values, starts)
    constant = highest == lowest
    scale = np.where(constant, 0.0, np.where(scale > 0, scale, 1.0))
    return np.where(constant, highest, location), scale


def matched_statistics(
    known: tuple[np.ndarray, np.ndarray], old: Panel, new: Panel
) -> tuple[np.ndarray, np.ndarray]:
    """Carry statistics of the series of ``old`` over to ``new``; unknown series get their own.

    A series that was constant where it was fitted gets its first step away from the constant
    for a scale, which is the same whatever came later.
    """
    location, scale = location_and_scale(new, np.zeros(len(new.lengths), dtype=np.int64))
    place = old.positions_of(new)
    found = place >= 0
    location[found], scale[found] = known[0][place[found]], known[1][place[found]]
    for series, channel in np.argwhere(found[:, None] & (scale == 0)):
        position, step = first_step(new, series, channel, location[series, channel])
        scale[series, channel] = 0.0 if position is None else step
    return location, scale


def first_step(
    panel: Panel, series: int, channel: int, constant: float
) -> tuple[int | None, float]:
    """Position and size of the first step of a series away from ``constant``; None without any."""
    steps = np.abs(panel.values[slice(*panel.offsets[series : series + 2]), channel] - constant)
    position = int((steps > 0).argmax())
    return (position, float(steps[position])) if steps[position] > 0 else (None, 0.0)


@dataclass(frozen=True)
class Split:
    """Training and validation windows of every series, each of shape (n_series,).

    Attributes
    ----------
    train_first, train_last : int64 ndarray
        Cuts of the training windows, both included.
    train_end : int64 ndarray
        Where the training part ends and the validation part begins.
    valid_first, valid_last : int64 ndarray
        Cuts of the validation windows.
    """

    train_first: np.ndarray
    train_last: np.ndarray
    train_end: np.ndarray
    valid_first: np.ndarray
    valid_last: np.ndarray


def split_in_time(lengths: np.ndarray, layout: Layout, validation_fraction: float | str) -> Split:
    """Hold the end of every series out for validation.

    Targets of training windows end before the validation part, targets of validation windows
    lie within it. ``"auto"`` holds a fifth out, at least one horizon, at most ten or half of
    the series; a part without room for two horizons then uses windows whose last half of the
    horizon is missing, too. A number holds out exactly that share, and horizons are cut only
    where not one whole horizon fits. A series of less than four points only trains.
    """
    T = layout.prediction_length
    roomy = 2 * T if validation_fraction == "auto" else T
    if validation_fraction == "auto":
        fifth = np.minimum(lengths // 5, 10 * T)
        held_out = np.minimum(np.maximum(T, fifth), lengths // 2)
    else:
        held_out = np.round(float(validation_fraction) * lengths).astype(np.int64)
    held_out = np.where(lengths - held_out < 2, 0, held_out)
    end = lengths - held_out
    last = _last_cut(end, np.minimum(layout.context_length, end - 1), T, roomy)
    first = np.where(last >= layout.context_length, layout.context_length, np.maximum(1, last // 2))
    valid_last = np.where(held_out > 0, _last_cut(lengths, end, T, roomy), end - 1)
    return Split(first, np.where(lengths < 2, 0, last), end, end, valid_last)


def _last_cut(end: np.ndarray, start: np.ndarray, T: int, roomy: int) -> np.ndarray:
    """Last cut whose target fits between ``start`` and ``end``; half of it below ``roomy``."""
    room = end - start
    halved = np.maximum(1, np.minimum(T, room) // 2)
    return np.maximum(np.where(room >= roomy, end - T, end - halved), start)


def windows_between(
    buffer: SeriesBuffer,
    layout: Layout,
    first: np.ndarray,
    last: np.ndarray,
    end: np.ndarray | None = None,
) -> Windows:
    """Windows of every series with cuts from ``first`` to ``last``, targets before ``end``."""
    device = buffer.values.device

    def on_device(numbers: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.asarray(numbers, dtype=np.int64)).to(device)

    return Windows(
        buffer,
        layout.context_length,
        layout.prediction_length,
        on_device(first),
        on_device(last),
        None if end is None else on_device(end),
    )


def _positions(panel: Panel) -> np.ndarray:
    """Position of every point within its series."""
    return np.arange(len(panel.values)) - np.repeat(panel.offsets[:-1], panel.lengths)
