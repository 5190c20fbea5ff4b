"""What errors of every series, and at every step, count for where training chooses by them."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from torch import Tensor

from skscale.forecasting._panel import Panel
from skscale.ops.arrays import from_numpy

__all__ = ["check_horizon_weights", "check_series_weights", "target_weights"]

_LARGEST = 1e9
_NUMBERS = f"numbers from 0 to {_LARGEST:g}, not all of them zero"


def check_horizon_weights(value: object) -> None:
    """Raise ValueError unless ``value`` is "equal" or numbers that can weigh."""
    if isinstance(value, str) and value == "equal":
        return
    listed = isinstance(value, list | tuple | np.ndarray | pd.Series)
    if not (listed and _can_weigh(value)):
        raise ValueError(f'horizon_weights must be "equal" or a list of {_NUMBERS}; got {value!r}')


def check_series_weights(value: object) -> None:
    """Raise ValueError unless ``value`` is None or numbers that can weigh, by name."""
    if value is None:
        return
    named = isinstance(value, Mapping) or (
        isinstance(value, pd.Series) and not value.index.has_duplicates
    )
    if not (named and _can_weigh(_as_dict(value).values())):
        raise ValueError(
            "series_weights must be None, or a dict or pandas Series of one number for each "
            f"series, {_NUMBERS}; got {value!r}"
        )


def _can_weigh(values: Any) -> bool:
    if isinstance(values, np.ndarray) and values.ndim != 1:
        return False
    numbers = list(values)
    real = all(isinstance(n, Real) and not isinstance(n, bool) for n in numbers)
    return real and all(0 <= n <= _LARGEST for n in numbers) and any(numbers)


def target_weights(
    horizon_weights: Any, series_weights: Any, panel: Panel, prediction_length: int
) -> Tensor | None:
    """Weights of the errors of every series at every step, one on average over the points.

    Returns
    -------
    float32 Tensor of shape (n_series, prediction_length), or None if all are alike

    Raises
    ------
    ValueError
        If the steps of the horizon, or the series of the panel, are others.
    """
    if isinstance(horizon_weights, str) and series_weights is None:
        return None
    steps, series = np.ones(prediction_length), np.ones(len(panel.lengths))
    if not isinstance(horizon_weights, str):
        steps = np.asarray(horizon_weights, dtype=np.float64)
        if len(steps) != prediction_length:
            raise ValueError(
                f"horizon_weights must hold one number for each of the {prediction_length} steps "
                f"of prediction_length, got {len(steps)}"
            )
    if series_weights is not None:
        series = _by_name(_as_dict(series_weights), panel)
    each = np.outer(series / np.average(series, weights=panel.lengths), steps / steps.mean())
    return from_numpy(each.astype(np.float32))


def _by_name(weights: dict, panel: Panel) -> np.ndarray:
    if panel.keys is None:
        raise ValueError(
            "series_weights must be None for a single series: they name the series of a panel"
        )
    names, known = list(panel.keys), set(panel.keys)
    unknown = [name for name in weights if name not in known]
    if unknown:
        raise ValueError(
            f"series_weights must name series of y, got {unknown[0]!r}; y has {_some(names)}"
        )
    missing = [name for name in names if name not in weights]
    if missing:
        raise ValueError(
            f"series_weights must hold a number for every series of y, but {missing[0]!r} has none"
        )
    return np.array([weights[name] for name in names], dtype=np.float64)


def _as_dict(weights: Any) -> dict:
    return weights.to_dict() if isinstance(weights, pd.Series) else dict(weights)


def _some(names: list) -> str:
    return ", ".join(map(repr, names[:5])) + (", ..." if len(names) > 5 else "")
