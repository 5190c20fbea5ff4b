"""From which score on a point is an anomaly."""

from __future__ import annotations

import numpy as np
from scipy.stats import genpareto

__all__ = ["RATES", "extreme_threshold", "quantile_threshold"]

# Share of points beyond the threshold, where nothing is said.
RATES = {"extreme": 1e-3, "quantile": 1e-2, "contamination": 1e-2}
_TAIL = 0.1  # share of the scores that the tail is fitted to
_FEWEST = 10  # of them, for a fit of the shape
_SHAPES = (-0.2, 0.5)  # of errors; few exceedances may ask for anything
# Scores come in units of what regular errors reach: below this there is rounding.
_LEAST = 0.1


def quantile_threshold(scores: np.ndarray, rate: float) -> float:
    """Score that a share ``rate`` of ``scores`` (n,) exceeds; the largest where that is none."""
    return max(float(np.quantile(scores, 1 - rate)), _LEAST)


def extreme_threshold(scores: np.ndarray, rate: float) -> float:
    """Score that a share ``rate`` of regular points exceeds, by the tail of ``scores`` (n,).

    What exceeds the 90th percentile is taken to follow a generalised Pareto distribution, so
    that rates below 1 / n have a threshold, too. Its shape is found by maximum likelihood, and held
    in [-0.2, 0.5]; of fewer than ten exceedances it is zero, an exponential tail.

    References
    ----------
    Siffer et al. (2017), Anomaly detection in streams with extreme value theory, KDD, eq. (1).
    """
    if rate >= _TAIL:
        return quantile_threshold(scores, rate)
    start = float(np.quantile(scores, 1 - _TAIL))
    excess = scores[scores > start] - start
    if not len(excess):
        return max(start, _LEAST)
    shape, scale = _tail(excess / excess.mean())
    # Probability that a point beyond the start is beyond the threshold, too.
    beyond = rate * len(scores) / len(excess)
    return max(start + genpareto.isf(min(beyond, 1.0), shape, 0, scale) * excess.mean(), _LEAST)


def _tail(excess: np.ndarray) -> tuple[float, float]:
    """Shape and scale of a generalised Pareto distribution of ``excess``, whose mean is one."""
    if len(excess) < _FEWEST:
        return 0.0, 1.0
    shape, _, scale = genpareto.fit(excess, floc=0)
    if _SHAPES[0] <= shape <= _SHAPES[1]:
        return float(shape), float(scale)
    shape = float(np.clip(shape, *_SHAPES))
    _, _, scale = genpareto.fit(excess, f0=shape, floc=0)
    return shape, float(scale)
