"""Linear effect of the exogenous columns, in closed form, before any network sees a series."""

from __future__ import annotations

import numpy as np

from skscale.training import SeriesBuffer

__all__ = ["exogenous_effect"]

# Relative to the variance of a column, which is one; no effect at all is a candidate, too.
_PENALTIES = (0.003, 0.03, 0.3, 3.0)
_WITHOUT_VALIDATION = 0.3


def exogenous_effect(
    buffer: SeriesBuffer, n_exogenous: int, train_end: np.ndarray, season: int
) -> np.ndarray:
    """Regress the series on their exogenous columns, both differenced, all series together.

    Differences over a season, or over one step where there is none, take out level and season,
    so that the effect is that of a change in a column. The ridge penalty of a channel is the
    one with the lowest absolute error on the held-out part; where none lowers it, there is no
    effect.

    Parameters
    ----------
    buffer : SeriesBuffer
        Scaled series; of their features, the first ``n_exogenous`` are the columns.
    n_exogenous : int
    train_end : int64 ndarray of shape (n_series,)
        Points of every series before its held-out part.
    season : int
        1 for none.

    Returns
    -------
    float64 ndarray of shape (n_exogenous, n_channels)
        What a column adds to a scaled series, for each of its units.
    """
    assert buffer.features is not None
    values = buffer.values.numpy().astype(np.float64)
    columns = buffer.features[:, :n_exogenous].numpy().astype(np.float64)
    offsets, lengths = buffer.offsets.numpy(), buffer.lengths.numpy()
    position = np.arange(len(values)) - np.repeat(offsets[:-1], lengths)
    lag = season if (train_end >= 2 * season).any() else 1
    # A constant has no scale, and nothing to explain.
    varies = np.repeat((buffer.scale > 0).numpy(), lengths, axis=0)
    later = np.flatnonzero(position >= lag)
    y = np.where(varies[later], values[later] - values[later - lag], 0.0)
    x = columns[later] - columns[later - lag]
    training = position[later] < np.repeat(train_end, lengths)[later]
    effects = _ridge(x[training], y[training])
    if training.all():
        return effects[_WITHOUT_VALIDATION]
    candidates = np.stack([np.zeros((n_exogenous, values.shape[1])), *effects.values()])
    errors = np.abs(y[~training] - x[~training] @ candidates).mean(axis=1)
    return np.take_along_axis(candidates, errors.argmin(axis=0)[None, None], axis=0)[0]


def _ridge(x: np.ndarray, y: np.ndarray) -> dict[float, np.ndarray]:
    """Coefficients (n_columns, n_channels) for every penalty."""
    n = max(len(x), 1)
    gram, cross, unit = x.T @ x / n, x.T @ y / n, np.eye(x.shape[1])
    return {penalty: np.linalg.solve(gram + penalty * unit, cross) for penalty in _PENALTIES}
