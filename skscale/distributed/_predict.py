"""Forecasts of a long table, by Fugue on Dask, Ray and Spark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from skscale.distributed._partition import Task, forecast_partition
from skscale.distributed._sent import global_forecaster
from skscale.distributed._tables import Names, flat, marked
from skscale.forecasting import NetworkForecaster

__all__ = ["predict"]


def predict(
    forecaster: NetworkForecaster,
    data: Any,
    fh: Any,
    X: Any = None,
    coverage: float | Sequence[float] = (),
    engine: Any = None,
    n_partitions: int | None = None,
) -> Any:
    """Forecast the series of a long table with one fitted forecaster.

    The table is cut into partitions of whole series. The forecaster is sent once, loaded once by
    each worker, and trained no more: the table holds what every series is forecast from.

    Parameters
    ----------
    forecaster : NetworkForecaster
        Fitted or pre-trained, to these series or others.
    data : DataFrame of pandas, Dask or Spark, Ray Dataset, or path of a parquet file or folder
        A long table, as ``y.reset_index()`` makes it, its columns those of y in fit; the columns
        of X in fit stand beside. The index is in the columns that had these names in fit; where
        it had none, in all that are left: those of the series, then the time. A frame of pandas
        may have the index itself.
    fh : int, list, Index or ForecastingHorizon
        Steps to forecast.
    X : as ``data``, optional
        The columns of X that are known ahead, at all steps to be forecast; index columns as in
        ``data``. Of series that ``data`` lacks, nothing is forecast.
    coverage : float or list of float, default=()
        Of prediction intervals; none by default.
    engine : str, client, session or None, default=None
        ``"dask"``, ``"ray"``, ``"spark"``, a client of Dask or a session of Spark, or what else
        Fugue knows. None takes that of the data; tables of pandas and paths are worked through in
        this process. Needs the extra ``distributed`` and that of the engine.
    n_partitions : int, optional
        Into how many parts the table is cut, each of which must fit a worker's memory. What the
        engine does on its own by default: with Dask, two for each core.

    Returns
    -------
    DataFrame of pandas, Dask or Spark, or Ray Dataset
        That of the engine, which may have computed nothing yet. Index columns; a column of
        forecasts for each of y, of the same name; ``y_lower_90`` and ``y_upper_90`` of a column
        ``y`` for a coverage of 0.9; and ``error``. A series that fails has one row, with its names
        and the error; the other series lose nothing by it. Rows have no order.

    Raises
    ------
    TypeError, ValueError
        If the forecaster is no fitted one of this package, or a table lacks a column.
    ImportError
        If an engine is asked for, and Fugue or the engine is missing.

    Notes
    -----
    The frequency of dates is found in every partition anew: name it, as in
    ``SigmaForecaster(freq="D")``, where series are short or have holidays.

    Examples
    --------
    >>> import pandas as pd
    >>> from skscale import DLinearForecaster
    >>> from skscale.distributed import predict
    >>> week = [3.0, 4.0, 4.0, 5.0, 9.0, 8.0, 2.0]
    >>> day = pd.date_range("2024-01-01", periods=42, name="day")
    >>> y = pd.DataFrame({"sales": week * 6}, index=day)
    >>> shops = pd.concat({"north": y, "south": 10 * y}, names=["shop"])
    >>> forecaster = DLinearForecaster(context_length=14, max_epochs=1, random_state=0)
    >>> found = predict(forecaster.fit(shops), shops.reset_index(), fh=[1, 2], coverage=0.8)
    >>> list(found.columns)
    ['shop', 'day', 'sales', 'sales_lower_80', 'sales_upper_80', 'error']
    >>> found[["shop", "day"]].to_records(index=False).tolist()[2][0]
    'south'
    """
    ready = global_forecaster(forecaster)
    levels = _levels(coverage)
    if n_partitions is not None and (type(n_partitions) is not int or n_partitions < 1):
        raise ValueError(f"n_partitions must be a positive integer or None, got {n_partitions!r}")
    tables = [flat(data, "data"), *([] if X is None else [flat(X, "X")])]

    def task(data: list[str], X: list[str] | None = None) -> Task:
        return Task(Names.of(forecaster, data, X), fh, levels)

    if engine is None and all(isinstance(one, str | pd.DataFrame) for one in tables):
        tables = [pd.read_parquet(one) if isinstance(one, str) else one for one in tables]
        asked = task(*(list(one.columns) for one in tables))
        rows = [marked(table, asked.names, bool(ahead)) for ahead, table in enumerate(tables)]
        return forecast_partition(pd.concat(rows, ignore_index=True), ready, asked)
    # Fugue is loaded for an engine alone.
    from skscale.distributed._by_fugue import forecast_by_fugue

    return forecast_by_fugue(tables, ready, task, engine, n_partitions)


def _levels(coverage: float | Sequence[float]) -> list[float]:
    levels = [coverage] if isinstance(coverage, int | float) else list(coverage)
    wrong = [one for one in levels if not 0 < one < 1]
    if wrong:
        raise ValueError(f"coverage must lie between 0 and 1, got {wrong[0]!r}")
    return levels
