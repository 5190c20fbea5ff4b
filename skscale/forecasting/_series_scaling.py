"""Scaling operators as an sktime transformer of time-indexed series."""

from __future__ import annotations

import sys
import warnings
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sklearn.base import clone
from sktime.forecasting.base import BaseForecaster
from sktime.transformations.base import BaseTransformer

from skscale.operators import AveragePooling, DiscreteGaussian, MovingAverage, ScalingOperator
from skscale.saving import SavedBySktime


class SeriesScaling(SavedBySktime, BaseTransformer):
    """A scaling operator on series with a time index; panels and hierarchies series by series.

    An operator that shortens a series gives it the coarser index: every 4th hour, with
    frequency 4 h, after pooling hours by 4; 3-month periods after pooling months by 3. Each
    coarse point carries the time stamp at which its block starts.

    Operators that keep the length (``MovingAverage``, ``DiscreteGaussian``,
    ``ContinuousScale(..., grid="full")``) work as steps of sktime's forecasting pipelines. They
    see the rows of `fit` and `update` that stand before those to transform, so that the first
    days of a horizon are averaged with the days before them, and part of a series is transformed
    as the whole was. Rows count, not the time between them.

    One that shortens y there would give forecasts wrong time stamps, so it refuses to be
    fitted inside a forecaster, and to invert series that it has not made. It keeps no rows.

    Parameters
    ----------
    operator : ScalingOperator, default=None
        Operator with its scale; None means ``AveragePooling()``. With
        ``scale="forecastability"`` every series of a panel gets its own scale.

    Attributes
    ----------
    scale_ : int or float
        Scale in use.

    Raises
    ------
    TypeError
        If ``operator`` is not a scaling operator.
    ValueError
        On fit, if the operator shortens series and a forecaster does the fitting, or the
        scale does not fit the length. On transform and update, if X has other columns or
        another kind of index than the rows seen before. On inverse transform, if the operator
        shortens series and X is not what ``transform`` gave for the series seen in fit.

    Warns
    -----
    UserWarning
        On fit inside a forecaster, if the operator has ``edges="zero"``.

    Examples
    --------
    >>> import pandas as pd
    >>> from skscale.forecasting import SeriesScaling
    >>> from skscale.operators import AveragePooling
    >>> hours = pd.date_range("2024-01-01", periods=6, freq="h")
    >>> y = pd.Series([1.0, 3.0, 5.0, 7.0, 9.0, 11.0], index=hours)
    >>> scaling = SeriesScaling(AveragePooling(scale=3))
    >>> coarse = scaling.fit_transform(y)
    >>> coarse
    2024-01-01 00:00:00    3.0
    2024-01-01 03:00:00    9.0
    Freq: 3h, dtype: float64
    >>> scaling.inverse_transform(coarse).tolist()
    [3.0, 3.0, 3.0, 9.0, 9.0, 9.0]
    >>> from skscale.operators import MovingAverage
    >>> smooth = SeriesScaling(MovingAverage(scale=2)).fit(y[:4])
    >>> smooth.transform(y[4:]).tolist()
    [8.0, 10.0]
    """

    _tags: ClassVar[dict[str, Any]] = {
        "authors": ["skscale developers"],
        "maintainers": ["skscale developers"],
        "scitype:transform-input": "Series",
        "scitype:transform-output": "Series",
        "scitype:instancewise": True,
        "X_inner_mtype": "pd.DataFrame",
        "y_inner_mtype": "None",
        "capability:multivariate": True,
        "capability:inverse_transform": True,
        "capability:inverse_transform:exact": False,
        "capability:missing_values": False,
        "capability:unequal_length": True,
        "fit_is_empty": False,
        "transform-returns-same-time-index": False,
        "skip-inverse-transform": False,
    }

    def __init__(self, operator: ScalingOperator | None = None):
        self.operator = operator
        super().__init__()
        if isinstance(operator, ScalingOperator):
            self.set_tags(
                **{
                    "transform-returns-same-time-index": operator._keeps_length(),
                    "capability:missing_values": operator._allows_nan(),
                }
            )

    def _fit(self, X: pd.DataFrame, y: Any = None) -> SeriesScaling:
        operator = AveragePooling() if self.operator is None else self.operator
        if isinstance(operator, type) or not isinstance(operator, ScalingOperator):
            raise TypeError(
                f"operator must be a scaling operator such as AveragePooling(), got {operator!r}"
            )
        if not operator._keeps_length() and _fitted_by_a_forecaster():
            raise ValueError(
                f"{type(operator).__name__} shortens series, so forecasts made from its output "
                "would carry wrong time stamps. Inside a forecaster use an operator that keeps "
                "the length (MovingAverage, DiscreteGaussian, ContinuousScale with grid='full'), "
                "or apply SeriesScaling before the forecaster and forecast the coarse series."
            )
        if getattr(operator, "edges", None) == "zero" and _fitted_by_a_forecaster():
            warnings.warn(
                f"{type(operator).__name__} with edges='zero' pulls the end of y towards zero, "
                "and forecasts with it; use edges='reflect' inside a forecaster",
                stacklevel=2,
            )
        values = _values(X)
        fitted = clone(operator).fit(values)
        self.scale_ = fitted.scale_
        self._index = X.index
        self._coarse_index = coarse_index(X.index, self._grid(fitted))
        self._seen = X if operator._keeps_length() else None
        return self

    def update(self, X: Any, y: Any = None, update_params: bool = True) -> SeriesScaling:
        """Keep the rows of X, which the operator looks back on; the scale stays that of fit.

        Parameters
        ----------
        X : same kind as in fit
            What came since, or before; where a row was seen already, the new one counts.
        y : ignored
        update_params : bool, default=True
            No matter: nothing is learned. (sktime would drop the rows if it is False.)
        """
        return super().update(X, y, update_params=True)

    def _update(self, X: pd.DataFrame, y: Any = None) -> SeriesScaling:
        if self._seen is not None:
            seen = _alike(self._seen, X)
            self._seen = pd.concat([seen[~seen.index.isin(X.index)], X]).sort_index()
        return self

    def _transform(self, X: pd.DataFrame, y: Any = None) -> pd.DataFrame:
        # The length may differ from that seen in fit; the scale is what fit has learned.
        operator = AveragePooling() if self.operator is None else self.operator
        whole, rows = (X, slice(None)) if self._seen is None else _among(self._seen, X)
        fitted = clone(operator).set_params(scale=self.scale_).fit(_values(whole))
        index = coarse_index(whole.index, self._grid(fitted))[rows]
        return pd.DataFrame(
            fitted.transform(_values(whole)).T[rows], index=index, columns=X.columns
        )

    def _inverse_transform(self, X: pd.DataFrame, y: Any = None) -> pd.DataFrame:
        operator = AveragePooling() if self.operator is None else self.operator
        if operator._keeps_length():
            return X
        # NumPy containers lose the index: positions 0, 1, ... stand for the coarse points.
        unlabelled = X.index.equals(pd.RangeIndex(len(self._coarse_index)))
        if not (unlabelled or X.index.equals(self._coarse_index)):
            raise ValueError(
                "X is not the coarse series of the series seen in fit: its index runs from "
                f"{X.index[0]} to {X.index[-1]}, not from {self._coarse_index[0]} to "
                f"{self._coarse_index[-1]}. Other coarse points, such as forecasts, have no "
                "fine time stamps to go back to."
            )
        rows = np.zeros((1, len(self._index)))
        fitted = clone(operator).set_params(scale=self.scale_).fit(rows)
        return pd.DataFrame(
            fitted.inverse_transform(_values(X)).T, index=self._index, columns=X.columns
        )

    @staticmethod
    def _grid(fitted: ScalingOperator) -> range:
        return fitted._grid(fitted.n_timepoints_in_, fitted.scale_)

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict]:
        """Parameters for sktime's checks."""
        return [
            {"operator": AveragePooling(scale=2, remainder="renormalise")},
            {"operator": MovingAverage(scale=2)},
            {"operator": DiscreteGaussian(scale=0.5, edges="reflect")},
        ]


