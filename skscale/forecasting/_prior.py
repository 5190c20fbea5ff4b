"""What a series is forecast as before anything is learned from it: trained weights, textbook."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from skscale.forecasting._rolling import growth
from skscale.nn import ForecastNet
from skscale.ops import (
    begun,
    beside_values,
    damped_line,
    fill_holes,
    has_holes,
    seasonal_naive,
)
from skscale.pretrained import TrainedNet, for_season, load, shares
from skscale.training import Batch, Windows, forward
from skscale.training.data import spread_indices

__all__ = ["Evidence", "Prior", "Shares", "find_prior", "of_channels"]

_TEXTBOOK = {"damped": damped_line, "seasonal_naive": seasonal_naive}
_TEXTBOOK_HISTORY = 200  # points that textbook forecasts see where no network serves the season
# Points at which what was learned stands as good a chance as the prior, before any evidence. On
# M4's choice series any share of it costs below 300 points, and a half is best on hourly series of
# 750: docs/results/pretraining/learned.csv.
_EVEN = 800.0
# The log of the odds moves by so much with the log of the errors' ratio on one stretch of
# held-out data, by the square root of their number on more.
_POWER = 1.25
# Those stretches chose among the candidates that were learned: their errors look smaller than
# they are, on M4's choice series by about a fifth for one quarterly or monthly series, less for
# many.
_FLATTERED = 1.15
_FEWEST_TO_LEARN = 24  # a line or a season without noise can be told from so many
# A network that corrects the regression gains little below, and takes ten times as long.
_FEWEST_TO_TRAIN = 20_000
_LONG = 20_000
_SMALLEST = 0.01
_NEGLIGIBLE = 0.05
_LOOKED_AT = 4096
_VALUES_AT_ONCE = 2**20  # of the histories of these windows
_ROWS_AT_ONCE = 512  # of windows and channels, each smoothed on a grid of parameters
_WINDOWS = 64  # they overlap: more say little more, and each costs a smoothing of its history


class Prior(nn.Module):
    """Mean of a trained network and textbook forecasts, see `skscale.pretrained.shares`.

    Every channel is forecast on its own, from its whole recent history.

    Parameters
    ----------
    season : int
        1 for none.
    net : TrainedNet or None
        None where none serves the season.
    """

    def __init__(self, season: int, net: TrainedNet | None):
        super().__init__()
        self.season = season
        self.net = net
        self.history_length = _TEXTBOOK_HISTORY if net is None else net.history_length

    @torch.no_grad()
    def forward(self, batch: Batch, steps: int) -> Tensor:
        """Forecasts (batch, steps, n_channels) in scaled units, of windows of the history."""
        return self.with_offsets(batch, steps)[0]

    @torch.no_grad()
    def with_offsets(self, batch: Batch, steps: int) -> tuple[Tensor, Tensor | None]:
        """The forecasts, and the distance of the net's quantiles from its median, in one pass.

        Returns
        -------
        forecasts : Tensor of shape (batch, steps, n_channels)
        offsets : Tensor of shape (batch, steps, n_channels, n_quantiles) or None
            In scaled units; None where no net has a share.
        """
        scale = torch.where(batch.scale > 0, batch.scale, 1.0)
        pairs = [self._block(rows, mask, steps) for rows, mask in self.blocks(batch)]
        found, offsets = zip(*pairs, strict=True)
        forecasts = (of_channels(found, batch) - batch.location) / scale
        if offsets[0] is None:
            return forecasts, None
        return forecasts, of_channels(offsets, batch) / scale.unsqueeze(3)

    def blocks(self, batch: Batch) -> Iterator[tuple[Tensor, Tensor]]:
        """Histories in the units of their series and where they are known, some rows at a time."""
        scale = torch.where(batch.scale > 0, batch.scale, 1.0)
        x, shown = self._filled(batch)
        parts = (x * scale + batch.location, shown)
        rows, mask = (part.transpose(1, 2).flatten(0, 1) for part in parts)
        return zip(rows.split(_ROWS_AT_ONCE), mask.split(_ROWS_AT_ONCE), strict=True)

    def _block(self, rows: Tensor, mask: Tensor, steps: int) -> tuple[Tensor, Tensor | None]:
        """Forecasts of some rows, and the distance of the net's quantiles from its median."""
        median, offsets = self.of_net(rows, mask, steps)
        parts = list(self.candidates(rows, mask, steps, median).values())
        return self._within_reach(sum(parts[1:], parts[0]), rows, mask), offsets

    def of_net(self, rows: Tensor, mask: Tensor, steps: int) -> tuple[Tensor | None, Tensor | None]:
        """Median of the net, and the distance of its quantiles from it."""
        if self.net is None or "net" not in self.shares(1):
            return None, None
        quantiles = self.net.quantiles(rows, mask, steps)
        median = quantiles[..., self.net.quantile_levels.index(0.5)]
        return median, quantiles - median.unsqueeze(2)

    def _filled(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Windows without holes, and from where on they are observed, both (batch, L, channels)."""
        if batch.mask is None:
            return batch.x, torch.ones_like(batch.x, dtype=torch.bool)
        x = batch.x
        if has_holes(batch.mask):
            x = fill_holes(x, batch.mask, self.season)
        shown = begun(beside_values(batch.mask)).expand_as(x).clone()
        # Of what shows nothing, the mean of the series is known, which is zero.
        empty = ~shown[:, -1:]
        shown[:, -1:] = True
        return torch.cat((x[:, :-1], x[:, -1:].masked_fill(empty, 0.0)), dim=1), shown

    def shares(self, n_points: int) -> dict[str, float]:
        """Shares of the candidates for a series of ``n_points``."""
        return shares(self.season, n_points, net=self.net is not None)

    def candidates(
        self, rows: Tensor, mask: Tensor, steps: int, median: Tensor | None
    ) -> dict[str, Tensor]:
        """Forecast of every candidate times its share; ``median`` is the net's."""
        whole = mask.sum(dim=1, keepdim=True) >= 2 * self.season
        names = {**self.shares(1), **self.shares(2 * self.season)}
        found = dict.fromkeys(names, rows.new_zeros(len(rows), steps))
        for some, n_points in ((whole, 2 * self.season), (~whole, 1)):
            if not some.any():
                continue
            for name, share in self.shares(n_points).items():
                one = median if name == "net" else _TEXTBOOK[name](rows, mask, self.season, steps)
                assert one is not None
                found[name] = found[name] + torch.where(some, share * one, 0.0)
        return found

    def _within_reach(self, ahead: Tensor, rows: Tensor, mask: Tensor) -> Tensor:
        """Keep what lies behind the net's own steps, or behind a season, near the history."""
        first = max(self.season, 6) if self.net is None else self.net.prediction_length
        if ahead.shape[1] <= first:
            return ahead
        low = rows.masked_fill(~mask, torch.inf).amin(dim=1, keepdim=True)
        high = rows.masked_fill(~mask, -torch.inf).amax(dim=1, keepdim=True)
        step = torch.arange(first, ahead.shape[1], device=rows.device)
        margin = (high - low) * growth(step, mask.sum(dim=1, keepdim=True)).to(rows.dtype)
        later = torch.clamp(ahead[:, first:], low - margin, high + margin)
        return torch.cat((ahead[:, :first], later), dim=1)


def of_channels(found: Sequence[Tensor], batch: Batch) -> Tensor:
    """Blocks of rows as (batch, steps, n_channels, ...)."""
    return torch.cat(list(found)).unflatten(0, (-1, batch.x.shape[2])).transpose(1, 2)


def find_prior(pretrained: str | None, season: int) -> Prior | None:
    """Prior that the parameter ``pretrained`` asks for.

    Raises
    ------
    ValueError
        If there are no weights of that name.
    """
    if pretrained is None:
        return None
    if pretrained == "auto":
        name = for_season(season)
        return Prior(season, None if name is None else load(name))
    return Prior(season, load(pretrained))


class Shares(NamedTuple):
    """Share of what was learned; the rest is the prior's.

    Attributes
    ----------
    short, long : float
        In forecasts from less than two seasons, and from more.
    """

    short: float
    long: float

    def of(self, n_points: Tensor, season: int) -> Tensor:
        """Shares of windows that have seen ``n_points``."""
        return torch.where(n_points >= 2 * season, self.long, self.short).to(torch.float64)


class Evidence(NamedTuple):
    """How much data speak for what was learned from them.

    Attributes
    ----------
    n_values : int
        Points of all series and channels.
    longest : int
        Points of the longest series.
    """

    n_values: int
    longest: int

    @property
    def decide(self) -> bool:
        """Whether a series is so long that nothing else has to be asked."""
        return self.longest >= _LONG

    @property
    def teach(self) -> bool:
        """Whether there is anything to be learned."""
        return self.n_values >= _FEWEST_TO_LEARN

    @property
    def train(self) -> bool:
        """Whether a network may learn what a ridge regression does not."""
        return self.n_values >= _FEWEST_TO_TRAIN

    def shares(self, learned: ForecastNet, prior: Prior, validation: Windows) -> Shares:
        """Shares that the errors of both on held-out windows justify, as far as these are many.

        For series of less than two seasons, the errors from one season of the same windows.
        """
        if not len(validation):
            return Shares(*(_rounded(self._odds(1.0, 0)),) * 2)
        season = prior.season
        if season == 1:
            return Shares(*(_rounded(self._odds(*_compare(learned, prior, validation, 1))),) * 2)
        long = self._odds(*_compare(learned, prior, validation, 2 * season))
        short = self._odds(*_compare(learned, prior, validation, season, visible=season))
        return Shares(_rounded(short), _rounded(long))

    def _odds(self, ratio: float, n_stretches: int) -> float:
        """Share of what was learned, whose error is so many times the prior's."""
        before = min(0.0, 2 * math.log(max(self.n_values, 1) / _EVEN))
        worse = math.log(max(_FLATTERED * ratio, 1e-9))
        log_odds = before - _POWER * math.sqrt(n_stretches) * worse
        return 1 / (1 + math.exp(-min(max(log_odds, -50.0), 50.0)))


def _rounded(share: float) -> float:
    """Small remainders would cost a forecast each and change nothing."""
    return 0.0 if share < _NEGLIGIBLE else 1.0 if share > 1 - _NEGLIGIBLE else share


@torch.no_grad()
def _compare(
    learned: ForecastNet,
    prior: Prior,
    validation: Windows,
    least: int,
    visible: int | None = None,
) -> tuple[float, int]:
    """Error of what was learned over that of the prior, and over how many stretches of data.

    Errors are relative to their mean in every window and channel. Windows count that have seen
    ``least`` points; ``visible`` hides all but their last ones.
    """
    chosen = spread_indices(validation, _LOOKED_AT)
    chosen = chosen[validation.place(chosen)[1] >= least]
    if not len(chosen):
        return 1.0, 0
    values = prior.history_length * validation.buffer.values.shape[1]
    most = min(_WINDOWS, max(8, _VALUES_AT_ONCE // values))
    chosen = chosen[:: -(-len(chosen) // most)]
    series, cut = validation.place(chosen)
    batch = _hidden(validation.at(series, cut), visible)
    history = _hidden(validation.reaching_back(prior.history_length).at(series, cut), visible)
    both = forward(learned, batch).to(torch.float64), prior(history, batch.y.shape[1])
    count = batch.counts.sum(dim=1)
    errors = ((torch.stack(both) - batch.y).abs() * batch.counts).sum(dim=2)
    errors = errors / torch.where(count > 0, count, 1.0)
    relative = errors / errors.mean(dim=0).clamp(min=_SMALLEST)
    counts = (count * (batch.scale.squeeze(1) > 0)).to(torch.float64)
    if not counts.any():
        return 1.0, 0
    total = (relative * counts).sum(dim=(1, 2))
    stretches = torch.stack((series, cut // batch.y.shape[1])).unique(dim=1).shape[1]
    return float(total[0] / total[1].clamp(min=1e-9)), stretches


def _hidden(batch: Batch, visible: int | None) -> Batch:
    """The batch as if its series had begun ``visible`` points before the cut."""
    if visible is None:
        return batch
    mask = batch.mask
    mask = torch.ones_like(batch.x[..., 0], dtype=torch.bool) if mask is None else mask.clone()
    mask[:, :-visible] = False
    return batch._replace(mask=mask)
