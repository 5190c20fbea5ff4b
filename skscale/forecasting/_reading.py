"""What forecasters read of frames before sktime does, and what they spare it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sktime.datatypes import convert_to

from skscale.forecasting._frames import check_covered, check_frame, plain
from skscale.forecasting._positions import in_order, is_complete

__all__ = ["FRAMES", "ReadsFrames", "as_frame"]

# Containers that forecasters work in.
FRAMES = ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"]
# Whether pandas copies shared data as soon as one of two frames is changed.
_COPIES_LATE = int(pd.__version__.split(".")[0]) >= 3


class ReadsFrames:
    """Mixin: checks that sktime leaves out, and a short way through those that it makes.

    sktime sorts the index, or groups a table of it, for the order of the rows and for the last
    time: up to 140 bytes for each row. Both are found here from the codes of the index. Where
    series are in order, sktime is shown one row, for all else that it reads of a frame.

    What users change in their frames later, a forecaster does not see; it does see what they write
    into an array that a frame shares, made as ``pd.DataFrame(array, copy=False)``.
    """

    def _check_X_y(self, X: Any = None, y: Any = None, **options: Any) -> tuple[Any, Any]:
        X, y = self._checked(X, y, **options)
        return _own(X), _own(y)

    def _checked(self, X: Any, y: Any, **options: Any) -> tuple[Any, Any]:
        # sktime would let infinite values pass, and not name what is wrong.
        check_frame("y", y)
        check_frame("X", X)
        check_covered(y, X)
        X, y = plain(X), plain(y)
        shown = _first_row(X), _first_row(y)
        read = super()._check_X_y(*shown, **options)  # type: ignore[misc]
        if read[0] is shown[0] and read[1] is shown[1]:
            return X, y
        if shown[0] is X and shown[1] is y:
            return read
        return super()._check_X_y(X=X, y=y, **options)  # type: ignore[misc]

    def _set_cutoff_from_y(self, y: Any) -> None:
        super()._set_cutoff_from_y(_latest_row(y))  # type: ignore[misc]


def as_frame(data: Any) -> pd.DataFrame | None:
    """Data in a container that forecasters work in; None if sktime knows none for them."""
    data = plain(data)
    shown = _first_row(data)
    read = convert_to(shown, FRAMES)
    if read is shown:
        return data
    return read if shown is data else convert_to(data, FRAMES)


def _own(data: Any) -> Any:
    """The same data, which stay as they are; copied at once only where pandas must."""
    return data.copy(deep=not _COPIES_LATE) if isinstance(data, pd.DataFrame) else data


def _first_row(data: Any) -> Any:
    """One row of series in order; all else as it is, for sktime to find what is wrong."""
    if not isinstance(data, pd.DataFrame) or not isinstance(data.index, pd.MultiIndex):
        return data
    return data.iloc[:1] if in_order(data.index) else data


def _latest_row(y: Any) -> Any:
    """A row of the last time of series whose times are in order; other containers as they are."""
    if not isinstance(y, pd.DataFrame) or not isinstance(y.index, pd.MultiIndex):
        return y
    if not is_complete(y.index):
        return y  # sktime leaves series without a name out
    codes = y.index.codes[-1]
    used = pd.unique(np.asarray(codes))
    last = used[y.index.levels[-1].take(used).argmax()]
    return y.iloc[[int((codes == last).argmax())]]
