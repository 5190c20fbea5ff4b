"""What is to be forecast in a rolling evaluation, checked before any fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.base import BaseForecaster

from skscale.evaluation._pipelines import forecast_cuts, network_forecaster
from skscale.forecasting._base import NetworkForecaster
from skscale.forecasting._frames import check_covered, check_frame
from skscale.forecasting._panel import Panel
from skscale.forecasting._positions import rows_at
from skscale.forecasting._reading import as_frame
from skscale.forecasting._splits import Splits

__all__ = ["Plan"]


@dataclass(frozen=True)
class Plan:
    """What to forecast, checked.

    Attributes
    ----------
    frame, X : DataFrame
        All data; X may be None.
    panel : Panel
        The same as ``frame``.
    splits : Splits
    """

    frame: pd.DataFrame
    X: pd.DataFrame | None
    panel: Panel
    splits: Splits

    @classmethod
    def of(cls, forecaster: BaseForecaster, y: Any, cv: Any, X: Any) -> Plan:
        """Check what `backtest` is given."""
        freq = network_forecaster(forecaster).freq
        if isinstance(cv, type | str) or not callable(getattr(cv, "split", None)):
            raise TypeError(
                f"cv must be a splitter such as ExpandingWindowSplitter(fh=[1, 2, 3]), got {cv!r}"
            )
        frame = _frame("y", y)
        X = None if X is None else _frame("X", X)
        check_covered(frame, X)
        panel = Panel.from_frames(frame, freq=freq)
        return cls(frame, X, panel, Splits.of(cv, frame, panel))

    def blocks(self, refit: int | None) -> Iterator[Plan]:
        """Plans of ``refit`` neighbouring splits each; of all splits if None."""
        cuts, starts = self.splits.cuts, self.splits.starts
        step = len(cuts) if refit is None else refit
        for first in range(0, len(cuts), step):
            some = slice(first, first + step)
            yield replace(self, splits=replace(self.splits, starts=starts[some], cuts=cuts[some]))

    def fitted(self, forecaster: BaseForecaster, y: Any) -> BaseForecaster:
        """Fit a clone on the first training window of ``y``."""
        rows = self.splits.train_rows(0, self.panel)
        # Transformers of a pipeline go on with frames, so they are fitted on frames.
        whole = y if isinstance(forecaster, NetworkForecaster) else self.frame
        return forecaster.clone().fit(
            y=_rows(whole, self.frame, rows),
            X=None if self.X is None else rows_at(self.X, self.frame.index[rows], "y"),
            fh=self.splits.steps,
        )

    def forecasts(
        self, fitted: BaseForecaster, X: pd.DataFrame | None, alpha: list[float]
    ) -> np.ndarray:
        """Quantiles at every cut-off, (n_splits, n_series, n_steps, n_channels, n_alpha)."""
        seen, counted = self.splits.from_the_first(self.panel)
        return forecast_cuts(fitted, self.frame.iloc[seen], X, counted, alpha)


def _frame(name: str, data: Any) -> pd.DataFrame:
    """Checked data in a container that forecasters work in."""
    check_frame(name, data)
    reason = None
    try:
        frame = as_frame(data)
    except TypeError as error:
        frame, reason = None, error
    if frame is None:
        raise TypeError(
            f"{name} must be a time series, panel or hierarchy of sktime, got {type(data).__name__}"
        ) from reason
    if frame is not data:
        check_frame(name, frame)
    return frame


def _rows(y: Any, frame: pd.DataFrame, rows: np.ndarray) -> Any:
    """Rows of ``y`` in the container it came in, where that is pandas."""
    return y.iloc[rows] if isinstance(y, pd.Series | pd.DataFrame) else frame.iloc[rows]
