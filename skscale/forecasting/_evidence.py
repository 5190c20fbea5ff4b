"""How much data speak for what was learned from them, beside what is known without."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from skscale.forecasting._prior import Prior, Shares
from skscale.nn import ForecastNet
from skscale.training import Batch, Windows, forward
from skscale.training.data import spread_indices

__all__ = ["Evidence"]

# Points at which what was learned stands as good a chance as the prior, before any evidence. On
# M4's choice series any share of it costs below 300 points, and a half is best on hourly series of
# 750: docs/results/pretraining/learned.csv. No other odds tried gain on M4 and beyond it:
# beyond_tried.csv.
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
_WINDOWS = 64  # they overlap: more say little more, and each costs a smoothing of its history


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
    values = prior.history_length * validation.n_channels
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
