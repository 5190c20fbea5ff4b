"""Estimators that sktime saves, by pickle."""

from __future__ import annotations

import os
import warnings
from typing import Any

__all__ = ["SavedBySktime"]


class SavedBySktime:
    """Mixin of estimators that sktime saves, by pickle: `save` says so."""

    def save(
        self, path: str | os.PathLike | None = None, serialization_format: str | None = None
    ) -> Any:
        """Save by sktime, which pickles; see `sktime.base.BaseEstimator.save`.

        `sktime.base.load` reads it, and runs whatever code the file holds: load only what you
        trust. A forecaster of skscale within saves itself without pickle.

        Parameters
        ----------
        path : str, Path or None
            ``.zip`` is added. None returns the serialization in memory.
        serialization_format : {"pickle", "cloudpickle"} or None, default=None
            None is ``"pickle"``; naming it says that pickle is meant.

        Warns
        -----
        UserWarning
            If a file is written and no ``serialization_format`` is named.
        """
        if path is not None and serialization_format is None:
            warnings.warn(
                f"{type(self).__name__}.save writes sktime's file, which holds pickle: read it by "
                "sktime.base.load, and only where you trust it. Forecasters of skscale within, "
                "saved alone, need no pickle; serialization_format='pickle' says that it is meant",
                stacklevel=2,
            )
        return super().save(path, serialization_format or "pickle")  # type: ignore[misc]
