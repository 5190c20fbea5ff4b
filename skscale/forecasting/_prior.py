"""What a series is forecast as before anything is learned from it: trained weights, textbook."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from skscale.nn import ForecastNet
from skscale.ops import damped_line, seasonal_naive
from skscale.pretrained import TrainedNet, available, for_season, load, shares
from skscale.training import Batch, Windows, forward
from skscale.training.data import spread_indices

__all__ = ["Evidence", "Prior", "find_prior"]

_TEXTBOOK_HISTORY = 200  # points that textbook forecasts see where no network serves the season
# Half of what the held-out errors say is believed at so many points. On M4's choice series any
# share of what was learned costs below 300 points, and a half is best on hourly series of 750:
# docs/results/pretraining/learned.csv.
_HALF = 800.0
# A network that corrects the regression gains nothing below, and takes ten times as long.
_FEWEST_TO_TRAIN = 20_000
_LONG = 20_000
_POWER = 8.0  # as among the candidates that are learned, see `_recipe`
_SMALLEST = 0.01
_NEGLIGIBLE = 0.05
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
        scale = torch.where(batch.scale > 0, batch.scale, 1.0)
        history = batch.x * scale + batch.location
        n_channels = history.shape[2]
        rows = history.transpose(1, 2).flatten(0, 1)
        mask = torch.ones_like(rows, dtype=torch.bool)
        if batch.mask is not None:
            mask = batch.mask.repeat_interleave(n_channels, dim=0)
        found = self._of_rows(rows, mask, steps).unflatten(0, (-1, n_channels)).transpose(1, 2)
        return (found - batch.location) / scale

    def shares(self, n_points: int) -> dict[str, float]:
        """Shares of the candidates for a series of ``n_points``."""
        return shares(self.season, n_points, net=self.net is not None)

    def _of_rows(self, rows: Tensor, mask: Tensor, steps: int) -> Tensor:
        whole = mask.sum(dim=1, keepdim=True) >= 2 * self.season
        total = rows.new_zeros(len(rows), steps)
        for some, n_points in ((whole, 2 * self.season), (~whole, 1)):
            if not some.any():
                continue
            for name, share in self.shares(n_points).items():
                found = share * self._candidate(name, rows, mask, steps)
                total = total + torch.where(some, found, 0.0)
        return total

    def _candidate(self, name: str, rows: Tensor, mask: Tensor, steps: int) -> Tensor:
        if name == "net":
            assert self.net is not None
            levels = self.net.quantile_levels
            return self.net.quantiles(rows, mask, steps)[..., levels.index(0.5)]
        textbook = {"damped": damped_line, "seasonal_naive": seasonal_naive}[name]
        return textbook(rows, mask, self.season, steps)


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
    if pretrained not in available():
        raise ValueError(
            f'pretrained must be "auto", None or one of {list(available())}, got {pretrained!r}'
        )
    return Prior(season, load(pretrained))


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
    def most(self) -> float:
        """Share of what was learned, at most."""
        return self.n_values**2 / (self.n_values**2 + _HALF**2)

    @property
    def teach(self) -> bool:
        """Whether there is anything to be learned."""
        return self.most >= _NEGLIGIBLE

    @property
    def train(self) -> bool:
        """Whether a network may learn what a ridge regression does not."""
        return self.n_values >= _FEWEST_TO_TRAIN

    def share(self, learned: ForecastNet, prior: Prior, validation: Windows) -> float:
        """Share of what was learned; the rest is the prior's.

        As far as the data are many, it follows from the errors of both on held-out windows.
        """
        if not len(validation):
            return _rounded(self.most / 2)
        errors, n_series = _held_out_errors(learned, prior, validation)
        power = _POWER * (1 + math.log10(max(n_series, 1)))
        ratio = float(errors[0] / errors[1].clamp(min=1e-9))
        return _rounded(self.most / (1 + ratio**power))


def _rounded(share: float) -> float:
    """Small remainders would cost a forecast each and change nothing."""
    return 0.0 if share < _NEGLIGIBLE else 1.0 if share > 1 - _NEGLIGIBLE else share


@torch.no_grad()
def _held_out_errors(learned: ForecastNet, prior: Prior, validation: Windows) -> tuple[Tensor, int]:
    """Errors of both, relative to their mean in every window and channel; number of series."""
    chosen = spread_indices(validation, _WINDOWS)
    batch = validation.batch(chosen)
    history = validation.reaching_back(prior.history_length).at(*validation.place(chosen))
    both = forward(learned, batch).to(torch.float64), prior(history, batch.y.shape[1])
    observed = torch.ones_like(batch.y) if batch.y_mask is None else batch.y_mask.unsqueeze(-1)
    errors = ((torch.stack(both) - batch.y).abs() * observed).sum(dim=2)
    errors = errors / observed.sum(dim=1).clamp(min=1)
    relative = errors / errors.mean(dim=0).clamp(min=_SMALLEST)
    counts = (observed.sum(dim=1) * (batch.scale.squeeze(1) > 0)).to(torch.float64)
    mean = (relative * counts).sum(dim=(1, 2)) / counts.sum().clamp(min=1)
    return mean.cpu(), int(validation.series_of(chosen).unique().numel())
