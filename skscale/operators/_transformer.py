"""What every transformer of series shares: checks, fit, transform and the way back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from skscale.operators._arrays import (
    apply_in_chunks,
    as_series,
    check_finite,
    owning,
    same_kind,
)
from skscale.ops.threads import threads_for
from skscale.saving import Savable


class SeriesTransformer(Savable, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Base of the transformers: checks and conversions around functions of tensors.

    A subclass adds ``_fit_tensor(x)``, ``_transform_tensor(x)`` and ``_inverse_tensor(y)``.

    Attributes
    ----------
    n_timepoints_in_, n_timepoints_out_ : int
        Length of the series seen in fit, and of the result.
    n_channels_in_ : int or None
        Number of channels of 3-D input, None for 2-D input.
    n_features_in_ : int
        As ``n_timepoints_in_``: the features are the time points.
    feature_names_in_ : ndarray of str
        Column names, where X was a data frame.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.operators import MultiScale, SeriesTransformer
    >>> isinstance(MultiScale(), SeriesTransformer)
    True
    """

    # Numbers handled at a time, None for all: operators that make several passes are faster,
    # and need less memory, on pieces that stay in the cache.
    _chunk: ClassVar[int | None] = 2**17
    # Numbers up to which a second core gains less than a millisecond, and costs many where
    # another process wants it.
    _one_core: ClassVar[int] = 2**18
    # A minimum hides +inf, which scikit-learn's checks want refused: look at the input then.
    _hides_infinity: ClassVar[bool] = False
    _nan_hint: ClassVar[str] = "; fill the gaps first, or use an operator with missing='ignore'"

    # Checked in fit, as scikit-learn does.
    _parameter_constraints: ClassVar[dict[str, list]] = {}

    n_timepoints_in_: int
    n_timepoints_out_: int
    n_channels_in_: int | None

    def fit(self, X: Any, y: object = None) -> Self:
        """Check the parameters against the length of the series and choose the scale.

        Parameters
        ----------
        X : array-like or Tensor, (n_samples, n_timepoints) or (n_samples, n_channels, n_timepoints)
            Series.
        y : None
            Ignored.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter is out of its range or does not fit the length, or X holds nan,
            infinity, or series of different lengths. The transformer stays as it was.
        TypeError
            If X is sparse.
        """
        self._validate_params()
        with self._all_or_nothing():
            x = self._checked(X, reset=True).detach()
            self._check_finite(x)
            with threads_for(x.numel(), self._one_core):
                return self._learn_axes(x)._fit_tensor(x)

    def transform(self, X: Any) -> Any:
        """Apply the operator along time.

        Parameters
        ----------
        X : array-like or Tensor, shape as in fit
            Series.

        Returns
        -------
        ndarray or Tensor
            Shape (n_samples, n_timepoints_out_), or (n_samples, n_channels, n_timepoints_out_).
            float32 stays float32; a tensor gives a tensor on its device, differentiable.

        Raises
        ------
        ValueError
            If X has another number of time points or channels than in fit, or the result is
            not finite because X holds nan or infinity. Values that do not enter the result,
            such as those between the points that Subsampling keeps, are not looked at.
        """
        return self._apply(self._transform_readable, X)

    def inverse_transform(self, X: Any) -> Any:
        """Bring coarse series back to full length; each class documents how.

        Parameters
        ----------
        X : array-like or Tensor, the shape that transform returns
            Coarse series.

        Returns
        -------
        ndarray or Tensor, the shape that fit has seen

        Raises
        ------
        ValueError
            If X does not have ``n_timepoints_out_`` time points.
        """
        check_is_fitted(self)
        y = as_series(X, self)
        self._check_finite(y)
        self._check_axes(y, self.n_timepoints_out_, self._n_channels_out)
        with threads_for(y.numel(), self._one_core):
            x = self._inverse_tensor(y)
            return same_kind(owning(x, y), X)

    @abstractmethod
    def _fit_tensor(self, x: Tensor) -> Self:
        """Learn what transform needs, at least the sizes."""

    @abstractmethod
    def _transform_tensor(self, x: Tensor) -> Tensor:
        """Transform checked series."""

    @abstractmethod
    def _inverse_tensor(self, y: Tensor) -> Tensor:
        """Bring checked coarse series back to full length."""

    def _apply(self, function: Callable[[Tensor], Tensor], X: Any) -> Any:
        """Check X, apply ``function`` to its series, check the result, return X's kind."""
        check_is_fitted(self)
        x = self._checked(X, reset=False)
        with threads_for(x.numel(), self._one_core):
            if self._chunk is None or isinstance(X, Tensor):
                y = owning(function(x), x)
                self._check_finite(y)
            else:
                y = apply_in_chunks(function, x, self._chunk, self._check_finite)
        return same_kind(y, X)

    def _transform_readable(self, x: Tensor) -> Tensor:
        if self._hides_infinity:
            self._check_finite(x)
        return self._transform_tensor(x)

    def _validate_params(self) -> None:
        """Refuse what `_parameter_constraints` does not allow, and truth values for numbers."""
        for name, allowed in self._parameter_constraints.items():
            value = getattr(self, name)
            logical = any(one in ("boolean", "verbose") for one in map(str, allowed))
            if isinstance(value, bool | np.bool_) and not logical:
                raise InvalidParameterError(
                    f"The {name!r} parameter of {type(self).__name__} must be "
                    f"{' or '.join(map(str, allowed))}. Got {value!r} instead."
                )
        super()._validate_params()

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """Whatever stops a fit, Ctrl-C included, leaves the transformer as it was."""
        before = dict(self.__dict__)
        try:
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def _check_finite(self, values: Tensor) -> None:
        # The result is smaller than X, and shows whatever in X matters.
        check_finite(values, self, self._allows_nan(), self._nan_hint)

    def _allows_nan(self) -> bool:
        return getattr(self, "missing", "error") == "ignore"

    def _checked(self, X: Any, reset: bool) -> Tensor:
        x = as_series(X, self)
        if x.dim() == 2:
            # scikit-learn's own check of column names and of the number of columns
            validate_data(self, X, reset=reset, skip_check_array=True)
        elif reset:
            self.n_features_in_ = x.shape[-1]
            if hasattr(self, "feature_names_in_"):
                del self.feature_names_in_
        if not reset:
            self._check_axes(x, self.n_timepoints_in_, self.n_channels_in_)
        return x

    def _learn_axes(self, x: Tensor) -> Self:
        self.n_timepoints_in_ = x.shape[-1]
        self.n_channels_in_ = x.shape[1] if x.dim() == 3 else None
        return self

    @property
    def _n_channels_out(self) -> int | None:
        return self.n_channels_in_

    def _check_axes(self, x: Tensor, length: int, n_channels: int | None) -> None:
        name = type(self).__name__
        channels = x.shape[1] if x.dim() == 3 else None
        if channels != n_channels:
            raise ValueError(
                f"X has {_channels(channels)}, but {name} expects {_channels(n_channels)} as in fit"
            )
        if x.shape[-1] != length:
            raise ValueError(f"X has {x.shape[-1]} time points, but {name} expects {length}")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = getattr(self, "missing", "error") == "ignore"
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _channels(n: int | None) -> str:
    return "2 dimensions" if n is None else f"3 dimensions and {n} channel(s)"
