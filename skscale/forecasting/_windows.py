"""Windows of a panel: their sizes, and which of them train and validate a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from skscale.ops.arrays import from_numpy
from skscale.training import Windows
from skscale.training.buffers import Buffer

__all__ = ["Layout", "Parts", "Split", "split_in_time", "windows_between"]


@dataclass(frozen=True)
class Layout:
    """Sizes of a network's windows.

    Attributes
    ----------
    context_length, prediction_length : int
    season_length : int
        1 for none.
    """

    context_length: int
    prediction_length: int
    season_length: int


@dataclass(frozen=True)
class Split:
    """Training and validation windows of every series, each of shape (n_series,).

    Attributes
    ----------
    train_first, train_last : int64 ndarray
        Cuts of the training windows, both included.
    train_end : int64 ndarray
        Where the training part ends and the validation part begins.
    valid_first, valid_last : int64 ndarray
        Cuts of the validation windows.
    """

    train_first: np.ndarray
    train_last: np.ndarray
    train_end: np.ndarray
    valid_first: np.ndarray
    valid_last: np.ndarray


def split_in_time(lengths: np.ndarray, layout: Layout, validation_fraction: float | str) -> Split:
    """Hold the end of every series out for validation.

    Targets of training windows end before the validation part, targets of validation windows
    lie within it. ``"auto"`` holds a fifth out, at least one horizon, at most ten or half of
    the series; a part without room for two horizons then uses windows whose last half of the
    horizon is missing, too. A number holds out exactly that share, and horizons are cut only
    where not one whole horizon fits. A series of less than four points only trains.
    """
    T = layout.prediction_length
    roomy = 2 * T if validation_fraction == "auto" else T
    if validation_fraction == "auto":
        fifth = np.minimum(lengths // 5, 10 * T)
        held_out = np.minimum(np.maximum(T, fifth), lengths // 2)
    else:
        held_out = np.round(float(validation_fraction) * lengths).astype(np.int64)
    held_out = np.where(lengths - held_out < 2, 0, held_out)
    end = lengths - held_out
    last = _last_cut(end, np.minimum(layout.context_length, end - 1), T, roomy)
    first = np.where(last >= layout.context_length, layout.context_length, np.maximum(1, last // 2))
    valid_last = np.where(held_out > 0, _last_cut(lengths, end, T, roomy), end - 1)
    return Split(first, np.where(lengths < 2, 0, last), end, end, valid_last)


def _last_cut(end: np.ndarray, start: np.ndarray, T: int, roomy: int) -> np.ndarray:
    """Last cut whose target fits between ``start`` and ``end``; half of it below ``roomy``."""
    room = end - start
    halved = np.maximum(1, np.minimum(T, room) // 2)
    return np.maximum(np.where(room >= roomy, end - T, end - halved), start)


def windows_between(
    buffer: Buffer,
    layout: Layout,
    first: np.ndarray,
    last: np.ndarray,
    end: np.ndarray | None = None,
) -> Windows:
    """Windows of every series with cuts from ``first`` to ``last``, targets before ``end``."""
    device = buffer.device

    def on_device(numbers: np.ndarray) -> torch.Tensor:
        return from_numpy(np.asarray(numbers, dtype=np.int64)).to(device)

    return Windows(
        buffer,
        layout.context_length,
        layout.prediction_length,
        on_device(first),
        on_device(last),
        None if end is None else on_device(end),
    )


class Parts(NamedTuple):
    """Windows before the held-out part, within it, all of them, and all that reach into it."""

    training: Windows
    validation: Windows
    everything: Windows
    recent: Windows

    @classmethod
    def of(cls, buffer: Buffer, layout: Layout, split: Split) -> Parts:
        """Cut the windows of every series where ``split`` says."""
        lengths = buffer.lengths.cpu().numpy()
        return cls(
            windows_between(buffer, layout, split.train_first, split.train_last, split.train_end),
            windows_between(buffer, layout, split.valid_first, split.valid_last),
            windows_between(buffer, layout, split.train_first, lengths - 1),
            windows_between(buffer, layout, split.train_last + 1, lengths - 1),
        )
