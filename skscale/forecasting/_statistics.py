"""Statistics of the observed values of every series, and the locations and scales they make."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skscale.forecasting._panel import Panel

__all__ = ["SCALERS", "by_blocks", "extremes", "moments"]

# Interquartile range of a normal distribution, in its deviations.
_NORMAL_RANGE = 1.3489795
# A deviation below this part of a series' size is rounding.
_ROUNDING = 1e-15
_LARGEST = 1e8


def by_blocks(
    panel: Panel, function: Callable[..., tuple[np.ndarray, ...]], *of_series: np.ndarray
) -> tuple[np.ndarray, ...]:
    """What ``function`` finds for every series, computed for some of them at a time.

    Parameters
    ----------
    panel : Panel
    function : callable
        Arrays of shape (n_series, ...) from a panel, and its part of every one of ``of_series``.
    *of_series : ndarray of shape (n_series, ...)
    """
    parts = [function(block, *(v[i] for v in of_series)) for i, block in panel.blocks()]
    return tuple(np.concatenate(found) for found in zip(*parts, strict=True))


def moments(panel: Panel, values: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the ``seen`` points of every series, in two passes."""
    starts, series = panel.offsets[:-1], panel.series
    known = ~np.isnan(values)
    if not known.all():
        # Where nothing is seen, all that is known counts.
        seen = np.where(np.logical_or.reduceat(seen & known, starts)[series], seen & known, known)
        values = np.where(known, values, 0.0)
    count = np.add.reduceat(seen.astype(np.float64), starts).clip(min=1)
    # A power of two costs no digit, and keeps the squares of any float64 within its range.
    _, exponent = np.frexp(np.maximum.reduceat(np.abs(values), starts))
    unit = np.ldexp(values, -exponent[series])
    location = np.add.reduceat(np.where(seen, unit, 0.0), starts) / count
    centred = np.where(seen, unit - location[series], 0.0)
    # The second pass takes out what rounding left in the mean of very large values.
    shift = np.add.reduceat(centred, starts) / count
    variance = np.add.reduceat(centred**2, starts) / count - shift**2
    deviation = np.sqrt(np.maximum(variance, 0.0))
    return np.ldexp(location + shift, exponent), np.ldexp(deviation, exponent)


def extremes(panel: Panel, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Highest and lowest value of every series, zero where there is none."""
    starts, known = panel.offsets[:-1], ~np.isnan(values)
    highest = np.maximum.reduceat(np.where(known, values, -np.inf), starts)
    lowest = np.minimum.reduceat(np.where(known, values, np.inf), starts)
    some = np.isfinite(highest)
    return np.where(some, highest, 0.0), np.where(some, lowest, 0.0)


def quartiles(panel: Panel, values: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median and interquartile range of the ``seen`` points of every series."""
    starts, series = panel.offsets[:-1], panel.series
    known = ~np.isnan(values)
    seen = np.where(np.logical_or.reduceat(seen & known, starts)[series], seen & known, known)
    # Sorted within every series, those not seen last.
    ranked = np.where(seen, values, np.inf)
    ranked = np.stack([column[np.lexsort((column, series))] for column in ranked.T], axis=1)
    last = np.add.reduceat(seen.astype(np.int64), starts).clip(min=1) - 1

    def quantile(share: float) -> np.ndarray:
        below, part = np.divmod(share * last, 1)
        place = starts[:, None] + below.astype(np.int64)
        low = np.take_along_axis(ranked, place, axis=0)
        high = np.take_along_axis(ranked, place + (part > 0), axis=0)
        return low * (1 - part) + high * part

    # What no series shows is constant: any number does.
    median, low, high = (np.nan_to_num(quantile(q), posinf=0.0) for q in (0.5, 0.25, 0.75))
    return median, high - low


def _robust(panel: Panel, values: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median, and interquartile range in deviations of a normal distribution.

    The deviation where half of the values are equal, as in intermittent series.
    """
    median, spread = quartiles(panel, values, seen)
    _, deviation = moments(panel, values, seen)
    spread = spread / _NORMAL_RANGE
    return median, np.where(spread > _ROUNDING * np.abs(median), spread, deviation)


def _mean(panel: Panel, values: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Zero, and the mean size."""
    size, _ = moments(panel, np.abs(values), seen)
    return np.zeros_like(size), size


def _none(panel: Panel, values: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Zero and one.

    Raises
    ------
    ValueError
        If a value is too large for float32 to square and add.
    """
    size = np.nan_to_num(np.abs(values))
    if size.max() > _LARGEST:
        point, channel = np.unravel_index(size.argmax(), size.shape)
        raise ValueError(
            f"column {panel.columns[channel]!r} of y holds {values[point, channel]} at "
            f'{panel.times[point]}, but scaler="none" leaves values as they are: at most '
            f"{_LARGEST:g} in size"
        )
    shape = (len(panel.lengths), values.shape[1])
    return np.zeros(shape), np.ones(shape)


Scaler = Callable[[Panel, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
# Location and scale, both (n_series, n_channels), of the seen points of every series.
SCALERS: dict[str, Scaler] = {
    "standard": moments,
    "robust": _robust,
    "mean": _mean,
    "none": _none,
}
