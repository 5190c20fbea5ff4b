"""Scores from errors: averaged at several scales, in units of what regular errors reach."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from skscale.detection._parts import ForecastErrors, ReconstructionErrors
from skscale.detection._timeline import Timeline
from skscale.ops import moving_average

__all__ = ["Scorer", "Units"]

_REGULAR = 0.95  # share of regular errors that lie within a unit
_LARGEST = 2.0  # units that a single error counts at the coarser scales
_ROUNDING = 1e-5  # of the largest value: errors below are those of float32


@dataclass
class Units:
    """How large regular errors are: 95 of 100 do not exceed a unit.

    Attributes
    ----------
    single : ndarray of shape (n_channels,)
        Of single points.
    averaged : ndarray of shape (n_scales, n_channels)
        Of means over so many neighbouring points.
    """

    single: np.ndarray
    averaged: np.ndarray

    @classmethod
    def of(cls, errors: np.ndarray, scales: tuple[int, ...], least: np.ndarray) -> Units:
        """Units of regular errors (n, n_channels), no smaller than ``least`` (n_channels,)."""
        single = _reached(errors, least)
        return cls(single, _reached(_averaged(errors, scales, single), least))

    def scaled(self, errors: np.ndarray, scales: tuple[int, ...]) -> np.ndarray:
        """Errors (n, n_channels) averaged at every scale, in units: (n_scales, n, n_channels).

        Windows are centred. Missing errors, and what lies beyond the ends, do not count; a point
        whose window has no error is nan.
        """
        return _averaged(errors, scales, self.single) / self.averaged[:, None]


def _reached(errors: np.ndarray, least: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a channel without an error
        return np.fmax(np.nanquantile(errors, _REGULAR, axis=-2), least)


def _averaged(errors: np.ndarray, scales: tuple[int, ...], single: np.ndarray) -> np.ndarray:
    # One large error would make its neighbours anomalies, too: it is a matter of the finest scale.
    bounded = np.minimum(errors, _LARGEST * single)
    found = [_mean(errors if scale == 1 else bounded, scale) for scale in scales]
    return torch.stack(found).numpy().transpose(0, 2, 1)


def _mean(errors: np.ndarray, scale: int) -> Tensor:
    x = torch.from_numpy(np.ascontiguousarray(errors.T))
    return moving_average(x, min(scale, len(errors)), "renormalise", "centred", ignore_nan=True)


@dataclass
class Scorer:
    """What a fit leaves: models, and the size of their regular errors.

    Attributes
    ----------
    timeline : Timeline
        Rows seen.
    parts : list of ForecastErrors and ReconstructionErrors
    scales : tuple of int
    units : list of Units
        One for each part.
    """

    timeline: Timeline
    parts: list[ForecastErrors | ReconstructionErrors]
    scales: tuple[int, ...]
    units: list[Units]

    @classmethod
    def of(
        cls,
        timeline: Timeline,
        parts: list[ForecastErrors | ReconstructionErrors],
        scales: tuple[int, ...],
        regular: slice,
    ) -> Scorer:
        """Find the units in the ``regular`` rows of the timeline."""
        scorer = cls(timeline, parts, scales, [])
        least = _ROUNDING * np.nanmax(np.abs(timeline.rows.to_numpy()), axis=0)
        least = np.where(least > 0, least, _ROUNDING)
        errors = scorer._errors(timeline.rows)
        scorer.units = [Units.of(part[regular], scales, least) for part in errors]
        return scorer

    def by_scale(self, rows: pd.DataFrame) -> list[np.ndarray]:
        """For each part, errors in their units, (n_scales, n_rows, n_channels)."""
        errors = zip(self._errors(rows), self.units, strict=True)
        return [units.scaled(part, self.scales) for part, units in errors]

    def scores(self, rows: pd.DataFrame) -> np.ndarray:
        """Score of every row, (n_rows,): the largest of a part, the mean over parts.

        nan where a row has no value, or no model anything to compare it with.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # rows without an error
            largest = [np.nanmax(found, axis=(0, 2)) for found in self.by_scale(rows)]
            mean = np.nanmean(largest, axis=0)
        return np.where(rows.isna().to_numpy().all(axis=1), np.nan, mean)

    def _errors(self, rows: pd.DataFrame) -> list[np.ndarray]:
        ahead = max((p.horizon - 1 for p in self.parts if isinstance(p, ForecastErrors)), default=0)
        joined = self.timeline.joined(rows, ahead)
        return [part.of(joined) for part in self.parts]
