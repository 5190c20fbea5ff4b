"""What a series is forecast as before anything is learned from it: trained weights, textbook."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skscale.forecasting._windows import Parts
from skscale.ops import damped_line, seasonal_naive
from skscale.pretrained import TrainedNet, available, for_season, load, shares
from skscale.training import Batch, Windows, forward
from skscale.training.data import spread_indices

__all__ = ["Prior", "find_prior"]

_TEXTBOOK_HISTORY = 200  # points that textbook forecasts see where no network serves the season


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


@torch.no_grad()
def held_out_errors(learned: nn.Module, prior: Prior, windows: Windows, at_most: int) -> Tensor:
    """Mean absolute errors of both on held-out windows, scaled: (2, n_windows, n_channels)."""
    chosen = spread_indices(windows, at_most)
    batch = windows.batch(chosen)
    history = windows.reaching_back(prior.history_length).at(*windows.place(chosen))
    found = torch.stack(
        [forward(learned, batch).to(torch.float64), prior(history, windows.prediction_length)]
    )
    observed = torch.ones_like(batch.y) if batch.y_mask is None else batch.y_mask.unsqueeze(-1)
    errors = (found - batch.y).abs() * observed
    return errors.sum(dim=2) / observed.sum(dim=1).clamp(min=1)


def learned_share(learned: nn.Module, prior: Prior, parts: Parts) -> float:
    """Share of what was learned from the data, from the errors of both on held-out windows."""
    return 0.0
