"""Operators under test as plain functions of float64 arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, clone

from skscale.operators import AveragePooling, ContinuousScale

Family = Callable[[np.ndarray, float], np.ndarray]


def as_family(f: Any) -> tuple[str, Family, Family | None]:
    """Return name, function ``(X, s) -> array`` and, if known, the discrete family behind it."""
    if isinstance(f, type) and issubclass(f, BaseEstimator):
        f = f()
    if isinstance(f, BaseEstimator):
        return type(f).__name__, _of_transformer(f), _discrete_part(f)
    if not callable(f):
        raise TypeError(f"f must be a callable f(X, s) or a transformer with a scale, got {f!r}")

    def call(X: np.ndarray, s: float) -> np.ndarray:
        return _array(f(X, s))

    return getattr(f, "__name__", type(f).__name__), call, None


def check_series(X: Any, name: str = "X") -> np.ndarray:
    """Return X as finite float64 of shape (n_samples, n_timepoints), or raise a ValueError."""
    array = np.asarray(_array(X), dtype=float)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            f"{name} must have shape (n_samples, n_timepoints), got shape {array.shape}"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{name} contains NaN or infinity")
    return array


def takes_fractions(family: Family, X: np.ndarray, scale: float) -> bool:
    """Whether the family is defined between ``scale`` and the next whole scale."""
    try:
        family(X[:1], scale + 0.5)
    except (ValueError, TypeError, IndexError):
        return False
    return True


def _of_transformer(transformer: BaseEstimator) -> Family:
    def call(X: np.ndarray, s: float) -> np.ndarray:
        whole = int(s) if float(s).is_integer() else float(s)
        return _array(clone(transformer).set_params(scale=whole).fit(X).transform(X))

    return call


def _discrete_part(transformer: BaseEstimator) -> Family | None:
    if not isinstance(transformer, ContinuousScale):
        return None

    operator = transformer.operator or AveragePooling()

    def call(X: np.ndarray, s: float) -> np.ndarray:
        fitted = clone(operator).set_params(scale=int(s)).fit(X)
        coarse = fitted.transform(X)
        return fitted.inverse_transform(coarse) if transformer.grid == "full" else coarse

    return call


def _array(value: Any) -> np.ndarray:
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().numpy()
    return np.asarray(value)
