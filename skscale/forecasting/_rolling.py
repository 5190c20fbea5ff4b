"""From one block of forecasts to the next: a network rolled forward beyond its horizon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from skscale.nn import ForecastNet
from skscale.ops import beside_values
from skscale.training import Batch, forward

__all__ = ["blocks_ahead", "growth", "roll_forward"]

# A context of so many points carries its own range of growth ahead, a longer one up to four.
_POINTS_OF_GROWTH = 12


class Block(NamedTuple):
    """One block of a forecast that rolls forward.

    Attributes
    ----------
    net : ForecastNet
        What forecasts it.
    batch : Batch
        What that sees.
    ahead, kept : Tensor of shape (n_windows, prediction_length, n_channels)
        What it says, and the same near the range of the context.
    """

    net: ForecastNet
    batch: Batch
    ahead: Tensor
    kept: Tensor


@torch.no_grad()
def roll_forward(first: ForecastNet, later: ForecastNet, batch: Batch, longest: int) -> Tensor:
    """Forecasts of 1, ..., ``longest`` steps in scaled units, (n_windows, longest, n_channels).

    Every block of forecasts becomes context of the next. What is iterated could grow without
    bound where its data do not, so later blocks stay near the range of the context and the first
    block: they leave it by that range, and by as much again for every context length that
    they lie ahead, as a straight line would.

    Parameters
    ----------
    first, later : ForecastNet
        Forecast the first block, and all others.
    batch : Batch
        Contexts, with the features of all ``longest`` steps.
    longest : int
    """
    found = [block.kept for block in blocks_ahead(first, later, batch, longest)]
    return torch.cat(found, dim=1)[:, :longest]


@torch.no_grad()
def blocks_ahead(
    first: ForecastNet, later: ForecastNet, batch: Batch, longest: int
) -> Iterator[Block]:
    """Blocks of `roll_forward`, one after the other."""
    T, future = first.prediction_length, batch.future_features
    batch = batch._replace(future_features=_block(future, 0, T))
    kept = forward(first, batch)
    yield Block(first, batch, kept, kept)
    if longest <= T:
        return
    low, high = _range(torch.cat((batch.x, kept), dim=1), batch.mask)
    for start in range(T, longest, T):
        batch = _moved(batch, kept, _block(future, start, T))
        ahead = forward(later, batch)
        step = start + torch.arange(T, device=ahead.device)
        length = torch.tensor([[batch.x.shape[1]]], device=ahead.device)
        margin = (high - low) * growth(step, length).unsqueeze(-1).to(ahead.dtype)
        kept = torch.clamp(ahead, low - margin, high + margin)
        yield Block(later, batch, ahead, kept)


def growth(step: Tensor, n_points: Tensor) -> Tensor:
    """Ranges of ``n_points`` (n, 1) that forecasts at ``step`` (n_steps,) may lie beyond them."""
    most = (n_points / _POINTS_OF_GROWTH).clamp(0.5, 4.0)
    return 1 + torch.minimum(step / n_points, most)


def _range(x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Lowest and highest observed value of every window and channel, (n_windows, 1, channels)."""
    if mask is None:
        return x.amin(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)
    mask = beside_values(mask)
    ahead = mask.new_ones(x.shape[0], x.shape[1] - mask.shape[1], mask.shape[2])
    seen = torch.cat((mask, ahead), dim=1)
    lowest = x.masked_fill(~seen, torch.inf).amin(dim=1, keepdim=True)
    return lowest, x.masked_fill(~seen, -torch.inf).amax(dim=1, keepdim=True)


def _block(future: Tensor | None, start: int, length: int) -> Tensor | None:
    """Features of a block; the last may reach beyond what was asked for and repeats its end."""
    if future is None:
        return None
    block = future[:, start : start + length]
    short = length - block.shape[1]
    return torch.cat((block, future[:, -1:].expand(-1, short, -1)), dim=1) if short else block


def _moved(batch: Batch, ahead: Tensor, future: Tensor | None) -> Batch:
    """The windows one block later, forecasts in the place of values, ``future`` the new block's."""
    length = batch.x.shape[1]
    past, mask = batch.past_features, batch.mask
    if past is not None and batch.future_features is not None:
        past = torch.cat((past, batch.future_features), dim=1)[:, -length:]
    if mask is not None:
        known = mask.new_ones(ahead.shape[0], ahead.shape[1], *mask.shape[2:])
        mask = torch.cat((mask, known), dim=1)[:, -length:]
    x = torch.cat((batch.x, ahead), dim=1)[:, -length:]
    return batch._replace(x=x, past_features=past, future_features=future, mask=mask)
