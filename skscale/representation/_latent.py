"""Changes of latent values that make new series out of known ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_consistent_length, column_or_1d

__all__ = ["crowding", "difference", "magnitude", "noise", "way_to_neighbours"]


def noise(spread: np.ndarray, n_samples: int, rng: np.random.RandomState) -> np.ndarray:
    """Normal noise with standard deviations ``spread``, (n_samples, n_latent)."""
    return spread * rng.standard_normal((n_samples, len(spread)))


def magnitude(
    z: np.ndarray, centre: np.ndarray, sizes: Sequence[int], rng: np.random.RandomState
) -> np.ndarray:
    """Distance from ``centre`` times a normal number, one for each row and each encoder's values.

    ``sizes`` are the numbers of latent values of the encoders.
    """
    factors = rng.standard_normal((len(z), len(sizes)))
    return np.repeat(factors, sizes, axis=1) * (z - centre)


def difference(z: np.ndarray, y: Any, rng: np.random.RandomState) -> np.ndarray:
    """Way between two rows drawn for each row of ``z``, of its label; zero where it is alone."""
    change = np.zeros_like(z)
    for members in _by_label(z, y):
        n = len(members)
        if n > 1:
            one = rng.randint(n, size=n)
            other = (one + rng.randint(1, n, size=n)) % n
            change[members] = z[members[other]] - z[members[one]]
    return change


def crowding(z: np.ndarray, spread: np.ndarray, n_neighbors: int) -> np.ndarray:
    """Distance from every row to its neighbours over the median one, at most 2; (n_samples, 1)."""
    k = min(n_neighbors, len(z) - 1)
    if k < 1:
        return np.ones((len(z), 1))
    near = NearestNeighbors(n_neighbors=k).fit(_in_units(z, spread)).kneighbors()[0]
    distance = near.mean(axis=1, keepdims=True)
    median = np.median(distance)
    return np.minimum(distance / median, 2.0) if median > 0 else np.ones((len(z), 1))


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
    units = _in_units(z, spread)
    partner = np.arange(len(z))
    for members in _by_label(z, y):
        k = min(n_neighbors, len(members) - 1)
        if k > 0:
            # Without an argument, kneighbors leaves every row out of its own neighbours.
            near = NearestNeighbors(n_neighbors=k).fit(units[members]).kneighbors()[1]
            chosen = near[np.arange(len(members)), rng.randint(k, size=len(members))]
            partner[members] = members[chosen]
    return rng.uniform(size=(len(z), 1)) * (z[partner] - z)


def _in_units(z: np.ndarray, spread: np.ndarray) -> np.ndarray:
    return z / np.where(spread > 0, spread, np.inf)


def _by_label(z: np.ndarray, y: Any) -> Iterator[np.ndarray]:
    """Numbers of the rows of each label."""
    labels = np.zeros(len(z)) if y is None else column_or_1d(y)
    check_consistent_length(z, labels)
    for label in np.unique(labels):
        yield np.flatnonzero(labels == label)
