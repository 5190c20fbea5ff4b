"""What a forecaster reads of frames before sktime's verbs go on, and instead of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from skscale.forecasting._frames import check_covered, check_frame, plain

__all__ = ["ReadsFrames"]


class ReadsFrames:
    """Mixin: checks of data that sktime leaves out, and a cut-off that costs little.

    sktime groups a table of the whole index, a hundred bytes for each row. Here the row of the
    last time is found first, from a byte for each.
    """

    def _check_X_y(self, X=None, y=None, **options):
        # sktime would let infinite values pass, and not name what is wrong.
        check_frame("y", y)
        check_frame("X", X)
        check_covered(y, X)
        return super()._check_X_y(X=plain(X), y=plain(y), **options)  # type: ignore[misc]

    def _set_cutoff_from_y(self, y: object) -> None:
        super()._set_cutoff_from_y(_last_row(y))  # type: ignore[misc]


def _last_row(y: object) -> object:
    """A row of the last time of series whose times are in order; other containers as they are."""
    if not isinstance(y, pd.DataFrame) or not isinstance(y.index, pd.MultiIndex) or y.empty:
        return y
    if any(codes.min() < 0 for codes in y.index.codes):
        return y  # sktime leaves series without a name out
    codes = y.index.codes[-1]
    used = pd.unique(np.asarray(codes))
    last = used[y.index.levels[-1].take(used).argmax()]
    return y.iloc[[int((codes == last).argmax())]]
