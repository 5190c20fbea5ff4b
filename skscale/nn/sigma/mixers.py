"""What Sigma does to the smooth and the residual branch of a block, before they meet again.

Every mixer maps an embedded window, held as ``mix @ basis`` so that few series stand for
many features, to its update of both branches: ``(n_outputs, rows, 2 * length)``, smooth
first. ``contract`` projects the features as early as the algebra allows: what follows the
last nonlinearity is linear, so a projection to one feature makes it d_model times cheaper.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from skscale.nn.layers.decomposition import SeriesDecomposition
from skscale.nn.layers.dense import dense, two_layers
from skscale.nn.layers.mlp import mix_features, pointwise_mlp
from skscale.nn.sigma.scaling import FoldedMap, SplitMap, smooth_rows
from skscale.ops.tracing import exporting

__all__ = [
    "MIXINGS",
    "BranchMLP",
    "Embedded",
    "FeatureMLP",
    "TrendSeasonMixing",
    "make_mixer",
]

MIXINGS = ("mlp", "trend_season")


class Embedded(NamedTuple):
    """Windows of ``d_model`` features as combinations of fewer series.

    Attributes
    ----------
    basis : Tensor of shape (n_basis, rows, length)
    mix : Tensor of shape (d_model, n_basis) or None
        None means the identity.
    """

    basis: Tensor
    mix: Tensor | None

    def full(self) -> Tensor:
        """Features of shape (d_model, rows, length)."""
        return self.basis if self.mix is None else mix_features(self.mix, self.basis)

    def contract(self, vector: Tensor) -> Tensor:
        """Project on ``vector`` (1, d_model); shape (rows, length)."""
        mix = vector if self.mix is None else vector @ self.mix
        return mix_features(mix, self.basis).squeeze(0)


class FeatureMLP(nn.Module):
    """Two-layer MLP over the features of every time point.

    Parameters
    ----------
    d_model : int
        Features in and out.
    d_ff : int
        Hidden features.
    """

    def __init__(self, d_model: int, d_ff: int):
        super().__init__()
        self.inner = dense(d_model, d_ff)
        self.outer = dense(d_ff, d_model)

    def forward(self, x: Tensor, contract: Tensor | None = None) -> Tensor:
        """Map ``x`` (d_model, rows, time) to itself, or to (n_outputs, rows, time)."""
        return self.after(x, self.inner.weight, self.inner.bias.unsqueeze(1), contract)

    def after(
        self, x: Tensor, inner: Tensor | None, bias: Tensor, contract: Tensor | None
    ) -> Tensor:
        """Apply the MLP with another first layer than its own."""
        outer: Tensor = self.outer.weight
        shift: Tensor = self.outer.bias
        if contract is not None:
            outer, shift = contract @ outer, contract @ shift
        return pointwise_mlp(x, inner, bias, outer, shift)


class BranchMLP(nn.Module):
    """The paper's MLP along time, over each branch with shared weights or over both jointly.

    Parameters
    ----------
    length : int
        Context length.
    joint : bool
        One MLP over the concatenated branches instead of one applied to each.
    feature_mlp : FeatureMLP or None
        Applied behind it.
    """

    def __init__(self, length: int, joint: bool, feature_mlp: FeatureMLP | None):
        super().__init__()
        self.length = length
        self.joint = joint
        width = 2 * length if joint else length
        self.inner = dense(width, width)
        self.outer = dense(width, width)
        self.feature_mlp = feature_mlp

    def prepare(self, weights: Tensor | None, n_rows: int) -> FoldedMap | SplitMap:
        """First layer behind the split by the kernel ``weights``, for so many windows."""
        inner = self.inner.weight
        if not self.joint:
            return SplitMap(inner, inner, weights, joint=False)
        of_smooth, of_residual = inner.split(self.length, dim=1)
        if weights is None or (not exporting() and n_rows < self.length):
            return SplitMap(of_smooth, of_residual, weights, joint=True)
        return FoldedMap(of_smooth, of_residual, weights)

    def forward(
        self,
        h: Embedded,
        first: FoldedMap | SplitMap,
        row_weights: Tensor | None,
        contract: Tensor | None,
    ) -> Tensor:
        """Update of both branches, (n_outputs, rows, 2 * length)."""
        x, mix = self._before_activation(h, first, row_weights)
        if self.feature_mlp is None:
            hidden = pointwise_mlp(x, mix, None, contract)
            times = 1.0 if contract is None else contract.sum()
            return self._outer(hidden) + times * self._outer_bias()
        # Time and feature layer are both linear: the narrower side of the features goes first.
        inner, bias = self.feature_mlp.inner.weight, self.feature_mlp.inner.bias.unsqueeze(1)
        bias = bias + inner.sum(1, keepdim=True) * self._outer_bias()
        if inner.shape[0] <= inner.shape[1]:
            z = self._outer(pointwise_mlp(x, mix, None, inner))
            return self.feature_mlp.after(z, None, bias, contract)
        z = self._outer(pointwise_mlp(x, mix, None, None))
        return self.feature_mlp.after(z, inner, bias, contract)

    def _before_activation(
        self, h: Embedded, first: FoldedMap | SplitMap, row_weights: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """Series, and the features made of them, that enter the first activation."""
        mapped = first(h.basis, row_weights)
        bias = self.inner.bias if self.joint else self.inner.bias.repeat(2)
        if h.mix is None:
            return mapped + bias, None
        # The bias rides along as one more series, which spares a pass over all features.
        mapped = torch.cat((mapped, bias.expand(1, *mapped.shape[1:])))
        return mapped, torch.cat((h.mix, torch.ones_like(h.mix[:, :1])), dim=1)

    def _outer(self, x: Tensor) -> Tensor:
        width = self.outer.in_features
        return linear(x.reshape(-1, width), self.outer.weight).reshape(x.shape)

    def _outer_bias(self) -> Tensor:
        return self.outer.bias if self.joint else self.outer.bias.repeat(2)


class TrendSeasonMixing(nn.Module):
    """TimeMixer's mixing between the two branches, the first variant of the paper's Table 4.

    Each branch is decomposed by a moving average; seasons pass from the residual (fine) to
    the smooth branch (coarse), trends the other way.

    Parameters
    ----------
    length : int
        Context length.
    feature_mlp : FeatureMLP or None
        Applied behind it.
    window : int, default=25
        Odd window of the moving average, TimeMixer's default.
    """

    def __init__(self, length: int, feature_mlp: FeatureMLP | None, window: int = 25):
        super().__init__()
        self.decompose = SeriesDecomposition(window)
        self.season, self.trend = (two_layers(length, length, length) for _ in range(2))
        self.feature_mlp = feature_mlp

    def prepare(self, weights: Tensor | None, n_rows: int) -> Tensor | None:
        """Return the kernel itself: the decomposition needs the branches in full."""
        return weights

    def forward(
        self,
        h: Embedded,
        weights: Tensor | None,
        row_weights: Tensor | None,
        contract: Tensor | None,
    ) -> Tensor:
        """Update of both branches, (n_outputs, rows, 2 * length)."""
        full = h.full()
        smooth = smooth_rows(full, weights, row_weights)
        smooth_season, smooth_trend = self.decompose(smooth)
        season, trend = self.decompose(full - smooth)
        smooth_season = smooth_season + self.season(season)
        trend = trend + self.trend(smooth_trend)
        mixed = torch.cat((smooth_season + smooth_trend, season + trend), dim=-1)
        if self.feature_mlp is not None:
            return self.feature_mlp(mixed, contract)
        return mixed if contract is None else mix_features(contract, mixed)


def make_mixer(
    mixing: str, length: int, joint: bool, features: FeatureMLP | None
) -> BranchMLP | TrendSeasonMixing:
    """Build the mixer of a block of windows of ``length`` points."""
    if mixing == "trend_season":
        return TrendSeasonMixing(length, features)
    return BranchMLP(length, joint, features)
