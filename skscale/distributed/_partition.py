"""What a worker does with its part of a long table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from skscale.distributed._tables import AHEAD, Names, fitted_network
from skscale.forecasting import NetworkForecaster

__all__ = ["ERROR", "Task", "forecast_partition"]

ERROR = "error"


@dataclass(frozen=True)
class Task:
    """What is asked for every part of a table.

    Attributes
    ----------
    names : Names
        Of its columns.
    fh : int, list, Index or ForecastingHorizon
    coverage : list of float
    """

    names: Names
    fh: Any
    coverage: list[float]

    @property
    def forecasts(self) -> list[str]:
        """Columns of forecasts: points, then both ends of every interval."""
        ends = [
            f"{name}_{end}_{100 * coverage:g}".replace(".", "_")
            for name in self.names.values
            for coverage in self.coverage
            for end in ("lower", "upper")
        ]
        return [*self.names.values, *ends]

    @property
    def found(self) -> list[str]:
        """All columns of the result."""
        return [*self.names.index, *self.forecasts, ERROR]


def forecast_partition(
    table: pd.DataFrame, forecaster: NetworkForecaster, task: Task
) -> pd.DataFrame:
    """Forecast the series of a part of the table, whole series at a time.

    Parameters
    ----------
    table : DataFrame
        The columns of ``task``, and `AHEAD`.
    forecaster : NetworkForecaster
        Pre-trained; fitted here to one set of series after the other.
    task : Task

    Returns
    -------
    DataFrame
        Index columns, forecasts, error. A series that fails has one row: its names and the
        error, all else is missing.
    """
    names, ahead = task.names, table[AHEAD].to_numpy(dtype=bool)
    rows = table.loc[~ahead].set_index(names.index).sort_index()
    future = table.loc[ahead].set_index(names.index)[names.ahead].sort_index()
    found = _by_halves(_series_of(rows), forecaster, task, future)
    result = pd.concat(found, ignore_index=True) if found else pd.DataFrame()
    result = result.reindex(columns=task.found)
    return result.assign(**{ERROR: result[ERROR].astype(object).where(result[ERROR].notna(), None)})


def _series_of(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Rows of every series; those of one stand together."""
    codes = np.column_stack([np.asarray(one) for one in rows.index.codes[:-1]])
    starts = np.flatnonzero((np.diff(codes, axis=0) != 0).any(axis=1)) + 1
    edges = [0, *starts, len(rows)] if len(rows) else [0]
    return [rows.iloc[a:b] for a, b in pairwise(edges)]


def _by_halves(
    series: Sequence[pd.DataFrame], forecaster: NetworkForecaster, task: Task, future: pd.DataFrame
) -> list[pd.DataFrame]:
    """Forecast all series at once; where that fails, one half and the other."""
    if not series:
        return []
    try:
        return [_forecast(pd.concat(series), forecaster, task, future)]
    except Exception as error:
        if len(series) == 1:
            return [_failed(series[0], error, task)]
    middle = len(series) // 2
    return [
        *_by_halves(series[:middle], forecaster, task, future),
        *_by_halves(series[middle:], forecaster, task, future),
    ]


def _forecast(
    rows: pd.DataFrame, forecaster: NetworkForecaster, task: Task, future: pd.DataFrame
) -> pd.DataFrame:
    names, model, X, ahead = task.names, fitted_network(forecaster), None, None
    if names.columns:
        known = dict(zip(names.columns, model.columns.encoder.names, strict=True))
        X = rows[names.columns].rename(columns=known)
        ahead = future.rename(columns=known) if names.ahead else None
    forecaster.fit(rows[names.values].set_axis(model.channels, axis=1), X)
    found = forecaster.predict(task.fh, ahead)
    if task.coverage:
        intervals = forecaster.predict_interval(task.fh, ahead, coverage=task.coverage)
        found = pd.concat([found, intervals], axis=1)
    return found.set_axis(task.forecasts, axis=1).reset_index()


def _failed(rows: pd.DataFrame, error: Exception, task: Task) -> pd.DataFrame:
    """Row of a series that failed: its names and the error."""
    row = dict(zip(task.names.series, rows.index[0][:-1], strict=True))
    return pd.DataFrame([{**row, ERROR: f"{type(error).__name__}: {error}"}])
