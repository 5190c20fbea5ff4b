"""Forecasts as sums of what their parts add to them."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from skscale.forecasting._context import Context
from skscale.forecasting._fitted import FittedNetwork
from skscale.forecasting._future import Future, at_steps
from skscale.forecasting._passes import Pass, passes
from skscale.forecasting._prior import Prior, of_channels
from skscale.forecasting._rolling import Block, blocks_ahead
from skscale.nn import CorrectedForecast, LinearForecast, reference_maps
from skscale.training import Batch, forward
from skscale.training.objective import as_read_by

__all__ = ["LIMITS", "forecast_parts", "network_takes_part"]

LIMITS = "limits"
_ROUNDING = 1e-12  # what is left of a sum of parts, relative to their sizes, is no limit


def forecast_parts(
    model: FittedNetwork,
    context: Context,
    steps: np.ndarray,
    X: pd.DataFrame | None,
    device: torch.device,
) -> dict[str, np.ndarray]:
    """What every part adds to the forecasts of `FittedNetwork.predict`.

    Returns
    -------
    dict of str to float64 ndarray of shape (n_series, n_steps, n_channels)
        In original units. Parts come in the order candidates, network, columns, limits.
    """
    names: list[str] = []

    def forecasts(series: np.ndarray, cuts: np.ndarray, future: Future) -> np.ndarray:
        found = _of_windows(model, context, series, cuts, future, device)
        names[:] = found
        return np.stack(list(found.values()), axis=-1)

    values = at_steps(model.columns, context, steps, X, forecasts)
    return dict(zip(names, np.moveaxis(values, -1, 0), strict=True))


@torch.no_grad()
def _of_windows(
    model: FittedNetwork,
    context: Context,
    series: np.ndarray,
    cuts: np.ndarray,
    future: Future,
    device: torch.device,
) -> dict[str, np.ndarray]:
    """Parts of the forecasts behind cuts of series, each (n_windows, longest, n_channels)."""
    buffer = context.buffer.to(device)
    found = []
    for part in passes(buffer, model.layout, series, cuts, future):
        addends = _of_network(model, part, future.longest)
        if model.prior is not None:
            for name, addend in _of_prior(model, model.prior, part, future.longest).items():
                addends[name] = addends[name] + addend if name in addends else addend
        found.append({name: addend.cpu().numpy() for name, addend in addends.items()})
    parts = {name: np.concatenate([one[name] for one in found]) for name in found[0]}
    for column, numbers in _by_column(model).items():
        effect = context.scale.effect[series][:, numbers]
        parts[f"effect of {column}"] = future.rows[:, :, numbers] @ effect
    total = model.forecasts(context, series, cuts, future, device)[..., 0]
    stacked = np.stack(list(parts.values()))
    limits = total - stacked.sum(axis=0)
    limits[np.abs(limits) <= _ROUNDING * np.abs(stacked).sum(axis=0)] = 0.0
    return {**parts, LIMITS: limits}


def _by_column(model: FittedNetwork) -> dict[Hashable, slice]:
    """Numbers that every column with an effect became, holidays first."""
    if model.effects is None:
        return {}
    columns, encoder = model.columns, model.columns.encoder
    widths: dict[Hashable, int] = dict.fromkeys(columns.calendar.places, 1)
    widths |= {name: encoder.width(pd.Index([name])) for name in encoder.ahead}
    found, start = {}, 0
    for name, width in widths.items():
        found[name] = slice(start, start + width)
        start += width
    return found


def _of_network(model: FittedNetwork, part: Pass, longest: int) -> dict[str, Tensor]:
    """What was learned, in original units, times its share."""
    batch = part.windows.at(*part.place)
    if part.features is not None:
        batch = batch._replace(future_features=part.features)
    share = torch.ones(1, 1, 1, dtype=torch.float64, device=batch.x.device)
    if model.prior is not None:
        share = model.share.of(part.place[1], model.prior.season)[:, None, None]
    first, later = model.on(part.windows.device)
    blocks = [_of_block(model, block) for block in blocks_ahead(first, later, batch, longest)]
    levels, found = _levels(model), {}
    for name in blocks[0]:
        scaled = torch.cat([one[name] for one in blocks], dim=1)[:, :longest]
        values = scaled * batch.scale + levels.get(name, 0.0) * batch.location
        # What has no share need not be a number.
        found[name] = torch.where(share > 0, share * values, 0.0)
    return found


def _levels(model: FittedNetwork) -> dict[str, float]:
    """Share of every part in the level of the series; what only corrects others has none."""
    if not isinstance(model.forecast, CorrectedForecast):
        return {"network": 1.0, "network: rest": 1.0}
    levels = {name: share for name, share in model.shares.items() if name != "network"}
    levels[_base(model)] += model.shares["network"]
    return levels


def _base(model: FittedNetwork) -> str:
    """Forecast that the network corrects."""
    return "ridge" if "ridge" in model.shares else "seasonal_naive"


def _of_block(model: FittedNetwork, block: Block) -> dict[str, Tensor]:
    """What was learned, in scaled units around zero."""
    batch, ahead, found = block.batch, block.ahead.double(), {}
    if not isinstance(block.net, CorrectedForecast):
        return _of_branches(model, batch, ahead, 1.0)
    linear = forward(block.net.linear, batch).double()
    left = linear
    for name, one in _references(model).items():
        found[name] = model.shares[name] * forward(one.to(linear.device), batch).double()
        left = left - found[name]
    base = _base(model)
    found[base] = found.get(base, 0.0) + left
    return found | _of_branches(model, batch, ahead - linear, block.net.share)


def network_takes_part(model: FittedNetwork) -> bool:
    """Whether the network has a share in any forecast."""
    net = model.forecast
    return any(model.share) and bool(not isinstance(net, CorrectedForecast) or net.share)


def _of_branches(
    model: FittedNetwork, batch: Batch, ahead: Tensor, share: float
) -> dict[str, Tensor]:
    """Share of the branches of a network in what it makes of a forecast, and what is left."""
    branches = {}
    if network_takes_part(model):
        batch = as_read_by(model.network, batch)
        branches = model.network.forecast_parts(
            batch.x, batch.past_features, batch.future_features, batch.mask
        )
    if not branches:
        return {"network": ahead}
    found = {f"network: {name}": share * part.double() for name, part in branches.items()}
    return {**found, "network: rest": ahead - sum(found.values())}


def _references(model: FittedNetwork) -> dict[str, LinearForecast]:
    """Textbook forecasts that have a share in the linear one."""
    layout = model.layout
    maps = reference_maps(layout.context_length, layout.prediction_length, layout.season_length)
    return {
        name: LinearForecast(maps[name], len(model.channels), layout.season_length)
        for name in model.shares
        if name in maps
    }


def _of_prior(model: FittedNetwork, prior: Prior, part: Pass, longest: int) -> dict[str, Tensor]:
    """What forecasts without having learned from the data, in original units, times its share."""
    share = 1 - model.share.of(part.place[1], prior.season)[:, None, None]
    batch = part.windows.reaching_back(prior.history_length).at(*part.place)
    found = [prior.parts(block, longest) for block in prior.blocks(batch)]
    return {
        prior.shown(name): share * of_channels([one[name] for one in found], batch)
        for name in found[0]
    }
