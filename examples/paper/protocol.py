"""The literature's long-term protocol: data, borders, scaling, test windows, errors.

Every column is z-scored on the training rows alone, models see the training and validation
rows, and errors are means over every test window, in scaled units. Test windows may reach back
behind their border for their context. Follows Zhou et al. (2021), Informer, as all later papers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from skscale import datasets
from skscale.forecasting import NetworkForecaster
from skscale.forecasting._future import within
from skscale.forecasting._panel import Panel
from skscale.training import resolve_device

ETT_HOURS = (8_640, 11_520, 14_400)  # 12, 4 and 4 months of 30 days


# First rows of the validation part and of the test part, and the end; others are 7 : 1 : 2.
ETT_QUARTERS = tuple(4 * rows for rows in ETT_HOURS)
BORDERS = {"ETTh1": ETT_HOURS, "ETTh2": ETT_HOURS, "ETTm1": ETT_QUARTERS, "ETTm2": ETT_QUARTERS}
SOURCES = (*BORDERS, "Exchange", "Weather", "Electricity", "Traffic")


@dataclass(frozen=True)
class Benchmark:
    """A multivariate series in scaled units with the borders of its three parts.

    Attributes
    ----------
    values : DataFrame of shape (n_rows, n_channels)
        All rows up to the end of the test part, z-scored on the training rows.
    train_end, valid_end : int
        First row of the validation and of the test part.
    """

    values: pd.DataFrame
    train_end: int
    valid_end: int

    @property
    def known(self) -> pd.DataFrame:
        """Training and validation rows: what a model may see."""
        return self.values.iloc[: self.valid_end]

    @property
    def validation_fraction(self) -> float:
        """Share of the known rows that validate."""
        return (self.valid_end - self.train_end) / self.valid_end

    def test_cuts(self, prediction_length: int) -> range:
        """First target row of every test window."""
        cuts = range(self.valid_end, len(self.values) - prediction_length + 1)
        if not cuts:
            raise ValueError(
                f"prediction_length={prediction_length} is longer than the test part of "
                f"{len(self.values) - self.valid_end} rows"
            )
        return cuts


class Errors(NamedTuple):
    """Mean squared and mean absolute error in scaled units, and the windows they average."""

    mse: float
    mae: float
    n_windows: int


Forecast = Callable[[range], np.ndarray]


def load(name: str, folder: Path) -> Benchmark:
    """Load a data set by its name in `SOURCES` from a folder, see `skscale.datasets.load`."""
    if name not in SOURCES:
        raise ValueError(f"dataset must be one of {list(SOURCES)}, got {name!r}")
    raw = datasets.load(name, folder=folder)
    return split(raw, BORDERS.get(name) or seven_one_two(len(raw)))


def seven_one_two(n_rows: int) -> tuple[int, int, int]:
    """Borders at 70 and 80 % of the rows, rounded as the literature rounds."""
    return int(0.7 * n_rows), n_rows - int(0.2 * n_rows), n_rows


def split(raw: pd.DataFrame, borders: tuple[int, int, int]) -> Benchmark:
    """Scale by mean and population deviation of the training rows; drop what follows the test."""
    train_end, valid_end, test_end = borders
    train = raw.iloc[:train_end]
    scaled = (raw.iloc[:test_end] - train.mean()) / train.std(ddof=0)
    return Benchmark(scaled, train_end, valid_end)


def fitted_forecast(forecaster: NetworkForecaster, data: Benchmark) -> Forecast:
    """Forecasts of a forecaster that was fitted on the known rows of ``data``.

    Its own location and scale are zero and one there, up to rounding: they are those of the
    training rows, which `split` has brought to zero and one.
    """
    model, panel = forecaster.model_, Panel.from_frames(data.values)
    device = resolve_device(forecaster.device)
    context = model.context(data.values, None, panel)
    unit = replace(
        context.scale,
        location=np.zeros_like(context.scale.location),
        scale=np.ones_like(context.scale.scale),
    )
    context = replace(context, scale=unit)
    horizon = np.ones(model.layout.prediction_length, dtype=bool)

    def forecast(cuts: range) -> np.ndarray:
        series, places = np.zeros(len(cuts), dtype=np.int64), np.array(cuts)
        future = within(model.columns, context, series, places, horizon)
        return model.forecasts(context, series, places, future, device)[..., 0]

    return forecast


def score(forecast: Forecast, data: Benchmark, prediction_length: int, stride: int = 1) -> Errors:
    """Errors over all test windows, or over every ``stride``-th.

    Parameters
    ----------
    forecast : callable
        Gives forecasts of shape (n_windows, prediction_length, n_channels) for a range of cuts;
        it may look at the rows before each cut.
    """
    cuts = data.test_cuts(prediction_length)[::stride]
    targets = sliding_window_view(data.values.to_numpy(), prediction_length, axis=0)
    squared = absolute = 0.0
    for block in _blocks(cuts, 256):
        target = targets[block.start : block.stop : block.step].swapaxes(1, 2)
        found = forecast(block)
        if found.shape != target.shape:
            raise ValueError(f"forecast has shape {found.shape}, the targets {target.shape}")
        error = found - target
        squared += float(np.square(error).sum())
        absolute += float(np.abs(error).sum())
    count = len(cuts) * prediction_length * data.values.shape[1]
    return Errors(squared / count, absolute / count, len(cuts))


def _blocks(cuts: range, size: int) -> Iterator[range]:
    for start in range(0, len(cuts), size):
        yield cuts[start : start + size]
