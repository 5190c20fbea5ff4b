"""Weights of forecasts by their errors on held-out points."""

from __future__ import annotations

import numpy as np

__all__ = ["blend_weights"]


def blend_weights(forecasts: np.ndarray, truth: np.ndarray, n_steps: int = 20) -> np.ndarray:
    """Greedy selection with replacement (Caruana et al. 2004).

    The mean of the forecasts chosen so far takes in, step by step, whichever lowers its mean
    absolute error most, each series and channel in the unit of its own best forecast.

    Parameters
    ----------
    forecasts : ndarray of shape (n_candidates, n_splits, n_series, n_steps, n_channels)
    truth : ndarray of shape (n_splits, n_series, n_steps, n_channels)
        Missing values do not count.
    n_steps : int, default=20
        Most forecasts taken; weights are multiples of one over their number.

    Returns
    -------
    ndarray of shape (n_candidates,)
        Weights that add up to one; those of the shortest selection with the lowest error.
    """
    known = ~np.isnan(truth)
    truth, forecasts = np.where(known, truth, 0.0), np.where(known, forecasts, 0.0)
    alone = np.abs(forecasts - truth).sum(axis=(1, 3), keepdims=True).min(axis=0)
    unit = np.where(alone > 0, alone, 1.0)
    total, counts = np.zeros_like(truth), np.zeros(len(forecasts))
    best, weights = np.inf, counts
    for step in range(1, n_steps + 1):
        means = (total + forecasts) / step
        errors = (np.abs(means - truth) / unit).sum(axis=(1, 2, 3, 4))
        chosen = int(errors.argmin())
        total, counts[chosen] = total + forecasts[chosen], counts[chosen] + 1
        if errors[chosen] < best * (1 - 1e-6):
            best, weights = errors[chosen], counts / step
    return weights
