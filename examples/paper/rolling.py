"""Forecasts of a fitted sktime forecaster for all test windows, without refitting.

sktime's own way, `update` by the rows before a cut and `predict`, costs 0.2 s a window and
column, an hour for ETTh1. Three kinds of forecasters need it only as a check: skscale's, sktime's
linear networks (LTSF), and naive ones. All others take it; a stride over the windows saves time.
"""

from __future__ import annotations

import pickle

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from sktime.forecasting.base import BaseForecaster
from sktime.forecasting.ltsf import (
    LTSFDLinearForecaster,
    LTSFLinearForecaster,
    LTSFNLinearForecaster,
)
from sktime.forecasting.naive import NaiveForecaster

from examples.paper.protocol import Benchmark, Forecast, fitted_forecast
from skscale.forecasting import NetworkForecaster

LTSF = (LTSFLinearForecaster, LTSFDLinearForecaster, LTSFNLinearForecaster)


def rolled_forecast(forecaster: BaseForecaster, data: Benchmark, horizon: int) -> Forecast:
    """Forecasts of a forecaster that was fitted on the known rows of ``data``.

    A quick way of an sktime forecaster is compared with sktime's own on the first and the
    last test window.

    Raises
    ------
    RuntimeError
        If the two differ.
    """
    if isinstance(forecaster, NetworkForecaster):
        return fitted_forecast(forecaster, data)
    step_by_step = updated_forecast(forecaster, data)
    if isinstance(forecaster, LTSF):
        quick = network_forecast(forecaster.network, data)
    elif isinstance(forecaster, NaiveForecaster) and forecaster.strategy == "last":
        quick = last_season_forecast(forecaster.sp or 1, data, horizon)
    else:
        return step_by_step
    _compare(quick, step_by_step, data.test_cuts(horizon))
    return quick


def updated_forecast(forecaster: BaseForecaster, data: Benchmark) -> Forecast:
    """Forecast as sktime does: show a copy of the forecaster the rows before a cut, and predict."""
    # deepcopy would share the copies for single columns, which sktime keeps in a DataFrame.
    fitted = pickle.dumps(forecaster)

    def forecast(cuts: range) -> np.ndarray:
        rolling, seen = pickle.loads(fitted), data.valid_end
        parts = []
        for cut in cuts:
            if cut > seen:
                rolling.update(data.values.iloc[seen:cut], update_params=False)
                seen = cut
            parts.append(rolling.predict().to_numpy())
        return np.stack(parts)

    return forecast


def network_forecast(network: torch.nn.Module, data: Benchmark) -> Forecast:
    """All windows of a block through a network (batch, context, channels) at once."""
    length = network.seq_len
    values = data.values.to_numpy(dtype=np.float32)
    contexts = sliding_window_view(values, length, axis=0).swapaxes(1, 2)

    @torch.no_grad()
    def forecast(cuts: range) -> np.ndarray:
        x = contexts[np.array(cuts) - length]
        return network.eval()(torch.from_numpy(x)).numpy()

    return forecast


def last_season_forecast(season: int, data: Benchmark, horizon: int) -> Forecast:
    """Repeat the last season before each cut."""
    values = data.values.to_numpy()
    place = np.arange(horizon) % season - season

    def forecast(cuts: range) -> np.ndarray:
        return values[np.array(cuts)[:, None] + place]

    return forecast


def _compare(quick: Forecast, slow: Forecast, cuts: range) -> None:
    ends = cuts[:: max(1, len(cuts) - 1)]
    if not np.allclose(quick(ends), slow(ends), rtol=1e-4, atol=1e-4):
        raise RuntimeError("the quick forecast of the test windows differs from sktime's own")
