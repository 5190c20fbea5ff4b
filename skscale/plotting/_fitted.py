"""Estimators that are shown must be fitted."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import check_is_fitted

__all__ = ["check_fitted"]


def check_fitted(estimator: Any) -> None:
    """Raise NotFittedError, which names the class, unless an estimator is fitted.

    Raises
    ------
    TypeError
        If it is no estimator.
    """
    if isinstance(estimator, type):
        raise TypeError(f"estimator must be a fitted one, got the class {estimator.__name__}")
    if hasattr(estimator, "check_is_fitted"):  # sktime's
        estimator.check_is_fitted()
    else:
        check_is_fitted(estimator)
