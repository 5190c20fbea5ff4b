"""Errors on the choice series, on which nothing was trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from examples.pretraining.data import FREQUENCIES
from examples.pretraining.recipes import RECIPES, Member
from examples.pretraining.windows import Windows, choice_windows
from skscale.pretrained._net import QUANTILES, QuantileNet


@dataclass(frozen=True)
class Choice:
    """Last horizons of a frequency's choice series.

    Attributes
    ----------
    frequency : str
    numbers : int64 ndarray of shape (n_series,)
        Numbers of the series in the competition.
    lengths : int64 ndarray of shape (n_series,)
        Points before the target.
    windows : Windows
    mase_units : Tensor of shape (n_series,)
        Scale of a window over the competition's in-sample scale.
    """

    frequency: str
    numbers: np.ndarray
    lengths: np.ndarray
    windows: Windows
    mase_units: Tensor

    @classmethod
    def load(cls, frequency: str, data: Path) -> Choice:
        """Choice series of a frequency, those without an in-sample scale left out."""
        told = FREQUENCIES[frequency]
        windows, series = choice_windows(RECIPES[told.season], told, data)
        before = [row[: -told.horizon] for row in series.rows()]
        lag = told.mase_season
        scales = torch.tensor([float(np.abs(x[lag:] - x[:-lag]).mean()) for x in before])
        keep = torch.nonzero((scales > 0) & (windows.inputs.scale[:, 0] > 0)).squeeze(1)
        units = windows.inputs.scale[keep, 0] / scales[keep]
        kept = keep.numpy()
        lengths = series.lengths[kept] - told.horizon
        return cls(frequency, series.numbers[kept], lengths, windows.map(lambda x: x[keep]), units)

    @property
    def season(self) -> int:
        """Season that forecasts of this frequency are told."""
        return FREQUENCIES[self.frequency].season

    def errors(self, forecast: Tensor) -> Tensor:
        """MASE of every series for scaled forecasts of at least the horizon's steps."""
        target = self.windows.target
        return (forecast[:, : target.shape[1]] - target).abs().mean(1) * self.mase_units

    def coverage(self, quantiles: Tensor, level: float) -> float:
        """Share of values inside the central interval of scaled quantiles."""
        low = min(range(len(QUANTILES)), key=lambda i: abs(QUANTILES[i] - (1 - level) / 2))
        target = self.windows.target
        quantiles = quantiles[:, : target.shape[1]]
        inside = (target >= quantiles[..., low]) & (target <= quantiles[..., -1 - low])
        return float(inside.double().mean())

    def scaled(self, forecast: np.ndarray) -> Tensor:
        """Forecasts in units of the series as scaled ones."""
        inputs = self.windows.inputs
        return ((torch.as_tensor(forecast) - inputs.location) / inputs.scale).float()

    @torch.no_grad()
    def quantiles(self, net: QuantileNet, member: Member) -> Tensor:
        """Scaled quantiles (n_series, horizon, n_quantiles) of a net."""
        windows = self.windows if member.textbook else self.windows.without_textbook()
        inputs = windows.inputs
        parts = zip(*(x.split(2000) for x in inputs[:3]), strict=True)
        return torch.cat([net(*part) for part in parts])


def trained(member: Member, season: int, runs: Path) -> tuple[QuantileNet, float]:
    """A finished net, and the seconds its training took.

    Raises
    ------
    FileNotFoundError
        If it was not trained to its last step.
    """
    path = runs / f"{member.name(season)}.pt"
    state = torch.load(path, weights_only=True, map_location="cpu")
    if state["step"] < member.n_steps:
        raise FileNotFoundError(f"{path} stands at step {state['step']} of {member.n_steps}")
    horizon = RECIPES[season].prediction_length
    net = QuantileNet(member.context_length, horizon, member.body, member.width)
    net.load_state_dict(state["net"])
    return net.eval(), state["seconds"]
