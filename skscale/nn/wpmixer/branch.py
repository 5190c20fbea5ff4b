"""What forecasts one series of wavelet coefficients: patches, mixed by place and by feature.

Features of patches are laid out ``(n_patches, batch, n_channels, d_model)``: a map across patches
is then one large matrix product without a copy.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn.functional import gelu

from skscale.nn.layers.batch_norm import BatchNorm
from skscale.nn.layers.dense import dense
from skscale.nn.layers.dropout import Dropout
from skscale.nn.layers.feed_forward import FeedForward
from skscale.nn.layers.mlp import mix_features
from skscale.nn.layers.normalisation import RevIN
from skscale.nn.layers.patches import count_patches, unfold_patches

__all__ = ["Branch", "BranchSizes"]


class BranchSizes(NamedTuple):
    """What all branches of a network share."""

    n_channels: int
    d_model: int
    token_factor: int
    feature_factor: int
    patch_length: int
    stride: int
    normalize: bool
    dropout: float
    embedding_dropout: float


class Branch(nn.Module):
    """Forecast coefficients of one level from those of the window.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Coefficients of window and horizon.
    sizes : BranchSizes
        Patches are at most as long as the coefficients, with the last repeated ``stride`` times.
    """

    def __init__(self, n_inputs: int, n_outputs: int, sizes: BranchSizes):
        super().__init__()
        self.stride = sizes.stride
        self.patch_length = min(sizes.patch_length, n_inputs + self.stride)
        n_patches = count_patches(n_inputs, self.patch_length, self.stride, self.stride)
        self.norm = RevIN(sizes.n_channels) if sizes.normalize else None
        self.patch_norm = BatchNorm(sizes.n_channels)
        self.embedding = dense(self.patch_length, sizes.d_model)
        self.dropout = Dropout(sizes.embedding_dropout)
        self.mixers = nn.ModuleList(_Mixer(n_patches, sizes) for _ in range(2))
        self.head_norm = BatchNorm(sizes.n_channels)
        self.head = dense(n_patches * sizes.d_model, n_outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``x`` (batch, n_channels, n_inputs) to (batch, n_channels, n_outputs)."""
        state = None
        if self.norm is not None:
            x, state = self.norm(x.transpose(1, 2))
            x = x.transpose(1, 2)
        patches = unfold_patches(x, self.patch_length, self.stride, self.stride)
        patches = _of_channels(patches.permute(2, 0, 1, 3), self.patch_norm)
        features = self.dropout(self.embedding(patches))
        first, second = self.mixers
        features = first(features)
        features = _of_channels(features + second(features), self.head_norm)
        y = self.head(features.permute(1, 2, 0, 3).flatten(2))
        if self.norm is None or state is None:
            return y
        return self.norm.inverse(y.transpose(1, 2), state).transpose(1, 2)


class _Mixer(nn.Module):
    """A map across patches, and one across features that is added to its input."""

    def __init__(self, n_patches: int, sizes: BranchSizes):
        super().__init__()
        n_hidden = n_patches * sizes.token_factor
        self.token_norm = BatchNorm(sizes.n_channels)
        self.tokens = FeedForward(n_patches, n_hidden, n_patches, dropout=sizes.dropout)
        n_hidden = sizes.d_model * sizes.feature_factor
        self.feature_norm = BatchNorm(sizes.n_channels)
        self.features = FeedForward(sizes.d_model, n_hidden, sizes.d_model, dropout=sizes.dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = _across_patches(_of_channels(x, self.token_norm), self.tokens)
        x = _of_channels(x, self.feature_norm)
        return self.features(x, base=x)


def _of_channels(x: Tensor, norm: BatchNorm) -> Tensor:
    """Normalise every channel over batch, patches and features."""
    return norm(x.flatten(0, 1)).unflatten(0, x.shape[:2])


def _across_patches(x: Tensor, layer: FeedForward) -> Tensor:
    rows = x.flatten(1, 2)
    if not (layer.training and layer.dropout.p):
        return layer.across_first_axis(rows).view(x.shape)
    hidden = mix_features(layer.first.weight, rows) + layer.first.bias.view(-1, 1, 1)
    hidden = mix_features(layer.second.weight, layer.dropout(gelu(hidden)))
    return layer.dropout(hidden + layer.second.bias.view(-1, 1, 1)).view(x.shape)
