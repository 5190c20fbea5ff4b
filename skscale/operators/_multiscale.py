"""Several scales of one operator, side by side as features."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from skscale.operators._base import ScalingOperator
from skscale.operators._continuous import as_operator
from skscale.operators._transformer import SeriesTransformer


class MultiScale(SeriesTransformer):
    """Concatenate the outputs of one operator at several scales as features.

    The result is always 2-D, so any scikit-learn regressor or classifier can follow in a
    ``Pipeline``; 3-D input gives, scale by scale, one channel after the other. The scales can
    be searched with ``GridSearchCV`` under ``multiscale__scales``.

    ``inverse_transform`` uses the features of the first scale alone.

    Parameters
    ----------
    operator : ScalingOperator, default=None
        Operator; its own ``scale`` is not used. None means ``AveragePooling()``.
    scales : sequence, default=(1, 2, 4, 8)
        Scales, each a value that ``operator`` takes. Scale 1 is the series itself for all
        operators but the wavelet approximation and the discrete Gaussian.

    Attributes
    ----------
    operators_ : list of ScalingOperator
        One fitted operator for each scale.
    n_timepoints_in_ : int
        Length of the series seen in fit.
    n_channels_in_ : int or None
        Number of channels of 3-D input, None for 2-D input.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.operators import AveragePooling, MultiScale
    >>> multi = MultiScale(AveragePooling(), scales=(1, 2))
    >>> multi.fit_transform(np.array([[1.0, 3.0, 5.0, 7.0]]))
    array([[1., 3., 5., 7., 2., 6.]])
    >>> multi.get_feature_names_out()[[0, -1]]
    array(['averagepooling_scale1_0', 'averagepooling_scale2_1'], dtype=object)
    """

    _chunk = 2**20
    _hides_infinity = True  # the operator may

    def __init__(
        self, operator: ScalingOperator | None = None, scales: Sequence[Any] = (1, 2, 4, 8)
    ):
        self.operator = operator
        self.scales = scales

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:
        """Names of the features: operator, scale, channel (3-D input only) and position.

        Where scales repeat, the number of the scale stands behind it.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self)
        names, scales = [], list(self.scales)
        for i, (operator, scale) in enumerate(zip(self.operators_, scales, strict=True)):
            number = f"_{i}" if scales.count(scale) > 1 else ""
            stem = f"{type(operator).__name__.lower()}_scale{scale}{number}"
            for c in range(self.n_channels_in_ or 1):
                channel = "" if self.n_channels_in_ is None else f"channel{c}_"
                names += [f"{stem}_{channel}{k}" for k in range(operator.n_timepoints_out_)]
        return np.array(names, dtype=object)

    def _fit_tensor(self, x: Tensor) -> Self:
        scales = self.scales
        # An object that only has __getitem__, as sktime's forecasters do, may never end.
        listed = isinstance(scales, Iterable) and not isinstance(scales, str | bytes)
        if not listed or len(list(scales)) == 0:
            raise ValueError(f"scales must be a sequence of at least one scale, got {scales!r}")
        operator = as_operator(self.operator)
        self.operators_ = [
            clone(operator).set_params(scale=s)._learn_axes(x)._fit_tensor(x) for s in scales
        ]
        widths = [o.n_timepoints_out_ for o in self.operators_]
        self._n_features_out = self.n_timepoints_out_ = sum(widths) * (self.n_channels_in_ or 1)
        return self

    def _transform_tensor(self, x: Tensor) -> Tensor:
        return torch.cat([o._transform_tensor(x).flatten(1) for o in self.operators_], dim=1)

    def _inverse_tensor(self, y: Tensor) -> Tensor:
        first = self.operators_[0]
        part = y[:, : first.n_timepoints_out_ * (self.n_channels_in_ or 1)]
        if self.n_channels_in_ is not None:
            part = part.unflatten(1, (self.n_channels_in_, -1))
        return first._inverse_tensor(part)

    @property
    def _n_channels_out(self) -> None:
        return None  # the features are flat

    def _allows_nan(self) -> bool:
        return as_operator(self.operator)._allows_nan()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if isinstance(self.operator, BaseEstimator):
            tags.input_tags.allow_nan = self.operator.__sklearn_tags__().input_tags.allow_nan
        return tags
