"""Forecasts at all cut-offs through sktime's pipelines."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import BaseForecaster
from sktime.forecasting.compose import ForecastingPipeline, TransformedTargetForecaster

from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._panel import Panel
from skscale.forecasting._splits import Splits, split_frames

__all__ = ["forecast_cuts", "network_forecaster"]

_PIPELINES = (ForecastingPipeline, TransformedTargetForecaster)


def network_forecaster(forecaster: Any) -> NetworkForecaster:
    """Return the forecaster of this package at the end of ``forecaster``'s pipelines.

    Raises
    ------
    TypeError
        If there is none.
    ValueError
        If a pipeline changes the forecasts by steps behind the forecaster.
    """
    inner = forecaster
    while isinstance(inner, _PIPELINES):
        behind = [name for name, _ in getattr(inner, "transformers_post_", [])]
        if behind:
            raise ValueError(
                f"forecaster must have no steps behind the forecaster, got {behind}; sktime's "
                "evaluate takes them"
            )
        inner = inner.forecaster_
    if not isinstance(inner, NetworkForecaster):
        raise TypeError(
            "forecaster must be one of skscale's forecasters, or a TransformedTargetForecaster or "
            f"ForecastingPipeline of one, got {type(inner).__name__}; sktime's evaluate takes any"
        )
    return inner


def forecast_cuts(
    forecaster: BaseForecaster,
    y: pd.DataFrame,
    X: pd.DataFrame | None,
    splits: Splits,
    alpha: Sequence[float],
) -> np.ndarray:
    """Quantiles at all splits of ``y``, (n_splits, n_series, n_steps, n_channels, n_alpha).

    Parameters
    ----------
    forecaster : NetworkForecaster or pipeline
        Fitted on the first training window, with which ``y`` begins.
    y, X : DataFrame
        X may be None.
    splits : Splits
    alpha : sequence of float
    """
    if isinstance(forecaster, NetworkForecaster):
        return forecaster._forecast_cuts(y, X, splits, alpha)
    freq = network_forecaster(forecaster).freq
    panel = Panel.from_frames(y, freq=freq)
    first = y.index[splits.train_rows(0, panel)]
    if isinstance(forecaster, TransformedTargetForecaster):
        steps = forecaster.transformers_pre_
        beside = None if X is None else X.loc[y.index]
        through = _transformed(steps, y, beside, [first])
        values = forecast_cuts(forecaster.forecaster_, through, X, splits, alpha)
        return _Inverse(steps, y, X, panel, splits).of(values)
    if not forecaster.skip_trafos_:
        if X is None:
            raise ValueError("X must be given: the ForecastingPipeline makes columns of it")
        ahead = next(split_frames(panel, splits, splits.truth(panel))).index
        X = _transformed(forecaster.steps_[:-1], X.loc[y.index], None, [first, ahead])
    return forecast_cuts(forecaster.forecaster_, y, X, splits, alpha)


def _transformed(
    steps: list, data: pd.DataFrame, beside: pd.DataFrame | None, parts: list[pd.Index]
) -> pd.DataFrame:
    """Rows of ``data`` behind fitted transformers.

    Raises
    ------
    ValueError
        If a row of ``parts`` comes out otherwise when it stands beside later ones.
    """
    for name, step in steps:
        whole = step.transform(data, beside)
        same = whole.index.equals(data.index)
        for rows in parts if same else []:
            alone = step.transform(data.loc[rows], None if beside is None else beside.loc[rows])
            same = same and alone.index.equals(rows) and _close(alone, whole.loc[rows])
        if not same:
            raise ValueError(
                f"{name} must treat every row by itself and those before it: what it makes of the "
                "first window differs from what it makes of all data; sktime's evaluate takes it"
            )
        data = whole
    return data


def _close(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    if not one.columns.equals(other.columns):
        return False
    numeric = one.select_dtypes("number").columns
    rest = one.columns.difference(numeric)
    return np.allclose(one[numeric], other[numeric], equal_nan=True) and one[rest].equals(
        other[rest]
    )


class _Inverse:
    """Forecasts of all splits on their way back through the transformers of a target."""

    def __init__(
        self,
        steps: list,
        y: pd.DataFrame,
        X: pd.DataFrame | None,
        panel: Panel,
        splits: Splits,
    ) -> None:
        back = [t for _, t in reversed(steps) if not t.get_tag("skip-inverse-transform", False)]
        self.forward, self.back = [t for _, t in steps], back
        self.y, self.X, self.panel, self.splits = y, X, panel, splits

    def of(self, values: np.ndarray) -> np.ndarray:
        """Bring back quantiles, (n_splits, n_series, n_steps, n_channels, n_alpha)."""
        # Transformers that remember rows, such as differences, go back from the last ones.
        remember = any(t.get_tag("remember_data", False) for t in self.forward)
        steps = deepcopy((self.forward, self.back)) if remember else (self.forward, self.back)
        frames = [
            split_frames(self.panel, self.splits, values[..., place])
            for place in range(values.shape[-1])
        ]
        found = []
        for split, forecasts in enumerate(zip(*frames, strict=True)):
            if remember and split:
                self._update(steps[0], split)
            found.append([self._through(steps[1], frame) for frame in forecasts])
        return np.moveaxis(np.array(found), 1, -1).reshape(values.shape)

    def _update(self, forward: list, split: int) -> None:
        rows = self.y.iloc[self.splits.train_rows(split, self.panel)]
        beside = None if self.X is None else self.X.loc[rows.index]
        for step in forward:
            step.update(X=rows, y=beside, update_params=False)
            rows = step.transform(rows, beside)

    def _through(self, back: list, frame: pd.DataFrame) -> np.ndarray:
        beside = None if self.X is None else self.X.loc[frame.index]
        for step in back:
            frame = step.inverse_transform(frame, beside)
        return frame.to_numpy()
