"""A discrete operator at real-valued scales."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import clone
from torch import Tensor

from skscale.operators._base import ScalingOperator
from skscale.operators._pooling import AveragePooling
from skscale.operators._smoothing import check_positive
from skscale.ops import blend_full, blend_scales, nearest_cells
from skscale.ops.edges import check_option


class ContinuousScale(ScalingOperator):
    """A discrete operator at a real scale: a smooth blend of its two nearest whole scales.

    The weights are the bump functions of Appendix D; at a whole scale the result is exactly
    that of the operator itself. As the outputs at two scales differ in length, they meet on a
    common grid, chosen with ``grid``.

    ``inverse_transform`` is that of the operator at the scale rounded up; with
    ``grid="full"`` the series is at full length already and comes back as it is.

    Parameters
    ----------
    operator : ScalingOperator, default=None
        Discrete operator; its own ``scale`` is not used. None means ``AveragePooling()``. With
        its ``missing="ignore"``, the blend of a number with nan is the number.
    scale : float, array-like of shape (n_timepoints,) or "forecastability", default=1.5
        Scale, 1 to n_timepoints. An array gives every time step its own scale (the ``s_t`` of
        Appendix D) and needs a grid of full length. ``"forecastability"`` lets fit choose.
    grid : {"coarse", "full"}, default="coarse"
        ``"coarse"`` uses the grid of the scale rounded up, where each coarse point meets the
        finer one nearest in time. No finer point is used twice, so the blend is non-expansive
        for every operator. ``"full"`` brings both to full length with the operator's
        ``inverse_transform`` first. That is smooth in the scale everywhere, but repeating a
        value ``s`` times multiplies its energy by ``s``: only for average pooling, wavelets,
        segmentation and operators that keep the length is it still non-expansive.
    max_scale : int, default=None
        Largest candidate of ``scale="forecastability"``; None means 16. Candidates are
        quarters, refined by a factor of 10 around the best.

    Attributes
    ----------
    operator_ : ScalingOperator
        Operator in use.

    References
    ----------
    Sigma, arXiv 2605.31129, Appendix D.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.operators import AveragePooling, ContinuousScale
    >>> X = np.arange(12.0).reshape(1, -1)
    >>> ContinuousScale(AveragePooling(), scale=2.5).fit_transform(X)
    array([[ 0.75,  4.25,  6.75, 10.25]])
    >>> ContinuousScale(AveragePooling(), scale=3).fit_transform(X)
    array([[ 1.,  4.,  7., 10.]])
    """

    _chunk = 2**20
    _hides_infinity = True  # the operator may

    def __init__(
        self,
        operator: ScalingOperator | None = None,
        scale: Any = 1.5,
        *,
        grid: str = "coarse",
        max_scale: int | None = None,
    ):
        self.operator = operator
        self.scale = scale
        self.grid = grid
        self.max_scale = max_scale

    def _fit_tensor(self, x: Tensor) -> Self:
        check_option("grid", self.grid, ("coarse", "full"))
        self.operator_ = as_operator(self.operator)
        super()._fit_tensor(x)
        return self

    def _forward(self, x: Tensor, scale: Any) -> Tensor:
        length = x.shape[-1]
        if self.grid == "full":
            real = torch.as_tensor(scale, dtype=x.dtype, device=x.device)
            return blend_full(lambda j: self._forward_full(x, j), real, self._allows_nan())
        below, above = math.floor(scale), math.ceil(scale)
        if below == above:
            return self.operator_._forward(x, above)
        cells = nearest_cells(
            self.operator_._grid(length, below),
            self.operator_._width(below),
            self.operator_._grid(length, above),
            self.operator_._width(above),
        ).to(x.device)
        fine, coarse = (self.operator_._forward(x, s) for s in (below, above))
        return blend_scales(fine, coarse, cells, scale, self._allows_nan())

    def _forward_full(self, x: Tensor, scale: int) -> Tensor:
        return self.operator_._inverse(self.operator_._forward(x, scale), scale, x.shape[-1])

    def _inverse(self, y: Tensor, scale: Any, length: int) -> Tensor:
        if self.grid == "full":
            return y
        return self.operator_._inverse(y, math.ceil(scale), length)

    def _grid(self, length: int, scale: Any) -> range:
        if self.grid == "full":
            return range(length)
        return self.operator_._grid(length, math.ceil(scale))

    def _width(self, scale: Any) -> int:
        return 1 if self.grid == "full" else self.operator_._width(math.ceil(scale))

    def _keeps_length(self) -> bool:
        return self.grid == "full" or as_operator(self.operator)._keeps_length()

    def _check_scale(self, length: int) -> Any:
        scale = check_positive(self.scale, length, largest=float(length))
        if np.min(scale) < 1:
            raise ValueError(f"scale must be at least 1, got {self.scale!r}")
        if isinstance(scale, np.ndarray) and self.grid == "coarse":
            raise ValueError(
                "scale with one value for each time point needs grid='full': coarse series of "
                "different scales have no common time points"
            )
        # The operator's own limits, for example on wavelet levels, hold at the scale above.
        largest = math.ceil(np.max(scale))
        self.operator_.set_params(scale=largest)._check_scale(length)
        return scale

    def _candidates(self, length: int) -> np.ndarray:
        return np.arange(4, 4 * self._largest_candidate(length) + 1) / 4

    def _points_at(self, length: int, scale: int) -> int:
        return self.operator_._points_at(length, scale)

    def _allows_nan(self) -> bool:
        return as_operator(self.operator)._allows_nan()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        operator = AveragePooling() if self.operator is None else self.operator
        tags.input_tags.allow_nan = getattr(operator, "missing", "error") == "ignore"
        return tags


def as_operator(operator: object) -> ScalingOperator:
    """Return a copy of ``operator``, average pooling for None; its parameters are checked.

    Raises
    ------
    TypeError
        If it is no scaling operator.
    ValueError
        If a parameter of it is out of its range.
    """
    if operator is None:
        return AveragePooling()
    if isinstance(operator, type) or not isinstance(operator, ScalingOperator):
        raise TypeError(
            f"operator must be a scaling operator such as AveragePooling(), got {operator!r}"
        )
    found: ScalingOperator = clone(operator)
    found._validate_params()
    return found
