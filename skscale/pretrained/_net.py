"""The networks behind the trained weights: quantiles of scaled windows."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, softplus

from skscale.nn import SigmaNet

__all__ = ["QUANTILES", "Inputs", "QuantileNet", "scaled_inputs", "seasonal_scale"]

QUANTILES = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975)

_MEDIAN = QUANTILES.index(0.5)
_N_KNOTS = 8  # spreads change slowly along the horizon: learned at eight steps, linear between
_LIMIT = 100.0  # of textbook forecasts in units of the scale; beyond, they teach nothing
_WIDTH = 2.0  # softplus(-2) = 0.13: initial distance of neighbouring quantiles


class Inputs(NamedTuple):
    """What a network sees of a batch of series, in units of each series' own scale.

    Attributes
    ----------
    context : Tensor of shape (batch, context_length)
        Deviations from the last value, zero where not observed.
    observed : Tensor of shape (batch, context_length)
        One where observed, else zero.
    textbook : Tensor of shape (batch, 2, prediction_length)
        Forecasts of `theta_line` and `damped_line`.
    location, scale : Tensor of shape (batch, 1)
        Last value, and mean absolute seasonal difference, in the dtype of the series.
    """

    context: Tensor
    observed: Tensor
    textbook: Tensor
    location: Tensor
    scale: Tensor


def scaled_inputs(
    series: Tensor, mask: Tensor, season: int, context_length: int, textbook: Tensor
) -> Inputs:
    """Inputs of a network from series (batch, length) and their mask; ideally in float64.

    ``textbook``, the `textbook_lines`, saw the whole series, everything else sees its last
    ``context_length`` values. Numbers become float32 once they are deviations in units of the
    scale.
    """
    recent, observed = series[:, -context_length:], mask[:, -context_length:]
    location, scale = recent[:, -1:], seasonal_scale(recent, observed, season)
    divisor = torch.where(scale > 0, scale, 1.0)

    context = torch.where(observed, (recent - location) / divisor, 0.0)
    textbook = (textbook - location.unsqueeze(1)) / divisor.unsqueeze(1)
    limited = textbook.clamp(-_LIMIT, _LIMIT).float()
    return Inputs(context.float(), observed.float(), limited, location, scale)


def seasonal_scale(x: Tensor, mask: Tensor, season: int) -> Tensor:
    """Mean absolute seasonal difference, not below half that of neighbours, (batch, 1)."""
    step, _ = _mean_difference(x, mask, 1)
    seasonal, n_pairs = _mean_difference(x, mask, season)
    return torch.where(n_pairs > 0, torch.maximum(seasonal, step / 2), step)


def _mean_difference(x: Tensor, mask: Tensor, lag: int) -> tuple[Tensor, Tensor]:
    pairs = mask[:, lag:] & mask[:, :-lag]
    n_pairs = pairs.sum(1, keepdim=True)
    sizes = torch.where(pairs, (x[:, lag:] - x[:, :-lag]).abs(), 0.0)
    return (sizes / n_pairs.clamp(min=1)).sum(1, keepdim=True), n_pairs


class QuantileNet(nn.Module):
    """Quantiles of the next values, as a learned correction of two textbook forecasts.

    The median starts as the mean of `theta_line` and `damped_line`. Neighbouring quantiles are
    apart by a softplus, so they never cross.

    Parameters
    ----------
    context_length : int
        Values that the network sees; of longer inputs, the last ones.
    prediction_length : int
        Steps ahead.
    body : {"sigma", "mlp"}
        What maps context and textbook forecasts to the correction: a `SigmaNet` over both in a
        row, or an MLP with residual blocks.
    width : int
        ``d_model`` of the Sigma network, or hidden units of the MLP.
    """

    between: Tensor

    def __init__(self, context_length: int, prediction_length: int, body: str, width: int):
        super().__init__()
        self.settings = {
            "context_length": context_length,
            "prediction_length": prediction_length,
            "body": body,
            "width": width,
        }
        self.context_length = context_length
        self.prediction_length = prediction_length
        n_knots = min(prediction_length, _N_KNOTS)
        n_out = prediction_length + n_knots * (len(QUANTILES) - 1)
        length = context_length + 2 * prediction_length
        self.body = (
            _SigmaBody(length, n_out, width)
            if body == "sigma"
            else _MLP(length, context_length, n_out, width)
        )
        half = torch.full((2, prediction_length), 0.5, dtype=torch.float32)
        self.shares = nn.Parameter(half)
        self.register_buffer("between", torch.empty(n_knots, prediction_length), persistent=False)
        self.interpolate_spreads()

    def interpolate_spreads(self) -> None:
        """Weights that bring spreads from the knots to every step, where they are not stored."""
        between = _interpolation(*self.between.shape).to(torch.float32)
        self.between = between.to(self.shares.device)

    def forward(self, context: Tensor, observed: Tensor, textbook: Tensor) -> Tensor:
        """Quantiles of shape (batch, prediction_length, n_quantiles) of the scaled future."""
        context, observed = (x[:, -self.context_length :] for x in (context, observed))
        values = torch.cat((context, textbook.flatten(1)), dim=1)
        out = self.body(values, observed)
        correction, spreads = out.tensor_split([self.prediction_length], dim=1)
        median = correction + (self.shares * textbook).sum(1)
        spreads = softplus(spreads.unflatten(1, (-1, len(self.between))) - _WIDTH) @ self.between
        below, above = spreads.transpose(1, 2).tensor_split([_MEDIAN], dim=2)
        median = median.unsqueeze(2)
        below = median - below.cumsum(2).flip(2)
        return torch.cat((below, median, median + above.cumsum(2)), dim=2)


class _SigmaBody(nn.Module):
    """Sigma over context and textbook forecasts in a row, told what is observed."""

    def __init__(self, length: int, n_out: int, width: int):
        super().__init__()
        self.net = SigmaNet(
            length,
            n_out,
            1,
            d_model=width,
            scale_independence=False,
            normalize=False,
            n_past_features=1,
        )

    def forward(self, values: Tensor, observed: Tensor) -> Tensor:
        known = torch.ones_like(values)
        known[:, : observed.shape[1]] = observed
        return self.net(values.unsqueeze(2), known.unsqueeze(2)).squeeze(2)


class _MLP(nn.Module):
    """Two residual blocks beside a linear map; both add nothing to the median at the start."""

    def __init__(self, length: int, context_length: int, n_out: int, width: int):
        super().__init__()
        self.first = nn.Linear(length + context_length, width)
        blocks = [
            nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))
            for _ in range(2)
        ]
        self.blocks = nn.ModuleList(blocks)
        self.linear = nn.Linear(length, n_out)
        self.last = nn.Linear(width, n_out)
        for layer in (self.linear, self.last):
            nn.init.zeros_(layer.weight)

    def forward(self, values: Tensor, observed: Tensor) -> Tensor:
        h = gelu(self.first(torch.cat((values, observed), dim=1)))
        for block in self.blocks:
            h = h + block(h)
        return self.last(h) + self.linear(values)


def _interpolation(n_knots: int, n_steps: int) -> Tensor:
    """Weights (n_knots, n_steps) of linear interpolation between knots spread evenly."""
    place = torch.linspace(0, n_knots - 1, n_steps)
    return (1 - (place - torch.arange(n_knots).unsqueeze(1)).abs()).clamp(min=0)
