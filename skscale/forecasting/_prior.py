"""What a series is forecast as before anything is learned from it: trained weights, textbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from skscale.forecasting._history import Histories
from skscale.forecasting._rolling import growth
from skscale.ops import damped_line, seasonal_naive
from skscale.ops.tracing import read
from skscale.pretrained import TrainedNet, for_season, load, shares
from skscale.training import Batch

__all__ = ["Prior", "Shares", "find_prior", "of_channels"]

_TEXTBOOK = {"damped": damped_line, "seasonal_naive": seasonal_naive}
_TEXTBOOK_HISTORY = 200  # points that textbook forecasts see where no network serves the season
_ROWS_AT_ONCE = 512  # of windows and channels, each smoothed on a grid of parameters


class Prior(nn.Module):
    """Mean of a trained network and textbook forecasts, see `skscale.pretrained.shares`.

    Every channel is forecast on its own, from its whole recent history.

    Parameters
    ----------
    season : int
        1 for none.
    net : TrainedNet or None
        None where none serves the season.
    tuned : bool, default=False
        Whether the net was trained further on the data.
    """

    def __init__(self, season: int, net: TrainedNet | None, tuned: bool = False):
        super().__init__()
        self.season = season
        self.net = net
        self.tuned = tuned
        self.history_length = _TEXTBOOK_HISTORY if net is None else net.history_length

    @torch.no_grad()
    def forward(self, batch: Batch, steps: int) -> Tensor:
        """Forecasts (batch, steps, n_channels) in scaled units, of windows of the history."""
        return self.with_offsets(batch, steps)[0]

    @torch.no_grad()
    def with_offsets(self, batch: Batch, steps: int) -> tuple[Tensor, Tensor | None]:
        """The forecasts, and the distance of the net's quantiles from its median, in one pass.

        Where the last values are missing, both lie as many more steps ahead.

        Returns
        -------
        forecasts : Tensor of shape (batch, steps, n_channels)
        offsets : Tensor of shape (batch, steps, n_channels, n_quantiles) or None
            In scaled units; None where no net has a share.
        """
        scale = torch.where(batch.scale > 0, batch.scale, 1.0)
        pairs = [self._block(block, steps) for block in self.blocks(batch)]
        found, offsets = zip(*pairs, strict=True)
        forecasts = (of_channels(found, batch) - batch.location) / scale
        if offsets[0] is None:
            return forecasts, None
        return forecasts, of_channels(offsets, batch) / scale.unsqueeze(3)

    def blocks(self, batch: Batch) -> list[Histories]:
        """Histories in the units of their series, some rows at a time."""
        return Histories.of(batch, self.season).split(_ROWS_AT_ONCE)

    def parts(self, block: Histories, steps: int) -> dict[str, Tensor]:
        """Forecast of every candidate times its share, (n_rows, steps)."""
        most = block.furthest(steps)
        found = self._candidates(block, most, self._known(block, most)[0])
        return {name: block.from_the_end(one, steps) for name, one in found.items()}

    def _block(self, block: Histories, steps: int) -> tuple[Tensor, Tensor | None]:
        """Forecasts of some rows, and the distance of the net's quantiles from its median."""
        most = block.furthest(steps)
        known, offsets = self._known(block, most)
        parts = list(self._candidates(block, most, known).values())
        ahead = self._within_reach(sum(parts[1:], parts[0]), block.values, block.shown)
        if offsets is not None:
            offsets = block.from_the_end(offsets, steps)
        return block.from_the_end(ahead, steps), offsets

    def _known(self, block: Histories, steps: int) -> tuple[dict[str, Tensor], Tensor | None]:
        """Candidates that the net gives: its median and the damped line that it sees.

        The other part is the distance of its quantiles from the median.
        """
        if self.net is None or "net" not in self.shares(1):
            return {}, None
        quantiles, damped = self.net.beside_line(block.values, block.shown, steps)
        median = quantiles[..., self.net.quantile_levels.index(0.5)]
        return {"net": median, "damped": damped}, quantiles - median.unsqueeze(2)

    def shares(self, n_points: int) -> dict[str, float]:
        """Shares of the candidates for a series of ``n_points``."""
        return shares(self.season, n_points, net=self.net is not None)

    def named_shares(self, n_points: int) -> dict[str, float]:
        """The same, the candidates named as users see them."""
        return {self.shown(name): share for name, share in self.shares(n_points).items()}

    def shown(self, name: str) -> str:
        """Name of a candidate that tells a net as it came from one that was trained further."""
        return "tuned_net" if name == "net" and self.tuned else name

    def _candidates(
        self, block: Histories, steps: int, known: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Forecast of every candidate behind the ends of rows times its share."""
        rows, mask = block.values, block.shown
        whole = mask.sum(dim=1, keepdim=True) >= 2 * self.season
        names = {**self.shares(1), **self.shares(2 * self.season)}
        found = dict.fromkeys(names, rows.new_zeros(rows.shape[0], steps))
        for some, n_points in ((whole, 2 * self.season), (~whole, 1)):
            if read(some.any()) is False:
                continue
            for name, share in self.shares(n_points).items():
                one = known.get(name)
                if one is None:
                    one = _TEXTBOOK[name](rows, mask, self.season, steps)
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
