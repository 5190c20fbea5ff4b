"""Series of any pandas container, each with a title and a line to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["by_series", "check_same_step", "draw", "line_of"]

_ALIKE = 1.25  # months are 28 to 31 days
_ENOUGH = 8  # gaps that tell a step: fewer may be of steps left out, or all within a week


def by_series(name: str, data: Any) -> dict[str, pd.Series]:
    """Every series and channel of ``data`` by its title.

    Raises
    ------
    TypeError
        If ``data`` is no Series or DataFrame; names it.
    """
    if not isinstance(data, pd.Series | pd.DataFrame):
        raise TypeError(f"{name} must be a Series or DataFrame, got {type(data).__name__}")
    frame = data.to_frame() if isinstance(data, pd.Series) else data
    instances: list[tuple[Any, pd.DataFrame]] = [((), frame)]
    if isinstance(frame.index, pd.MultiIndex):
        levels = list(range(frame.index.nlevels - 1))
        instances = [(key, one.droplevel(levels)) for key, one in frame.groupby(level=levels)]
    one_channel = frame.shape[1] == 1
    return {
        _title(key, None if one_channel else column): one[column]
        for key, one in instances
        for column in one.columns
    }


def _title(key: Any, column: Any) -> str:
    words = [*(key if isinstance(key, tuple) else (key,)), *([] if column is None else [column])]
    return ", ".join(str(word) for word in words)


def line_of(series: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Horizontal and vertical positions of a series; periods stand at their start."""
    index = series.index
    times = index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index
    return times.to_numpy(), series.to_numpy(float)


def draw(axis: Axes, series: pd.Series, color: str, label: str, marker: str = "") -> None:
    """Draw a series as a line."""
    times, values = line_of(series)
    axis.plot(times, values, color=color, label=label, marker=marker)


def check_same_step(name: str, one: pd.Series, y: pd.Series) -> None:
    """Raise ValueError, which names ``name``, if a series goes in other steps of time than y.

    Periods and time stamps go together, and calendar months count as alike. Nothing is said where
    an index does not tell its step.
    """
    kinds = ["times" if _is_time(series.index) else "numbers" for series in (one, y)]
    if kinds[0] != kinds[1]:
        raise ValueError(f"{name} has {kinds[0]} in its index and y has {kinds[1]}")
    first, other = _step(one.index), _step(y.index)
    if first is None or other is None:
        return
    if not 1 / _ALIKE < first / other < _ALIKE:
        raise ValueError(
            f"{name} must go in the steps of y, got a step of {first} where that of y is {other}"
        )


def _is_time(index: pd.Index) -> bool:
    return isinstance(index, pd.PeriodIndex | pd.DatetimeIndex)


def _step(index: pd.Index) -> pd.Timedelta | None:
    """Time from one point to the next, in the median; None where it cannot be told."""
    if not _is_time(index) or not len(index):
        return None
    if isinstance(index, pd.PeriodIndex):  # forecasts may leave some out
        index = pd.period_range(index[0], periods=_ENOUGH + 1, freq=index.freq).to_timestamp()
    gaps = index.to_series().diff().dropna()
    return gaps.median() if len(gaps) >= _ENOUGH else None
