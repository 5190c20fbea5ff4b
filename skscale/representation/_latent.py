"""Changes of latent values that make new series out of known ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_consistent_length, column_or_1d

__all__ = ["noise", "way_to_neighbours"]


def noise(spread: np.ndarray, n_samples: int, rng: np.random.RandomState) -> np.ndarray:
    """Normal noise with standard deviations ``spread``, (n_samples, n_latent)."""
    return spread * rng.standard_normal((n_samples, len(spread)))


def way_to_neighbours(
    z: np.ndarray,
    y: Any,
    spread: np.ndarray,
    n_neighbors: int,
    rng: np.random.RandomState,
) -> np.ndarray:
    """A part, uniform in [0, 1), of the way from every row of ``z`` to one of its neighbours.

    Parameters
    ----------
    z : ndarray of shape (n_samples, n_latent)
    y : array-like of shape (n_samples,) or None
        Neighbours have the same label. A row without any stays where it is.
    spread : ndarray of shape (n_latent,)
        Units of the distance; values that do not vary do not count.
    n_neighbors : int
    rng : RandomState

    Returns
    -------
    ndarray of shape (n_samples, n_latent)
    """
    labels = np.zeros(len(z)) if y is None else column_or_1d(y)
    check_consistent_length(z, labels)
    units = z / np.where(spread > 0, spread, np.inf)
    partner = np.arange(len(z))
    for label in np.unique(labels):
        (members,) = np.nonzero(labels == label)
        k = min(n_neighbors, len(members) - 1)
        if k > 0:
            # Without an argument, kneighbors leaves every row out of its own neighbours.
            near = NearestNeighbors(n_neighbors=k).fit(units[members]).kneighbors()[1]
            chosen = near[np.arange(len(members)), rng.randint(k, size=len(members))]
            partner[members] = members[chosen]
    return rng.uniform(size=(len(z), 1)) * (z[partner] - z)
