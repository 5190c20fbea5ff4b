"""From a fitted network to forecasts at any step of any series."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from sktime.forecasting.base import ForecastingHorizon
from torch import Tensor

from skscale.forecasting._data import Layout, windows_between
from skscale.forecasting._fitted import FittedNetwork, rows_at
from skscale.forecasting._panel import Panel
from skscale.ops.threads import threads_for
from skscale.training import Batch, SeriesBuffer, forward

__all__ = [
    "forecast_steps",
    "forecast_windows",
    "future_features",
    "requested_steps",
    "times_after",
]

_SERIES_AT_ONCE = 1024


def requested_steps(fh: ForecastingHorizon, panel: Panel) -> np.ndarray:
    """Steps after each series' own end, (n_series, n_steps); zero and below is in-sample."""
    if fh.is_relative:
        relative = _relative_steps(fh, panel)
        return np.broadcast_to(relative, (len(panel.lengths), len(relative)))
    times = fh.to_pandas()
    of_series, cutoffs = panel.last_times.factorize()
    return np.stack([panel.step.count(cutoff, times) for cutoff in cutoffs])[of_series]


def _relative_steps(fh: ForecastingHorizon, panel: Panel) -> np.ndarray:
    steps = fh.to_pandas()
    if not isinstance(steps, pd.TimedeltaIndex):
        return steps.to_numpy(dtype=np.int64)
    cutoff = panel.last_times[0]
    return panel.step.count(cutoff, cutoff + steps)


def future_features(
    model: FittedNetwork, panel: Panel, X: pd.DataFrame | None, steps: np.ndarray
) -> np.ndarray | None:
    """Features behind each series' end, (n_series, longest step, n_features); None if unused.

    Rows of ``X`` are demanded at the requested steps; steps in between that ``X`` leaves out
    take the row before.
    """
    longest = int(steps.max())
    features = model.features
    if longest < 1 or not (features.n_exogenous or features.calendar):
        return None
    n_series = len(panel.lengths)
    series = np.repeat(np.arange(n_series), longest)
    times = times_after(panel, np.tile(np.arange(1, longest + 1), (n_series, 1)))
    rows = None
    if features.n_exogenous:
        assert X is not None
        index = panel.index_of(series, times)
        ahead = np.zeros((n_series, longest + 1), dtype=bool)
        np.put_along_axis(ahead, np.clip(steps, 0, None), True, axis=1)
        wanted = index[ahead[:, 1:].ravel()]
        rows_at(X, wanted, "the horizon")
        filled = X.reindex(index)
        if isinstance(index, pd.MultiIndex):
            levels = list(range(index.nlevels - 1))
            filled = filled.groupby(level=levels, sort=False)
        rows = filled.ffill().to_numpy(dtype=np.float64)
        rows = np.where(np.isnan(rows), features.mean, rows)
    found = features(times, panel, rows)
    return None if found is None else found.reshape(n_series, longest, -1)


def times_after(panel: Panel, steps: np.ndarray) -> pd.Index:
    """Times of ``steps`` (n_series, n_steps) after each series' end, flat, series by series."""
    return panel.step.after(panel.last_times, steps)


@torch.no_grad()
def forecast_steps(
    model: FittedNetwork,
    buffer: SeriesBuffer,
    steps: np.ndarray,
    future: np.ndarray | None,
    device: torch.device,
) -> np.ndarray:
    """Forecast ``steps`` (n_series, n_steps); shape (n_series * n_steps, n_channels).

    Steps ahead come from each series' last window, rolled forward beyond the network's
    horizon. In-sample steps are one-step-ahead forecasts from the window before the point.
    """
    lengths = buffer.lengths.numpy()
    _check_reach(steps, lengths)
    network = model.on(device).eval()
    buffer = buffer.to(device)
    result = np.empty((*steps.shape, buffer.values.shape[1]))
    longest = int(steps.max())
    with threads_for(_values_at_once(model, min(steps.size, _SERIES_AT_ONCE))):
        for start in range(0, len(steps), _SERIES_AT_ONCE):
            block = slice(start, start + _SERIES_AT_ONCE)
            if longest > 0:
                index = np.arange(start, start + len(steps[block]))
                known = None if future is None else torch.from_numpy(future[block]).to(device)
                ahead = _roll_forward(model, network, buffer, index, lengths[block], longest, known)
                place = np.clip(steps[block] - 1, 0, None)[..., None]
                result[block] = np.take_along_axis(ahead.cpu().numpy(), place, axis=1)
        rows, columns = np.nonzero(steps < 1)
        for start in range(0, len(rows), _SERIES_AT_ONCE):
            block = slice(start, start + _SERIES_AT_ONCE)
            row, column = rows[block], columns[block]
            inside = _one_step(model, network, buffer, row, lengths[row] - 1 + steps[row, column])
            result[row, column] = inside.cpu().numpy()
    return result.reshape(-1, result.shape[-1])