def coarse_index(index: pd.Index, grid: range) -> pd.Index:
    """Time stamps of the positions ``grid``, with the coarser frequency where there is one.

    Parameters
    ----------
    index : pd.Index
        Index of the full series.
    grid : range
        Positions of the coarse points; the first may lie before the start of the series.

    Returns
    -------
    pd.Index
        Of the type of ``index``.

    Examples
    --------
    >>> import pandas as pd
    >>> from skscale.forecasting._series_scaling import coarse_index
    >>> months = pd.period_range("2024-01", periods=6, freq="M")
    >>> coarse_index(months, range(0, 6, 3))
    PeriodIndex(['2024-01', '2024-04'], dtype='period[3M]')
    """
    if len(grid) == len(index) and grid.step == 1:
        return index
    freq = getattr(index, "freq", None)
    size, name = len(grid), index.name
    if freq is not None:
        start = index[0] + grid.start * freq
        if isinstance(index, pd.PeriodIndex):
            # A period of the coarser frequency spans its whole block.
            return pd.period_range(start.start_time, periods=size, freq=freq * grid.step, name=name)
        make = pd.timedelta_range if isinstance(index, pd.TimedeltaIndex) else pd.date_range
        return make(start, periods=size, freq=freq * grid.step, name=name)
    if isinstance(index, pd.RangeIndex):
        start, step = index.start + grid.start * index.step, grid.step * index.step
        return pd.RangeIndex(start, start + size * step, step, name=name)
    return index[np.clip(np.array(grid), 0, len(index) - 1)]


