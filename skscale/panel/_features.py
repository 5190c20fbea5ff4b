"""Transformers of arrays of series as sktime transformers of panels."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils import get_tags
from sktime.transformations.base import BaseTransformer

from skscale.forecasting._all_or_nothing import all_or_nothing
from skscale.operators import AveragePooling, MultiScale
from skscale.panel._arrays import Series
from skscale.representation import MultiScaleAutoencoder
from skscale.saving import SavableBesideSktime

__all__ = ["SeriesFeatures"]


@dataclass
class _Learned:
    """What a fit leaves."""

    transformer: Any
    fill: np.ndarray
    columns: list | None
    n_timepoints: int


@dataclass
class _Saved:
    parameters: dict[str, Any]
    learned: _Learned | None


class SeriesFeatures(SavableBesideSktime, BaseTransformer):
    """Features of every series of a panel, one row each, by a transformer of arrays.

    Makes `MultiScale`, the operators and `MultiScaleAutoencoder` parts of sktime's pipelines that
    classify, regress or cluster: nested panels, several channels, series of different lengths.

    Parameters
    ----------
    transformer : transformer of arrays (n_series, n_channels, n_timepoints), default=None
        Of skscale, or a scikit-learn pipeline that begins with one. None is
        ``MultiScale(AveragePooling(missing="ignore"))``. Series of different lengths, and missing
        values, need ``missing="ignore"`` in it.

    Attributes
    ----------
    transformer_ : transformer
        The fitted one.
    n_timepoints_ : int
        Points of the longest series in `fit`.
    fill_ : ndarray of shape (n_features,)
        Mean of every feature in `fit`, which stands where a series has no values for it.

    Warns
    -----
    UserWarning
        From `transform`, if a series is longer than those of `fit`: the points behind are cut.

    Notes
    -----
    Series begin together. A shorter one ends in missing values: pooling averages the points that a
    block has, the autoencoder neither sees them nor learns from them. Where lengths say how fast
    something happened, bring them to one before, ``TSInterpolator(n) * SeriesFeatures()``.

    Features have the units of the series: put a ``StandardScaler`` behind them for what is
    not used to that.

    Examples
    --------
    >>> from sklearn.linear_model import RidgeClassifierCV
    >>> from sktime.datasets import load_unit_test
    >>> from skscale import SeriesFeatures
    >>> X, y = load_unit_test(split="train")
    >>> SeriesFeatures().fit_transform(X).shape
    (20, 45)
    >>> classifier = SeriesFeatures() * RidgeClassifierCV()
    >>> classifier.fit(X, y).predict(X).shape
    (20,)
    """

    _tags: ClassVar[dict[str, Any]] = {
        "authors": "skscale developers",
        "maintainers": "skscale developers",
        "python_dependencies": "torch",
        "scitype:transform-input": "Series",
        "scitype:transform-output": "Primitives",
        "scitype:instancewise": False,
        "X_inner_mtype": ["df-list", "numpy3D", "pd-multiindex", "pd_multiindex_hier"],
        "y_inner_mtype": "None",
        "fit_is_empty": False,
        "capability:multivariate": True,
        "capability:unequal_length": True,
        "capability:unequal_length:removes": True,
        "capability:missing_values": True,
        "capability:missing_values:removes": True,
        "capability:categorical_in_X": False,
    }
    _saved_records: ClassVar[list[type]] = [_Saved, _Learned]

    def __init__(self, transformer: Any = None):
        self.transformer = transformer
        super().__init__()

    def fit(self, X: Any, y: object = None) -> Self:
        """Fit the transformer to the series of a panel.

        Parameters
        ----------
        X : panel, hierarchy or series in an sktime container
            One transformer learns from all series.
        y : None
            Ignored.

        Returns
        -------
        self
            What stops it, Ctrl-C included, leaves it as it was.

        Raises
        ------
        ValueError
            If series have different lengths or missing values and ``transformer`` takes none; or
            what ``transformer`` raises.
        TypeError
            If ``transformer`` is none.
        """
        with all_or_nothing(self):
            return super().fit(X, y)

    def _fit(self, X: Any, y: object = None) -> Self:
        transformer = _checked(self.transformer)
        series = Series.of(X)
        values = series.stacked(series.longest)
        if np.isnan(values).any() and not get_tags(transformer).input_tags.allow_nan:
            raise ValueError(
                "X holds series of different lengths, or missing values, which transformer="
                f"{transformer!r} does not take: set missing='ignore' in it, or bring the series "
                "to one length before"
            )
        features = _flat(transformer.fit(values).transform(values))
        known = ~np.isnan(features)
        total = np.where(known, features, 0.0).sum(0, dtype=np.float64)
        fill = total / known.sum(0).clip(1)
        return self._remember(_Learned(transformer, fill, series.columns, series.longest))

    def _remember(self, learned: _Learned) -> Self:
        self._learned = learned
        self.transformer_, self.fill_ = learned.transformer, learned.fill
        self.n_timepoints_ = learned.n_timepoints
        return self

    def _transform(self, X: Any, y: object = None) -> pd.DataFrame:
        series, length = Series.of(X, self._learned.columns), self.n_timepoints_
        if series.longest > length:
            warnings.warn(
                f"X holds a series of {series.longest} time points, more than the {length} of fit: "
                "those behind are cut",
                stacklevel=4,
            )
        features = _flat(self.transformer_.transform(series.stacked(length)))
        filled = np.where(np.isnan(features), self.fill_, features)
        names = _names(self.transformer_, filled.shape[1])
        return pd.DataFrame(filled, series.index, names)

    def _to_save(self) -> _Saved:
        return _Saved(self.get_params(deep=False), self._learned if self.is_fitted else None)

    @classmethod
    def _from_saved(cls, saved: Any) -> Self:
        features = cls(**saved.parameters)
        if saved.learned is not None:
            features._remember(saved.learned)._is_fitted = True
        return features

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Small transformers for sktime's checks."""
        small = MultiScaleAutoencoder(
            latent_size=1, hidden_size=4, max_epochs=2, missing="ignore", random_state=0
        )
        return [
            {},
            {"transformer": small},
            {"transformer": AveragePooling(2, missing="ignore")},
        ]


def _checked(transformer: Any) -> Any:
    """A copy to fit; TypeError unless it is a transformer."""
    if transformer is None:
        return MultiScale(AveragePooling(missing="ignore"))
    verbs = all(hasattr(transformer, verb) for verb in ("fit", "transform", "get_params"))
    if isinstance(transformer, type | BaseTransformer) or not verbs:
        raise TypeError(
            "transformer must be a transformer of arrays, as MultiScale and MultiScaleAutoencoder "
            f"are, or a scikit-learn pipeline that begins with one, got {transformer!r}"
        )
    return clone(transformer)


def _flat(features: Any) -> np.ndarray:
    """One row for each series."""
    values = np.asarray(features)
    return values.reshape(len(values), -1)


def _names(transformer: Any, n_features: int) -> list[str]:
    """Names that the transformer gives its features; numbers where it has not one for each."""
    names = list(transformer.get_feature_names_out())
    return names if len(names) == n_features else [f"feature_{k}" for k in range(n_features)]
