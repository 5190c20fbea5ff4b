"""Block of TimeMixer++: every scale folded by the periods of a window, seasons and trends mixed."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from skscale.nn.layers.periods import group_by_period, spectrum
from skscale.nn.timemixerpp.images import ImageAttention, ScaleConvolution, Step, as_images

__all__ = ["BlockSizes", "MixerBlock"]


Steps = tuple[Step | None, Step | None]  # down and up, where they are needed


class BlockSizes(NamedTuple):
    """Sizes of a block."""

    d_model: int
    d_ff: int
    top_k: int
    n_kernels: int
    n_scales: int
    window: int


class MixerBlock(nn.Module):
    """Every scale and, weighted by amplitude, what its images of several periods become.

    An image is split into season and trend by attention along its columns and its rows; seasons
    flow from fine to coarse scales, trends from coarse to fine. Every window has periods of its
    own, those of its coarsest scale, in steps of that scale for all scales.

    Parameters
    ----------
    sizes : BlockSizes
    read : tuple of int
        First and last scale that is read behind the block. Others are not computed.
    """

    def __init__(self, sizes: BlockSizes, read: tuple[int, int]):
        super().__init__()
        self.top_k, self.window = sizes.top_k, sizes.window
        self.first, self.last = read
        features = (sizes.d_model, sizes.d_ff)
        self.season, self.trend = ImageAttention(*features), ImageAttention(*features)
        self.downwards = self.upwards = None
        if self.last > 0:
            self.downwards = ScaleConvolution(*features, sizes.n_kernels, sizes.window, False)
        if self.first < sizes.n_scales - 1:
            self.upwards = ScaleConvolution(*features, sizes.n_kernels, sizes.window, True)
        self.norm = nn.LayerNorm(sizes.d_model, dtype=torch.float32)  # one for all scales

    def forward(self, scales: list[Tensor]) -> list[Tensor]:
        """Map scales (batch, n_series, length_i, d_model), those that are read."""
        periods, weights = self._periods(scales[-1])
        steps = (
            None if self.downwards is None else self.downwards.merged(),
            None if self.upwards is None else self.upwards.merged(),
        )
        groups = group_by_period(periods, weights)
        if groups is None:
            return self._all_periods(scales, periods, weights, steps)
        rows = [h.index_select(0, groups.members).split(groups.sizes) for h in scales]
        parts = zip(groups.periods, zip(*rows, strict=True), strict=True)
        found = zip(
            *(self._mixed(list(part), period, steps) for period, part in parts), strict=True
        )
        weight = groups.weights[..., None, None]
        return [
            self.norm(h.index_add(0, groups.members, (weight * torch.cat(seen)).to(h.dtype)))
            for h, seen in zip(scales[self.first : self.last + 1], found, strict=True)
        ]

    def _periods(self, coarsest: Tensor) -> tuple[Tensor, Tensor]:
        """Periods of a window (batch, top_k), and their weights for each of its series."""
        n_series, length = coarsest.shape[1:3]
        amplitudes = spectrum(coarsest.flatten(0, 1)).unflatten(0, (-1, n_series))
        place = amplitudes.mean(dim=1).topk(self.top_k, dim=1).indices
        own = amplitudes.gather(2, place.unsqueeze(1).expand(-1, n_series, -1))
        periods = torch.full_like(place, length) // (place + 1)
        return periods, own.softmax(dim=2).transpose(1, 2)

    def _all_periods(
        self, scales: list[Tensor], periods: Tensor, weights: Tensor, steps: Steps
    ) -> list[Tensor]:
        """What `forward` gives, where periods cannot be read: all that there may be."""
        length = scales[-1].shape[2]
        totals = scales[self.first : self.last + 1]
        for period in sorted({length // (place + 1) for place in range(max(length // 2, 1))}):
            chosen = torch.where((periods == period).unsqueeze(2), weights, 0.0).sum(dim=1)
            weight = chosen[..., None, None].to(scales[0].dtype)
            found = self._mixed(scales, period, steps)
            totals = [h + weight * z.to(h.dtype) for h, z in zip(totals, found, strict=True)]
        return [self.norm(h) for h in totals]

    def _mixed(self, scales: list[Tensor], period: int, steps: Steps) -> list[Tensor]:
        """Seasons and trends of one period, of the scales that are read."""
        n_series = scales[0].shape[1]
        images = as_images([h.flatten(0, 1) for h in scales], period, self.window)
        seasons = [
            self.season(image.transpose(1, 2)).transpose(1, 2) for image in images[: self.last + 1]
        ]
        trends = [self.trend(image) for image in images[self.first :]]
        downwards, upwards = steps
        if downwards is not None:
            for i in range(1, len(seasons)):
                seasons[i] = seasons[i] + downwards(seasons[i - 1], seasons[i].shape[1])
        if upwards is not None:
            for i in reversed(range(len(trends) - 1)):
                trends[i] = trends[i] + upwards(trends[i + 1], trends[i].shape[1])
        wanted = zip(seasons[self.first :], trends, scales[self.first :], strict=False)
        return [
            (season + trend).flatten(1, 2)[:, : h.shape[2]].unflatten(0, (-1, n_series))
            for season, trend, h in wanted
        ]