def _among(seen: pd.DataFrame, X: pd.DataFrame) -> tuple[pd.DataFrame, slice]:
    """Put X behind the rows seen before it; return all, and which rows of it are those of X.

    What stands behind X counts only where X is a part of what was seen.
    """
    seen = _alike(seen, X)
    before = seen[seen.index < X.index[0]]
    part_of_it = X.index.isin(seen.index).all() and seen.loc[X.index].equals(X)
    behind = seen[(seen.index > X.index[-1]) & part_of_it]
    if len(before) + len(behind) == 0:
        return X, slice(None)
    return pd.concat([before, X, behind]), slice(len(before), len(before) + len(X))


def _alike(seen: pd.DataFrame, X: pd.DataFrame) -> pd.DataFrame:
    """Return the rows seen with the columns in the order of X; a single one may change its name."""
    kinds = [(i.inferred_type, getattr(i, "tz", None) is None) for i in (seen.index, X.index)]
    if kinds[0] != kinds[1]:
        raise ValueError(
            f"X has an index of {X.index.dtype}, but the rows seen before have one of "
            f"{seen.index.dtype}; they must be of one kind"
        )
    if len(X.columns) == len(seen.columns) == 1:
        return seen.set_axis(X.columns, axis=1)
    if set(X.columns) != set(seen.columns):
        raise ValueError(
            f"X has the columns {list(X.columns)}, but the transformer was fitted with "
            f"{list(seen.columns)}; they must be the same"
        )
    return seen[list(X.columns)]


def _values(X: pd.DataFrame) -> np.ndarray:
    """Columns as rows; integers become float64, float32 stays."""
    dtype = np.float32 if (X.dtypes == np.float32).all() else np.float64
    return X.to_numpy(dtype=dtype).T


def _fitted_by_a_forecaster() -> bool:
    # sktime does not tell a transformer who calls it, and the harm is done at fit already, so
    # the callers are looked up.
    frame = sys._getframe(1)
    while frame is not None:
        if isinstance(frame.f_locals.get("self"), BaseForecaster):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
