"""Windows that are forecast together, as many at a time as the memory of one pass takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from torch import Tensor

from skscale.forecasting._future import Future
from skscale.forecasting._windows import Layout, windows_between
from skscale.ops.arrays import from_numpy
from skscale.ops.threads import threads_for
from skscale.training import SeriesBuffer, Windows

__all__ = ["Pass", "passes"]

_VALUES_AT_ONCE = 2**20  # of the contexts
_MOST_WINDOWS = 1024


class Pass(NamedTuple):
    """Windows that are forecast together.

    Attributes
    ----------
    block : slice
        Which of all they are.
    windows : Windows
    place : list of Tensor
        Their series and cuts.
    features : Tensor or None
        Of the steps ahead.
    """

    block: slice
    windows: Windows
    place: list[Tensor]
    features: Tensor | None


def passes(
    buffer: SeriesBuffer, layout: Layout, series: np.ndarray, cuts: np.ndarray, future: Future
) -> Iterator[Pass]:
    """Windows of ``buffer`` at ``cuts`` of ``series``, both (n_windows,), pass by pass."""
    n_series, device = len(buffer.offsets) - 1, buffer.values.device
    values = layout.context_length * buffer.values.shape[1]
    size = int(np.clip(_VALUES_AT_ONCE // values, 16, _MOST_WINDOWS))
    ends = (np.full(n_series, end) for end in (cuts.min(), cuts.max()))
    windows = windows_between(buffer, layout, *ends)
    with threads_for(values * min(size, len(cuts))):
        for start in range(0, len(cuts), size):
            block = slice(start, start + size)
            place = [from_numpy(i[block]).to(device) for i in (series, cuts)]
            yield Pass(block, windows, place, future.tensor(block, device))
