"""Series of any pandas container, each with a title and a line to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["by_series", "draw", "line_of"]


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
