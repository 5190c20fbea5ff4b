"""Synthetic series drawn from priors, so that shapes outside M4 are met in training.

A series is a level, a trend that may be damped, bend or shift, a season that may change in size, a
smooth wander, and noise that may be correlated. Their sizes relative to each other are drawn
log-normally, each part may be absent.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor


def draw(n_series: int, length: int, season: int, generator: Generator) -> Tensor:
    """Series of shape (n_series, length) in float64 with a season of that many points."""
    prior = _Prior(n_series, length, generator)
    smooth = prior.size(1.0, 0.7) * prior.trend() + prior.size(0.7, 0.5) * prior.wander()
    y = smooth + prior.size(0.6, 0.7) * prior.noise() + prior.size(0.5, 0.2) * prior.shifts()
    if season > 1:
        y = y + prior.size(1.0, 0.85) * prior.season(season) * prior.envelope()
    # Two in five lie far above zero or grow by factors, and one in ten is cut at a floor.
    kind = prior.uniform(1)
    spread = y.std(1, keepdim=True).clamp(min=1e-6)
    y = (y - y.mean(1, keepdim=True)) / spread
    y = torch.where(kind < 0.4, torch.exp(prior.uniform(1) * 0.7 * y), y)
    floor = y.quantile(0.4, dim=1, keepdim=True) * prior.uniform(1)
    y = torch.where(kind > 0.9, torch.maximum(y, floor), y)
    return y * torch.exp(3 * prior.normal(1)) + 10 * prior.normal(1)


class _Prior:
    """Draws of one batch; every part is about one in size."""

    def __init__(self, n_series: int, length: int, generator: Generator):
        self.n_series, self.length, self.generator = n_series, length, generator
        self.time = torch.arange(length, dtype=torch.float64)

    def uniform(self, *shape: int) -> Tensor:
        size = (self.n_series, *shape)
        return torch.rand(size, generator=self.generator, dtype=torch.float64)

    def normal(self, *shape: int) -> Tensor:
        size = (self.n_series, *shape)
        return torch.randn(size, generator=self.generator, dtype=torch.float64)

    def size(self, typical: float, present: float) -> Tensor:
        """How large a part is: zero where it is absent, else log-normal about ``typical``."""
        return typical * torch.exp(0.8 * self.normal(1)) * (self.uniform(1) < present)

    def trend(self) -> Tensor:
        """A line that bends once and may be damped from there on."""
        bend = self.uniform(1) * self.length
        damping = torch.exp(-self.uniform(1).square() * 4 / self.length)
        after = (self.time - bend).clamp(min=0)
        damped = torch.where(damping < 1 - 1e-9, (1 - damping**after) / (1 - damping), after)
        slopes = self.normal(2) * 4 / self.length
        return slopes[:, :1] * torch.minimum(self.time, bend) + slopes[:, 1:] * damped

    def wander(self) -> Tensor:
        """Half random walks, half Gaussian processes with a smooth kernel."""
        walk = self.normal(self.length).cumsum(1) / math.sqrt(self.length / 4)
        period = self.length * torch.exp(-3 * self.uniform(1, 1))
        frequency = 2 * math.pi * self.normal(1, 24) / (2 * period)
        phase = 2 * math.pi * self.uniform(1, 24)
        smooth = torch.cos(self.time[:, None] * frequency + phase).sum(-1) / math.sqrt(12)
        return torch.where(self.uniform(1) < 0.5, walk, smooth)

    def noise(self) -> Tensor:
        """Half white, half correlated; a tenth with heavy tails."""
        e = self.normal(self.length)
        heavy = e / (self.normal(self.length).square() + 0.1).sqrt()
        e = torch.where(self.uniform(1) < 0.1, heavy, e)
        lags = torch.arange(12, dtype=torch.float64)
        weights = (self.uniform(1) * 0.9 * (self.uniform(1) < 0.5)) ** lags
        padded = torch.cat((e[:, :11], e), 1).unfold(1, 12, 1)
        return (padded * weights.flip(1).unsqueeze(1)).sum(-1)

    def shifts(self) -> Tensor:
        """Up to three jumps of the level."""
        at = self.uniform(3) * self.length
        return (self.normal(3).unsqueeze(-1) * (self.time >= at.unsqueeze(-1))).sum(1)

    def season(self, season: int) -> Tensor:
        """A pattern of a few harmonics or of free values, for a third slowly changing."""
        n = max(season // 2, 1)
        order = torch.arange(1, n + 1, dtype=torch.float64)
        decay = torch.exp(-order * self.uniform(1) * 2)
        angle = 2 * math.pi * torch.arange(season, dtype=torch.float64) / season
        phase = 2 * math.pi * self.uniform(n, 1)
        waves = (self.normal(n) * decay).unsqueeze(-1) * torch.cos(order[:, None] * angle + phase)
        free = self.normal(season)
        pattern = torch.where(self.uniform(1) < 0.6, waves.sum(1), free)
        other = torch.where(self.uniform(1) < 0.33, self.normal(season), pattern)
        pattern, other = (_unit(p)[:, self.time.long() % season] for p in (pattern, other))
        share = self.time / self.length * 0.5
        return (1 - share) * pattern + share * other

    def envelope(self) -> Tensor:
        """Size of the season over time: constant for two thirds, else growing or shrinking."""
        slope = self.normal(1) * (self.uniform(1) < 0.33)
        return torch.exp(slope * (self.time / self.length - 0.5))


def _unit(pattern: Tensor) -> Tensor:
    pattern = pattern - pattern.mean(1, keepdim=True)
    return pattern / pattern.std(1, keepdim=True).clamp(min=1e-6)
