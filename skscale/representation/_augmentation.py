"""New series from latent values."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from skscale.representation._latent import (
    crowding,
    difference,
    magnitude,
    noise,
    way_to_neighbours,
)

__all__ = ["LatentAugmentation"]

METHODS = ("noise", "magnitude", "translation", "interpolation")


class LatentAugmentation:
    """Mixin of a fitted transformer to and from latent values: variations and samples."""

    latent_spread_: np.ndarray
    network_: Any  # a property of the estimator, as n_features_out_ is
    n_features_out_: Any
    transform: Any
    inverse_transform: Any

    def augment(
        self,
        X: Any,
        strength: float = 0.5,
        *,
        method: str = "noise",
        y: Any = None,
        n_neighbors: int = 5,
        adaptive: bool = False,
        random_state: Any = None,
    ) -> Any:
        """One variation of every series, by a change of its latent values.

        The difference that the change makes to the decoded series is added to the series, so
        that what the network cannot reconstruct stays, and ``strength=0`` changes nothing.

        Parameters
        ----------
        X : array-like or Tensor, shape as in fit
            Series.
        strength : float, default=0.5
            Size of the change; see ``method``.
        method : {"noise", "magnitude", "translation", "interpolation"}, default="noise"
            ``"noise"`` adds normal noise with ``strength`` times the spread of the latent values
            in fit. ``"magnitude"`` multiplies the distance of the latent values from their mean
            over X by 1 plus ``strength`` times a normal number, one for each scale.
            ``"translation"`` adds ``strength`` times the difference of two series of X.
            ``"interpolation"`` goes a part of the way, uniform between 0 and ``strength`` of at
            most 1, to one of the nearest series of X.
        y : array-like of shape (n_samples,), optional
            Labels; interpolation and translation stay within series of the same label.
        n_neighbors : int, default=5
            Nearest series that interpolation chooses among, and ``adaptive`` looks at, by latent
            values in units of their spread.
        adaptive : bool, default=False
            Change a series the more, the farther its nearest neighbours are: ``strength`` is that
            of the median distance, and twice it the most. Not for interpolation, which has its
            neighbours for a measure.
        random_state : int, RandomState or None, default=None

        Returns
        -------
        ndarray or Tensor of the shape of X

        Raises
        ------
        ValueError
            If a parameter is out of its range, or ``y`` has another length than X.
        """
        if method not in METHODS:
            raise ValueError(f"method must be one of {METHODS}, got {method!r}")
        if not isinstance(adaptive, bool | np.bool_):
            raise ValueError(f"adaptive must be True or False, got {adaptive!r}")
        largest = 1 if method == "interpolation" else None
        check_scalar(strength, "strength", Real, min_val=0, max_val=largest)
        check_scalar(n_neighbors, "n_neighbors", Integral, min_val=1)
        tensor = isinstance(X, Tensor)
        z = self.transform(X)
        if not tensor:
            z = np.asarray(z)  # `set_output` may have asked for data frames
        values, spread = z.numpy(force=True) if tensor else z, self.latent_spread_
        change = strength * self._change(values, method, y, n_neighbors, random_state)
        if adaptive and method != "interpolation":
            change = change * crowding(values, spread, n_neighbors)
        moved = z + (torch.as_tensor(change).to(z) if tensor else change.astype(z.dtype))
        x = X if tensor else np.asarray(X, dtype=z.dtype)
        return x + (self.inverse_transform(moved) - self.inverse_transform(z))

    def _change(
        self, z: np.ndarray, method: str, y: Any, n_neighbors: int, random_state: Any
    ) -> np.ndarray:
        """Change of the latent values ``z`` at a strength of one."""
        rng, spread = check_random_state(random_state), self.latent_spread_
        if method == "noise":
            return noise(spread, len(z), rng)
        if method == "magnitude":
            return magnitude(z, z.mean(axis=0), self.network_.latent_sizes, rng)
        if method == "translation":
            return difference(z, y, rng)
        return way_to_neighbours(z, y, spread, n_neighbors, rng)

    def sample(self, n_samples: int = 1, random_state: Any = None) -> np.ndarray:
        """New series, decoded from the standard normal distribution.

        Parameters
        ----------
        n_samples : int, default=1
            Number of series.
        random_state : int, RandomState or None, default=None

        Returns
        -------
        ndarray of shape (n_samples, n_timepoints) or (n_samples, n_channels, n_timepoints)

        Raises
        ------
        ValueError
            If the autoencoder is not variational: the distribution of its latent values is not
            known.
        """
        check_is_fitted(self)
        if not self.network_.variational:
            raise ValueError("sample needs an autoencoder fitted with variational=True")
        check_scalar(n_samples, "n_samples", Integral, min_val=1)
        rng = check_random_state(random_state)
        return self.inverse_transform(rng.standard_normal((n_samples, self.n_features_out_)))