@torch.no_grad()
def forecast_windows(
    model: FittedNetwork,
    buffer: SeriesBuffer,
    series: np.ndarray,
    cuts: np.ndarray,
    longest: int,
    device: torch.device,
    batch_size: int = 256,
) -> np.ndarray:
    """Forecast 1, ..., ``longest`` steps behind cuts within the data.

    Parameters
    ----------
    model : FittedNetwork
    buffer : SeriesBuffer
        Holds every cut, and the features of the horizons.
    series, cuts : int64 ndarray of shape (n_windows,)
        Series of every window, and its number of points before the cut.
    longest : int
    device : device
    batch_size : int, default=256
        Windows of one pass.

    Returns
    -------
    ndarray of shape (n_windows, longest, n_channels), in original units
    """
    network, buffer = model.on(device).eval(), buffer.to(device)
    has_future = model.features.n_exogenous or model.features.calendar
    layout = replace(model.layout, prediction_length=longest)
    parts = []
    with threads_for(_values_at_once(model, min(len(cuts), batch_size))):
        for start in range(0, len(cuts), batch_size):
            block = slice(start, start + batch_size)
            future = None
            if has_future:
                future = _gather(buffer, layout, series[block], cuts[block]).future_features
            ahead = _roll_forward(
                model, network, buffer, series[block], cuts[block], longest, future
            )
            parts.append(ahead.cpu().numpy())
    return np.concatenate(parts)


def _values_at_once(model: FittedNetwork, n_windows: int) -> int:
    return n_windows * model.layout.context_length * len(model.columns)


def _gather(buffer: SeriesBuffer, layout: Layout, series: np.ndarray, cuts: np.ndarray) -> Batch:
    """Windows of ``series`` at ``cuts``, both (n_windows,)."""
    device, n_series = buffer.values.device, len(buffer.location)
    lowest, highest = (np.full(n_series, end) for end in (cuts.min(), cuts.max()))
    windows = windows_between(buffer, layout, lowest, highest)
    return windows.at(torch.from_numpy(series).to(device), torch.from_numpy(cuts).to(device))


def _check_reach(steps: np.ndarray, lengths: np.ndarray) -> None:
    before = steps < 1 - lengths[:, None]
    if before.any():
        raise ValueError(
            f"fh asks for {int(steps[before].min())} steps after the last point, which lies "
            "before the first point of the series"
        )


def _roll_forward(
    model: FittedNetwork,
    network: torch.nn.Module,
    buffer: SeriesBuffer,
    series: np.ndarray,
    cuts: np.ndarray,
    longest: int,
    future: Tensor | None,
) -> Tensor:
    """Forecasts of 1, ..., ``longest`` steps in original units, (n_windows, longest, channels)."""
    T, L = model.layout.prediction_length, model.layout.context_length
    batch = _gather(buffer, model.layout, series, cuts)
    if future is not None:
        # The last block of a rolled forecast may reach beyond what was asked for.
        short = -longest % T
        future = torch.cat((future, future[:, -1:].expand(-1, short, -1)), dim=1)
    parts = []
    for start in range(0, longest, T):
        ahead = None if future is None else future[:, start : start + T]
        y = forward(network, batch._replace(future_features=ahead))
        parts.append(y)
        x = torch.cat((batch.x, y), dim=1)[:, -L:]
        past, mask = batch.past_features, batch.mask
        if past is not None and ahead is not None:
            past = torch.cat((past, ahead), dim=1)[:, -L:]
        if mask is not None:
            mask = torch.cat((mask, mask.new_ones(len(mask), T)), dim=1)[:, -L:]
        batch = batch._replace(x=x, past_features=past, mask=mask)
    ahead = torch.cat(parts, dim=1)
    if model.effect is not None and future is not None:
        ahead = ahead + model.added(future)
    return ahead[:, :longest] * batch.scale + batch.location


def _one_step(
    model: FittedNetwork,
    network: torch.nn.Module,
    buffer: SeriesBuffer,
    series: np.ndarray,
    cut: np.ndarray,
) -> Tensor:
    """First step of the windows of ``series`` at ``cut``, (n_windows, channels)."""
    batch = _gather(buffer, model.layout, series, cut)
    y = forward(network, batch)[:, :1]
    if model.effect is not None and batch.future_features is not None:
        y = y + model.added(batch.future_features[:, :1])
    return (y * batch.scale + batch.location).squeeze(1)
