"""NumPy arrays and torch tensors in, float tensors of shape (..., time) out, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import check_array
from torch import Tensor

from skscale.ops.arrays import from_numpy


def as_series(X: Any, estimator: object) -> Tensor:
    """Check 2-D or 3-D input and return it as a floating point tensor, without a copy if it is one.

    Finiteness is not looked at here, see :func:`check_finite`.
    """
    if isinstance(X, Tensor):
        if X.dim() not in (2, 3):
            raise ValueError(_shape_message(tuple(X.shape), estimator))
        if 0 in X.shape:
            raise ValueError(f"X of shape {tuple(X.shape)} is empty, at least 1 is required")
        return X if X.is_floating_point() else X.to(torch.get_default_dtype())
    if getattr(getattr(X, "index", None), "nlevels", 1) > 1:
        raise ValueError(
            f"X has an index of {X.index.nlevels} levels, as sktime's panels have; convert it with "
            "sktime.datatypes.convert_to(X, 'numpy3D'), or pass X.to_numpy() if a row is a series"
        )
    try:
        array = check_array(
            X,
            dtype=[np.float64, np.float32],
            allow_nd=True,
            ensure_all_finite=False,
            estimator=estimator,
            input_name="X",
        )
    except ValueError as error:
        if "setting an array element with a sequence" not in str(error):
            raise
        raise ValueError(
            "X holds series of different lengths, or a series in each cell; it must be an array of "
            "shape (n_samples, n_timepoints) or (n_samples, n_channels, n_timepoints): pad or cut "
            "the series, or convert nested ones with sktime.datatypes.convert_to(X, 'numpy3D')"
        ) from error
    if array.ndim > 3:
        raise ValueError(_shape_message(array.shape, estimator))
    return from_numpy(array)


def check_finite(x: Tensor, estimator: object, allow_nan: bool = False, hint: str = "") -> None:
    """Raise a ValueError if ``x`` holds infinity, or nan where that is not allowed.

    ``hint`` says what to do about nan.
    """
    if not allow_nan and bool(torch.isfinite(x.detach().sum())):
        return  # the usual case, one pass; a sum that overflows is looked at again below
    if bool(torch.isinf(x).any()):
        found = "infinity or a value too large for its type"
    elif not allow_nan and bool(torch.isnan(x).any()):
        found = "NaN"
    else:
        return
    name = type(estimator).__name__
    hint = hint if found == "NaN" else ""
    raise ValueError(f"Input X contains {found}. {name} needs finite values{hint}.")


def apply_in_chunks(
    function: Callable[[Tensor], Tensor],
    x: Tensor,
    size: int = 2**20,
    check: Callable[[Tensor], None] = lambda y: None,
) -> Tensor:
    """Apply ``function`` to ``size`` numbers at a time, for results that need no gradient.

    ``check`` sees each piece of the result while it is still in the cache.
    """
    rows = max(1, size // max(1, x[0].numel()))
    with torch.no_grad():
        first = function(x[:rows])
        out = first.new_empty(len(x), *first.shape[1:])
        for start in range(0, len(x), rows):
            piece = out[start : start + rows]
            piece.copy_(function(x[start : start + rows]) if start else first)
            check(piece)
    return out


def same_kind(y: Tensor, X: Any) -> Any:
    """Return ``y`` as what ``X`` was: a tensor for a tensor, else a NumPy array."""
    return y if isinstance(X, Tensor) else y.numpy()


def owning(y: Tensor, x: Tensor) -> Tensor:
    """Return ``y``, copied if it shares its memory with ``x`` or is a view with gaps."""
    if y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr():
        return y.clone(memory_format=torch.contiguous_format)
    return y.contiguous()


def _shape_message(shape: tuple[int, ...], estimator: object) -> str:
    return (
        f"{type(estimator).__name__} expects X of shape (n_samples, n_timepoints) or "
        f"(n_samples, n_channels, n_timepoints), got {len(shape)} dimension(s): {shape}"
    )
