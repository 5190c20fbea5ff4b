"""Parts of PatchTST: from windows to patches, through the encoder, to forecasts."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from skscale.nn.layers.dense import dense
from skscale.nn.layers.dropout import Dropout
from skscale.nn.layers.encoder import EncoderLayer, normalised
from skscale.nn.layers.patches import Patches, unfold_patches
from skscale.nn.layers.positions import sinusoid
from skscale.nn.layers.time_map import TimeMap

__all__ = ["Branch", "PatchEmbedding", "PatchEncoder"]


class PatchEmbedding(nn.Module):
    """Linear map of every patch, and its position added.

    Parameters
    ----------
    patches : Patches
    d_model : int
    learned : bool
        Positions that are trained, from near zero, and a bias of the map; False: sines and
        cosines, and no bias.
    """

    def __init__(self, patches: Patches, d_model: int, learned: bool):
        super().__init__()
        self.patches = patches
        self.value = dense(patches.length, d_model, bias=learned)
        self.positions: Tensor
        if learned:
            start = torch.empty(patches.n_patches, d_model, dtype=torch.float32)
            self.positions = nn.Parameter(start.uniform_(-0.02, 0.02))
        else:
            self.register_buffer(
                "positions", sinusoid(patches.n_patches, d_model), persistent=False
            )

    def forward(self, rows: Tensor) -> Tensor:
        """Map windows (rows, length) to tokens (rows, n_patches, d_model)."""
        length, stride, padding, _ = self.patches
        return self.value(unfold_patches(rows, length, stride, padding)) + self.positions


class PatchEncoder(nn.Module):
    """Layers of attention between the patches of a window.

    Parameters
    ----------
    layers : list of EncoderLayer
    residual : bool
        Add the scores of every layer to those of the next.
    final_norm : Module, optional
        Behind the last layer.
    """

    def __init__(self, layers: list[EncoderLayer], residual: bool, final_norm: nn.Module | None):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.residual = residual and len(layers) > 1
        self.final_norm = final_norm

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens of shape (rows, n_patches, d_model)."""
        scores = None
        for layer in cast("list[EncoderLayer]", list(self.layers)):
            if self.residual:
                tokens, scores = layer.with_scores(tokens, scores)
            else:
                tokens = layer(tokens)
        return tokens if self.final_norm is None else normalised(self.final_norm, tokens)


class Branch(nn.Module):
    """Forecast of windows around zero by embedding, encoder and head.

    Parameters
    ----------
    embedding : PatchEmbedding
    encoder : PatchEncoder
    head : TimeMap
        Of the features of all patches, feature by feature.
    dropout, head_dropout : float
        Behind the embedding and behind the head, while training.
    """

    def __init__(
        self,
        embedding: PatchEmbedding,
        encoder: PatchEncoder,
        head: TimeMap,
        dropout: float,
        head_dropout: float,
    ):
        super().__init__()
        self.embedding, self.encoder, self.head = embedding, encoder, head
        self.dropout, self.head_dropout = Dropout(dropout), Dropout(head_dropout)

    def forward(self, z: Tensor) -> Tensor:
        """Map (batch, length, n_channels) to (batch, prediction_length, n_channels)."""
        tokens = self.dropout(self.embedding(z.transpose(1, 2).flatten(0, 1)))
        features = self.encoder(tokens).transpose(1, 2).flatten(1)
        channels = features.unflatten(0, (-1, z.shape[2])).transpose(1, 2)
        return self.head_dropout(self.head(channels))
