"""Training on series that do not fit in memory, from parquet files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from skscale.distributed._parquet import LongTable, ParquetShards
from skscale.forecasting import NetworkForecaster
from skscale.forecasting._all_or_nothing import all_or_nothing
from skscale.forecasting._parameters import integer
from skscale.forecasting._shards import fit_network_to_shards

__all__ = ["fit_parquet"]

Forecaster = TypeVar("Forecaster", bound=NetworkForecaster)


def fit_parquet(
    forecaster: Forecaster,
    path: str | os.PathLike,
    *,
    keys: str | Sequence[str],
    time: str,
    target: str | Sequence[str],
    fh: Any = None,
    shard_size: int = 2**21,
) -> Forecaster:
    """Train a forecaster on a long table in parquet files, of which a shard at a time is in memory.

    What ``forecaster.pretrain`` does with the same series, all of them in memory: the network is
    the same but for the order of its batches. Every epoch reads all files once, the next shard
    while this one trains. Shards come in random order, and windows in random order within a shard;
    an epoch of fewer steps than there are windows draws them from all shards alike.

    Parameters
    ----------
    forecaster : NetworkForecaster
        What it learned before is forgotten.
    path : str or path
        Parquet file, or folder of them, also partitioned as Hive does. The rows of a series stand
        together, in the order of time; row groups should be smaller than a shard.
    keys : str or list of str
        Columns that name a series.
    time : str
        Column of dates or integers.
    target : str or list of str
        Columns to forecast; all others are left aside.
    fh : int or list of int, optional
        Steps that will be forecast, as in ``fit``.
    shard_size : int, default=2**21
        Rows of a shard, which ends with a whole series. Memory holds two shards and, while one is
        read, several copies of it: 0.3 GB for one column by default.

    Returns
    -------
    forecaster
        The same object, pre-trained: `skscale.distributed.predict` forecasts any long table, and
        ``fit`` to some series trains nothing unless ``fine_tune=True``. What stops the training
        leaves it as it was.

    Raises
    ------
    TypeError, ValueError
        If the forecaster is none of this package, a parameter or a column is not what it should be,
        or the forecaster asks for what needs all data at once: ``checkpoint_dir``,
        ``past_columns`` or holidays in ``time_features``.
    ImportError
        If pyarrow is missing.

    Notes
    -----
    Columns of X are not supported. The step of dates is that of the first shard, unless ``freq``
    names it; sizes that are ``"auto"`` are those of the shard with the longest series. Beside the
    shards, memory holds half a kilobyte for each series.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from skscale import DLinearForecaster
    >>> from skscale.distributed import fit_parquet, predict
    >>> day = pd.date_range("2024-01-01", periods=42, name="day")
    >>> y = pd.DataFrame({"sales": [3.0, 4.0, 4.0, 5.0, 9.0, 8.0, 2.0] * 6}, index=day)
    >>> shops = pd.concat({"north": y, "south": 10 * y}, names=["shop"])
    >>> forecaster = DLinearForecaster(context_length=14, max_epochs=1, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = f"{folder}/shops.parquet"
    ...     shops.reset_index().to_parquet(path)
    ...     forecaster = fit_parquet(forecaster, path, keys="shop", time="day", target="sales")
    ...     predict(forecaster, path, fh=1)[["shop", "day"]].to_records(index=False).tolist()[0][0]
    'north'
    """
    _check(forecaster)
    integer("shard_size", shard_size)
    table = LongTable(os.fspath(path), _listed("keys", keys), time, _listed("target", target))
    horizon = _longest(fh)
    shards = ParquetShards(table, shard_size, forecaster.freq)
    model = fit_network_to_shards(forecaster, shards, horizon)
    with all_or_nothing(forecaster):
        forecaster.reset()
        forecaster._become_pretrained(model)
    return forecaster


def _check(forecaster: NetworkForecaster) -> None:
    """Raise TypeError or ValueError unless ``forecaster`` can learn from one shard at a time."""
    if not isinstance(forecaster, NetworkForecaster):
        raise TypeError(
            "forecaster must be a forecaster of skscale, such as SigmaForecaster, got "
            f"{type(forecaster).__name__}"
        )
    forecaster._check_parameters()
    if forecaster.checkpoint_dir is not None:
        raise ValueError(
            "checkpoint_dir must be None for data in files, which no checkpoint can be told to "
            f"belong to, got {forecaster.checkpoint_dir!r}"
        )
    if not isinstance(forecaster.past_columns, str) and len(forecaster.past_columns):
        raise ValueError(
            f'past_columns must be "auto" for data in files, where columns of X are not supported, '
            f"got {forecaster.past_columns!r}"
        )
    kinds = forecaster.time_features
    if isinstance(kinds, list | tuple) and any(one.startswith("holidays:") for one in kinds):
        raise ValueError(
            f"time_features must name no holidays for data in files, got {kinds!r}: their effects "
            "are found in all series at once"
        )


def _listed(name: str, columns: str | Sequence[str]) -> list[str]:
    found = [columns] if isinstance(columns, str) else list(columns)
    if not found:
        raise ValueError(f"{name} must name a column or more, got {columns!r}")
    return found


def _longest(fh: Any) -> int:
    """Longest step of ``fh``; 0 for none."""
    if fh is None:
        return 0
    steps = np.atleast_1d(fh.to_pandas() if hasattr(fh, "to_pandas") else fh)
    if not len(steps) or steps.dtype.kind not in "iu":
        raise ValueError(f"fh must be None or steps ahead as integers, got {fh!r}")
    return max(0, int(steps.max()))
