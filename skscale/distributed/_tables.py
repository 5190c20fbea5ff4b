"""Columns of a long table: which are the index, the series and what lies beside them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from skscale.forecasting import NetworkForecaster

__all__ = ["AHEAD", "Names", "flat", "marked"]

AHEAD = "__ahead"  # marks the rows of the future among those of the past


@dataclass(frozen=True)
class Names:
    """Columns of a long table.

    Attributes
    ----------
    index : list of str
        Series, then the time.
    values, columns, ahead : list of str
        Of y, of X, and those of X that the table of the future holds.
    """

    index: list[str]
    values: list[str]
    columns: list[str]
    ahead: list[str]

    @classmethod
    def of(
        cls, forecaster: NetworkForecaster, data: Sequence[str], X: Sequence[str] | None = None
    ) -> Names:
        """Find those of the fit among the columns of ``data`` and ``X``.

        Raises
        ------
        ValueError
            If one is missing.
        """
        model = fitted_network(forecaster)
        encoder = model.columns.encoder
        values = [str(one) for one in model.channels]
        columns = [] if encoder.names is None else [str(one) for one in encoder.names]
        _check_all("data", data, [*values, *columns])
        index = _index(forecaster, data, [*values, *columns])
        if X is None:
            encoder.check_ahead(None)
            return cls(index, values, columns, [])
        if not columns:
            raise ValueError("X is given, but the forecaster was fitted without X: leave it out")
        _check_all("X", X, [*index, *(str(one) for one in encoder.ahead)])
        return cls(index, values, columns, [one for one in columns if one in X])

    @property
    def series(self) -> list[str]:
        """Columns that name a series."""
        return self.index[:-1]

    @property
    def all(self) -> list[str]:
        """Columns of the past."""
        return [*self.index, *self.values, *self.columns]


def fitted_network(forecaster: NetworkForecaster) -> Any:
    """What a forecaster has learned, in `fit` or else in `pretrain`.

    Raises
    ------
    TypeError, ValueError
        If it is none of ours, or has learned nothing.
    """
    if not isinstance(forecaster, NetworkForecaster):
        raise TypeError(
            "forecaster must be a fitted forecaster of skscale, such as SigmaForecaster, got "
            f"{type(forecaster).__name__}"
        )
    model = getattr(forecaster, "model_", None) or getattr(forecaster, "pretrained_", None)
    if model is None:
        raise ValueError("forecaster is not fitted: call its fit or pretrain first")
    return model


def _index(forecaster: NetworkForecaster, names: Sequence[str], others: list[str]) -> list[str]:
    """Columns of the index: those so called in fit, else all that are left."""
    seen = getattr(forecaster, "_context", None)
    called = [] if seen is None else [str(one) for one in seen.y.index.names]
    left = [one for one in names if one not in others]
    index = called if len(called) > 1 and set(called) <= set(left) else left
    if len(index) < 2:
        raise ValueError(
            "data must have columns for the series and the time, in this order, beside "
            f"{others}; it has {list(names)}"
        )
    return index


def _check_all(name: str, found: Sequence[str], needed: Sequence[str]) -> None:
    missing = [one for one in needed if one not in found]
    if missing:
        raise ValueError(f"{name} lacks the column {missing[0]!r}; it has {list(found)}")


def flat(data: Any, name: str) -> Any:
    """Frames of pandas with their index in columns, paths as text, all else as it is.

    Raises
    ------
    TypeError
        If the time is in periods, which no table holds.
    """
    if isinstance(data, os.PathLike):
        return os.fspath(data)
    if not isinstance(data, pd.DataFrame):
        return data
    if isinstance(data.index, pd.MultiIndex):
        data = data.reset_index()
    data = data.set_axis([str(one) for one in data.columns], axis=1)
    periods = [one for one in data if isinstance(data[one].dtype, pd.PeriodDtype)]
    if periods:
        raise TypeError(
            f"column {periods[0]!r} of {name} holds periods, which the engines do not know; pass "
            f"dates, as {name}[{periods[0]!r}].dt.to_timestamp() makes them"
        )
    return data


def marked(table: pd.DataFrame, names: Names, ahead: bool) -> pd.DataFrame:
    """Columns of ``names``, missing what ``table`` lacks, and whether its rows lie ahead."""
    return table.reindex(columns=names.all).assign(**{AHEAD: ahead})
