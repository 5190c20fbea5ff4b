"""Quantiles around forecasts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from scipy.special import logit
from torch import Tensor, nn

from skscale.nn import QuantileHead
from skscale.ops import beside_values
from skscale.ops.arrays import from_numpy
from skscale.ops.tracing import read
from skscale.training import Batch

__all__ = [
    "EVENLY_SPREAD",
    "LOGITS",
    "Spread",
    "TrainedOffsets",
    "mean_change",
    "observed_values",
    "quantile_columns",
    "seasonal_changes",
]

EVENLY_SPREAD = [(i + 0.5) / 50 for i in range(50)]  # probabilities that stand for a distribution
# Quantiles are kept at these logits of the probability, and interpolated between.
LOGITS = np.linspace(-9.0, 9.0, 181)
_EIGHT_IN_TEN = (0.1, 0.9)
# A context's mean change counts as its own and so many typical ones: contexts may be short or
# flat, and the typical one is surer for the others, too.
_TYPICAL_CHANGES = 10.0
# Held-out windows of a series that trained weights' quantiles count as, once the factor is theirs.
# Ten score 4 % worse on M4's choice series and early parts of other sets. More score better still,
# but the errors of a long series must decide in the end.
_FOR_TRAINED = 40.0


class TrainedOffsets(NamedTuple):
    """How far the quantiles of trained weights lie from their median.

    Attributes
    ----------
    levels : tuple of float
        Rising; one half is among them.
    values : Tensor of shape (n_windows, longest, n_channels, n_levels)
        In scaled units, never falling with the level, zero at one half.
    share : Tensor of shape (n_windows, 1, 1)
        The weights' part of the forecast.
    """

    levels: tuple[float, ...]
    values: Tensor
    share: Tensor

    def at(self, alpha: Sequence[float]) -> Tensor:
        """Offsets of any quantile, (n_alpha, n_windows, longest, n_channels).

        They are linear in the logit of the probability, beyond the outermost levels, too.
        """
        wanted, known = _logits(alpha), logit(np.asarray(self.levels))
        after = np.clip(np.searchsorted(known, wanted, side="right"), 1, len(known) - 1)
        part = (wanted - known[after - 1]) / (known[after] - known[after - 1])
        found = []
        for upper, share in zip(after.tolist(), part.tolist(), strict=True):
            low, high = self.values[..., upper - 1], self.values[..., upper]
            found.append(low + share * (high - low))
        return torch.stack(found)

    def beyond(self, error: Tensor) -> Tensor:
        """Errors over the end of the 80 % interval on their side, in the shape of ``error``.

        Eight in ten are below one where the offsets are right; an end that is no way off makes
        them infinite.
        """
        lower, upper = self.at(_EIGHT_IN_TEN)
        return (error / torch.where(error < 0, lower, upper)).nan_to_num(nan=0.0).abs()


class Spread(nn.Module):
    """Quantiles of the errors of a forecast.

    A quantile lies ``unit * width * shape`` from the forecast: the mean absolute seasonal change
    of the window, the mean absolute error at the step in these units, and the quantile of errors
    whose mean is one.

    Parameters
    ----------
    season : int
    typical : ndarray of shape (n_channels,)
        Seasonal change of a window that shows none of its own, in scaled units.
    width : ndarray of shape (prediction_length, n_channels)
        Never falls with the step.
    growth : float
        Power of the step by which widths grow beyond the horizon.
    shape : ndarray of shape (181,)
        At the logits -9, -8.9, ..., 9 of the probability; never falls, zero in the middle.
    n_windows : float
        Held-out windows of a series, in the mean, that these were learned from.
    head : QuantileHead, optional
        Stretches the errors of every window.

    Attributes
    ----------
    trained_factor : Tensor of shape ()
        Of the trained weights' offsets; one at first.
    """

    typical: Tensor
    width: Tensor
    shape: Tensor
    trained_factor: Tensor

    def __init__(
        self,
        season: int,
        typical: np.ndarray,
        width: np.ndarray,
        growth: float,
        shape: np.ndarray,
        n_windows: float,
        head: QuantileHead | None = None,
    ):
        super().__init__()
        self.head = head
        self.season, self.growth, self.n_windows = season, growth, n_windows
        self.register_buffer("typical", torch.as_tensor(typical).float())
        self.register_buffer("width", torch.as_tensor(width).float())
        self.register_buffer("shape", torch.as_tensor(shape).double())
        self.register_buffer("trained_factor", torch.ones((), dtype=torch.float64))

    @torch.no_grad()
    def quantiles(
        self,
        ahead: Tensor,
        batch: Batch,
        alpha: Sequence[float],
        trained: TrainedOffsets | None = None,
    ) -> Tensor:
        """Quantiles around forecasts, (n_alpha, n_windows, longest, n_channels).

        The median is the forecast itself. The fewer windows of a series were held out, the more the
        trained weights' quantiles count, as far as the forecast is theirs.

        Parameters
        ----------
        ahead : Tensor of shape (n_windows, longest, n_channels)
            Forecasts, in scaled units; those beyond the horizon are rolled forward.
        batch : Batch
            What they were made from.
        alpha : sequence of float
            Probabilities.
        trained : TrainedOffsets, optional
            Where trained weights take part in the forecast.
        """
        longest = ahead.shape[1]
        offsets = self._held_out_offsets(batch, longest, alpha) * self._waiting(batch, longest)
        if trained is not None:
            share = trained.share * _FOR_TRAINED / (self.n_windows + _FOR_TRAINED)
            offsets = (1 - share) * offsets + share * self.trained_factor * trained.at(alpha)
        return ahead + offsets

    def _held_out_offsets(self, batch: Batch, longest: int, alpha: Sequence[float]) -> Tensor:
        """Distance of quantiles from the forecast as held-out windows know it."""
        reach = self.unit(batch) * self._widths(longest)
        errors = self.errors_at(alpha).to(reach.device)
        if self.head is None or all(level == 0.5 for level in alpha):
            return reach * errors.reshape(-1, 1, 1, 1)
        factors = self.head(batch.x / self.typical, batch.mask)[:, :longest]
        beyond = factors[:, -1:].expand(-1, longest - factors.shape[1], -1, -1)
        factors = torch.cat((factors, beyond), dim=1)
        return reach * self.head.stretched(factors, errors)

    def _waiting(self, batch: Batch, longest: int) -> Tensor | float:
        """How much wider the steps are, (n_windows, longest, n_channels), for missing last values.

        A step lies as many more ahead of the last value as are missing behind it.
        """
        if batch.mask is None:
            return 1.0
        shown = beside_values(batch.mask).expand_as(batch.x)
        length = batch.x.shape[1]
        place = torch.arange(length, device=shown.device).unsqueeze(1)
        missing = length - 1 - torch.where(shown, place, -1).amax(dim=1, keepdim=True)
        # A context without any value shows the last one before it, see `Windows`.
        alone = shown.sum(dim=1, keepdim=True) <= 1
        missing = torch.where(alone, length, missing)
        if read(missing.any()) is False:
            return 1.0
        step = torch.arange(longest, device=shown.device).unsqueeze(1) + missing
        widths = self._widths(longest + length)
        wider = widths.expand(step.shape[0], -1, -1).gather(1, step)
        return wider / widths[:longest].clamp(min=torch.finfo(widths.dtype).tiny)

    def unit(self, batch: Batch) -> Tensor:
        """Mean absolute seasonal change of every window, (n_windows, 1, n_channels)."""
        changes, count = seasonal_changes(batch.x, batch.mask, self.season)
        return mean_change(changes, count, self.typical).unsqueeze(1)

    def errors_at(self, alpha: Sequence[float]) -> Tensor:
        """Quantiles of errors whose mean size is one, (n_alpha,)."""
        wanted = _logits(alpha)
        after = np.clip(np.searchsorted(LOGITS, wanted, side="right"), 1, len(LOGITS) - 1)
        part = (wanted - LOGITS[after - 1]) / (LOGITS[after] - LOGITS[after - 1])
        rows, weights = np.arange(len(wanted)), np.zeros((len(wanted), len(LOGITS)))
        weights[rows, after - 1], weights[rows, after] = 1 - part, part
        weights[wanted == 0] = 0.0  # the forecast itself, to the last digit
        return (from_numpy(weights).to(self.shape.device) @ self.shape.double()).float()

    def _widths(self, longest: int) -> Tensor:
        """Mean absolute error of steps 1, ..., ``longest``, (longest, n_channels)."""
        T = len(self.width)
        beyond = torch.arange(T + 1, max(longest, T) + 1, device=self.width.device)
        further = self.width[-1] * (beyond.unsqueeze(1) / T) ** self.growth
        return torch.cat((self.width, further))[:longest]


def _logits(alpha: Sequence[float]) -> np.ndarray:
    """Logits of probabilities, within those that quantiles are kept at."""
    return np.clip(logit(np.asarray(alpha, dtype=np.float64)), LOGITS[0], LOGITS[-1])


def quantile_columns(names: Iterable, alpha: Iterable[float]) -> pd.MultiIndex:
    """Columns of quantiles, as sktime orders them."""
    levels = [pd.Index(names), pd.Index(alpha)]
    codes = np.indices([len(level) for level in levels]).reshape(2, -1)
    return pd.MultiIndex(levels, codes)  # from_product takes as long as a forecast


def seasonal_changes(x: Tensor, mask: Tensor | None, season: int) -> tuple[Tensor, Tensor]:
    """Sum of absolute changes from a season before and their number, (n_windows, n_channels).

    Windows of a season or less show changes from step to step.
    """
    lag = season if x.shape[1] > season else 1
    observed = observed_values(x, mask)
    both = observed[:, lag:] & observed[:, :-lag]
    change = (x[:, lag:] - x[:, :-lag]).abs()
    return torch.where(both, change, 0.0).sum(dim=1), both.sum(dim=1)


def mean_change(changes: Tensor, count: Tensor, typical: Tensor) -> Tensor:
    """Mean change of every window, drawn towards the ``typical`` one of its channel."""
    return (changes + _TYPICAL_CHANGES * typical) / (count + _TYPICAL_CHANGES)


def observed_values(values: Tensor, mask: Tensor | None) -> Tensor:
    """Mask of every value, from one of points, of values or None."""
    if mask is None:
        return torch.ones_like(values, dtype=torch.bool)
    return (mask if mask.dim() == values.dim() else mask.unsqueeze(-1)).expand_as(values)
