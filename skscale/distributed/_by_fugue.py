"""Tables of Dask, Ray and Spark, cut and forecast by Fugue, which is imported for them alone."""

# Annotations are not put off in this file: Fugue reads those of the functions that it is given.

from collections.abc import Callable
from typing import Any

import pandas as pd

from skscale.distributed._partition import ERROR, Task, forecast_partition
from skscale.distributed._sent import Sent, sent_by
from skscale.distributed._tables import AHEAD, Names, marked
from skscale.forecasting import NetworkForecaster

__all__ = ["forecast_by_fugue"]


def forecast_by_fugue(
    tables: list[Any],
    forecaster: NetworkForecaster,
    asked: Callable[..., Task],
    engine: Any,
    n_partitions: int | None,
) -> Any:
    """Forecast the series of a table on an engine.

    Parameters
    ----------
    tables : list
        The data and, where there is one, the table of what is known ahead.
    forecaster : NetworkForecaster
        Pre-trained.
    asked : callable
        Task for the column names of the tables.
    engine : any
        What Fugue takes; None for that of the tables.
    n_partitions : int or None
    """
    import fugue.api as fa
    import pyarrow as pa

    with fa.engine_context(engine, infer_by=tables) as used:
        tables = [fa.load(one) if isinstance(one, str) else fa.as_fugue_df(one) for one in tables]
        task = asked(*(fa.get_column_names(one) for one in tables))
        types = {name: fa.get_schema(tables[0])[name].type for name in task.names.all}
        types |= dict.fromkeys(task.names.values, pa.float64())
        rows, sent = _joined(tables, task.names, types), sent_by(used, forecaster)
        return fa.get_native_as_df(_forecast(rows, task, types, sent, n_partitions))


def _joined(tables: list[Any], names: Names, types: dict[str, Any]) -> Any:
    """Both tables as one, each row marked with where it comes from."""
    import fugue.api as fa
    import pyarrow as pa

    schema = _schema({**types, AHEAD: pa.bool_()})
    rows = [
        fa.transform(table, _marked, schema=schema, params={"names": names, "ahead": bool(ahead)})
        for ahead, table in enumerate(tables)
    ]
    return rows[0] if len(rows) == 1 else fa.union(rows[0], rows[1], distinct=False)


def _marked(table: pd.DataFrame, names: Names, ahead: bool) -> pd.DataFrame:
    return marked(table, names, ahead)


def _forecast(
    rows: Any, task: Task, types: dict[str, Any], sent: Sent, n_partitions: int | None
) -> Any:
    """Forecasts of all series, part by part."""
    import fugue.api as fa
    import pyarrow as pa

    wanted = {name: types[name] for name in task.names.index}
    wanted |= dict.fromkeys(task.forecasts, pa.float64())
    schema = _schema({**wanted, ERROR: pa.string()})

    # Enclosed, not passed as parameters: Fugue copies those, and a handle of an engine has no copy.
    def forecast(table: pa.Table) -> pa.Table:
        # By way of arrow, engines differ no more in the types of pandas.
        rows = table.to_pandas(date_as_object=False, ignore_metadata=True)
        found = forecast_partition(rows, sent.forecaster(), task)
        return _as_arrow(found, schema.pa_schema)

    # "coarse": a part holds many series, and all of each.
    partition = {"by": task.names.series, "algo": "coarse", "num": n_partitions or 0}
    return fa.transform(rows, forecast, schema=schema, partition=partition)


def _as_arrow(found: pd.DataFrame, schema: Any) -> Any:
    """Table of that schema; a column without any value has no type of its own."""
    import pyarrow as pa

    columns = [
        pa.nulls(len(found), one.type)
        if found[one.name].isna().all()
        else pa.array(found[one.name], one.type, from_pandas=True)
        for one in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _schema(types: dict[str, Any]) -> Any:
    import fugue
    import pyarrow as pa

    return fugue.Schema(pa.schema(list(types.items())))
