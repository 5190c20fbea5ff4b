"""Base of the scaling operators: one scale, given or chosen by forecastability."""

from __future__ import annotations

from abc import abstractmethod
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.utils._param_validation import Interval, StrOptions
from torch import Tensor

from skscale.operators._arrays import apply_in_chunks
from skscale.operators._transformer import SeriesTransformer
from skscale.ops import check_scale, forecastability

# A coarse series shorter than this has too few frequencies to speak of a spectrum.
_FEWEST_POINTS = 8
_DEFAULT_MAX_SCALE = 16

# Constraint of the parameter `missing`.
MISSING = [StrOptions({"error", "ignore"})]


class ScalingOperator(SeriesTransformer):
    """Base of the scaling operators: a subclass adds three functions.

    ``_forward(x, scale)`` applies the operator along the last axis, ``_inverse(y, scale,
    length)`` brings a coarse series back, ``_grid(length, scale)`` gives the first time index
    of each coarse point.

    Attributes
    ----------
    scale_ : int or float or ndarray
        Scale in use; differs from ``scale`` if that was ``"forecastability"``.
    candidate_scales_, forecastability_curve_ : ndarray
        Scales tried and the mean forecastability at each; for ``scale="forecastability"`` only.

    Examples
    --------
    >>> from skscale.operators import MaxPooling, ScalingOperator
    >>> issubclass(MaxPooling, ScalingOperator)
    True
    """

    # Time steps that a coarse point stands for: 1, or the scale.
    _pools: ClassVar[bool] = False
    # What no function of `ops` checks; those know the length of the series.
    _parameter_constraints: ClassVar[dict[str, list]] = {
        "max_scale": [Interval(Integral, 1, 2**20, closed="both"), None]
    }

    # Set by every subclass's constructor.
    scale: Any
    max_scale: int | None

    @abstractmethod
    def _forward(self, x: Tensor, scale: Any) -> Tensor:
        """Apply at ``scale``, which is checked here."""

    @abstractmethod
    def _inverse(self, y: Tensor, scale: Any, length: int) -> Tensor:
        """Bring back to ``length``."""

    @abstractmethod
    def _grid(self, length: int, scale: Any) -> range:
        """First time index of each coarse point."""

    def _width(self, scale: Any) -> int:
        """Time steps that a coarse point stands for."""
        return int(scale) if self._pools else 1

    def _keeps_length(self) -> bool:
        """Whether each point of the result belongs to the same point in time of the input."""
        return False

    def _candidates(self, length: int) -> np.ndarray:
        """Scales that scale="forecastability" tries: whole ones up to ``max_scale``."""
        return np.arange(1, self._largest_candidate(length) + 1)

    def _check_scale(self, length: int) -> Any:
        """Return the scale in the type that ``_forward`` takes, or raise a ValueError."""
        return check_scale(self.scale, length)

    def _fit_tensor(self, x: Tensor) -> Self:
        length = x.shape[-1]
        if isinstance(self.scale, str):
            self.scale_ = self._most_forecastable(x)
        else:
            self.scale_ = self._check_scale(length)
        # One row of zeros tells the size of the result, and checks all options at once.
        probe = self._forward(x.new_zeros(1, length), self.scale_)
        self.n_timepoints_out_ = self._n_features_out = probe.shape[-1]
        return self

    def _transform_tensor(self, x: Tensor) -> Tensor:
        return self._forward(x, self.scale_)

    def _inverse_tensor(self, y: Tensor) -> Tensor:
        return self._inverse(y, self.scale_, self.n_timepoints_in_)

    def _most_forecastable(self, x: Tensor) -> Any:
        if self.scale != "forecastability":
            raise ValueError(f"scale must be a number or 'forecastability', got {self.scale!r}")
        if self._allows_nan() and bool(torch.isnan(x).any()):
            raise ValueError("scale='forecastability' needs a spectrum, but X contains NaN")
        scales = self._candidates(x.shape[-1])
        curve = np.array([self._mean_forecastability(x, s) for s in scales.tolist()])
        best = scales[int(curve.argmax())].item()
        if np.issubdtype(scales.dtype, np.floating):
            best, scales, curve = self._refine(x, best, scales, curve)
        self.candidate_scales_, self.forecastability_curve_ = scales, curve
        return best

    def _mean_forecastability(self, x: Tensor, scale: float) -> float:
        """Mean over the series at full length: spectra of different lengths do not compare."""

        def values(part: Tensor) -> Tensor:
            full = self._inverse(self._forward(part, scale), scale, part.shape[-1])
            return forecastability(full).unsqueeze(-1)

        return float(apply_in_chunks(values, x).double().mean())

    def _refine(
        self, x: Tensor, best: float, scales: np.ndarray, curve: np.ndarray
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Look between the best candidate and its neighbours, on a ten times finer grid."""
        step = scales[1] - scales[0] if len(scales) > 1 else 0.0
        finer = np.linspace(best - step, best + step, 21)[1:-1].round(6)
        finer = finer[(finer >= scales[0]) & (finer <= scales[-1])]
        finer = np.setdiff1d(finer, scales)
        values = np.array([self._mean_forecastability(x, s) for s in finer.tolist()])
        scales, curve = np.append(scales, finer), np.append(curve, values)
        order = scales.argsort()
        scales, curve = scales[order], curve[order]
        return scales[int(curve.argmax())].item(), scales, curve

    def _largest_candidate(self, length: int) -> int:
        largest = _DEFAULT_MAX_SCALE if self.max_scale is None else int(self.max_scale)
        while largest > 1 and self._points_at(length, largest) < _FEWEST_POINTS:
            largest -= 1
        if self._points_at(length, largest) < 2:
            raise ValueError(
                "scale='forecastability' needs coarse series of at least 2 time points; "
                f"n_features = {length}"
            )
        return largest

    def _points_at(self, length: int, scale: int) -> int:
        try:
            return len(self._grid(length, scale))
        except ValueError:  # a scale that this length does not allow
            return 0
