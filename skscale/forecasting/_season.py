"""The season of series without dates, found in their autocorrelation."""

from __future__ import annotations

import numpy as np

__all__ = ["detect_season"]

_MOST_SERIES = 64
_MOST_POINTS = 2**14
_CLEAR = 0.3  # autocorrelation that a season reaches
_NEARLY = 0.8  # part of the strongest peak's that a shorter period must reach
_ROUNDING = 1e-14  # of the largest value: what a straight line may differ from itself
_LEAST_PEAK = 0.15  # for the weights: one weak season among many columns decides nothing


def detect_season(values: np.ndarray, offsets: np.ndarray | None = None, longest: int = 400) -> int:
    """Season of series without dates: the shortest period that explains their autocorrelation.

    The autocorrelations of the differenced series are averaged, each with the weight of its own
    strongest peak, so that columns without a season do not hide that of the others.

    Parameters
    ----------
    values : ndarray of shape (n_points,) or (n_points, n_columns)
    offsets : int64 ndarray of shape (n_series + 1,), optional
        Series ``i`` is ``values[offsets[i]:offsets[i + 1]]``; one series by default.
    longest : int, default=400
        Longest season looked for; a third of a series at most.

    Returns
    -------
    int
        1 when no peak reaches 0.3, so that a trend is no season.

    Notes
    -----
    At most 64 columns of series are looked at, evenly chosen, and the last 16,384 points of each.
    A sum over few pairs makes long lags look weaker than they are. That keeps noise below 0.3;
    where lags are compared, it is put right.

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(0).normal(size=120)
    >>> detect_season(np.column_stack([noise, np.arange(120) % 12]))
    12
    """
    values = values[:, None] if values.ndim == 1 else values
    offsets = np.array([0, len(values)]) if offsets is None else offsets
    n_columns = values.shape[1]
    n_all = (len(offsets) - 1) * n_columns
    chosen = np.unique(np.linspace(0, n_all - 1, min(n_all, _MOST_SERIES)).astype(int))
    found = np.zeros((len(chosen), 2, longest + 2))
    reach, weights = np.zeros(len(chosen), dtype=int), np.zeros(len(chosen))
    for row, (series, column) in enumerate(zip(*divmod(chosen, n_columns), strict=True)):
        part = values[offsets[series] : offsets[series + 1], column][-_MOST_POINTS:]
        correlation = _autocorrelation(part, min(longest, len(part) // 3))
        reach[row] = correlation.shape[1]
        found[row, :, : reach[row]] = correlation
        peaks = correlation[0, _peaks(correlation[0])]
        weights[row] = max(peaks.max(initial=0.0), _LEAST_PEAK) ** 2
    return _shortest_period(found[..., : reach.max(initial=0)], reach, weights)


def _autocorrelation(values: np.ndarray, longest: int) -> np.ndarray:
    """Of the differences, (2, longest + 2): by all pairs, and by those that each lag has.

    Without lags if there is nothing to see. Missing values take the straight line between their
    neighbours: a season shows through, where steps left out would hide it.
    """
    values = values.astype(np.float64)
    known = np.flatnonzero(~np.isnan(values))
    if len(known) < len(values):
        first, last = (known[0], known[-1] + 1) if len(known) else (0, 0)
        values = np.interp(np.arange(first, last), known, values[known])
    steps = np.diff(values / (np.abs(values).max(initial=0.0) or 1.0))
    steps = steps - steps.mean() if len(steps) else steps
    if min(longest, len(steps)) < 2 or np.abs(steps).max() <= _ROUNDING:
        return np.zeros((2, 0))
    n = len(steps)
    spectrum = np.abs(np.fft.rfft(steps, 2 * n)) ** 2
    correlation = np.fft.irfft(spectrum)[: longest + 2]
    correlation = correlation / correlation[0]
    return np.stack([correlation, correlation * n / (n - np.arange(longest + 2))])


def _peaks(correlation: np.ndarray) -> np.ndarray:
    """Lags from 2 whose neighbours are no higher."""
    inner = correlation[2:-1]
    return 2 + np.flatnonzero((inner >= correlation[1:-2]) & (inner >= correlation[3:]))


def _shortest_period(found: np.ndarray, reach: np.ndarray, weights: np.ndarray) -> int:
    """Shortest period that explains the strongest peak, in the series that reach the peak."""
    reached = np.arange(found.shape[-1]) < reach[:, None]
    mean, corrected = _pooled(found, weights[:, None] * reached)
    peaks = _peaks(corrected)
    peaks = peaks[mean[peaks] > _CLEAR]
    if not len(peaks) or mean[_peaks(mean)].max(initial=0.0) <= _CLEAR:
        return 1
    strongest = peaks[corrected[peaks].argmax()]
    _, corrected = _pooled(found, weights[:, None] * reached[:, [strongest]])
    times = np.round(strongest / peaks)
    divides = np.abs(strongest - times * peaks) <= times / 2
    enough = corrected[peaks] >= _NEARLY * corrected[strongest]
    return int(peaks[divides & enough][0])


def _pooled(found: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted mean over series, (2, n_lags); zero where no series has a weight."""
    total = np.maximum(weights.sum(axis=0), 1e-12)
    return (found * weights[:, None]).sum(axis=0) / total
