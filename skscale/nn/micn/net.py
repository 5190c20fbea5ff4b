"""MICN: forecasting by local and global convolutions of several scales."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.checks import (
    check_choice,
    check_flag,
    check_integer,
    check_integers,
    check_share,
)
from skscale.nn.layers.dense import dense
from skscale.nn.layers.embedding import CircularEmbedding
from skscale.nn.layers.features import widened
from skscale.nn.layers.masking import fill
from skscale.nn.layers.normalisation import RevIN
from skscale.nn.layers.positions import sinusoid
from skscale.nn.layers.time_map import TimeMap
from skscale.nn.micn.convolution import moving_average, odd
from skscale.nn.micn.layer import MICLayer
from skscale.ops import masked_mean

__all__ = ["MICNNet"]

TRENDS = ("regression", "mean")
VARIANTS = ("official", "tslib")


class MICNNet(ForecastNet):
    """MICN: a linear trend, and a season from local and global convolutions of several scales.

    The trend is the mean of several moving averages, mapped along time. The rest is embedded,
    all channels together, over the context and a horizon of zeros. Every scale cuts this
    sequence into tokens, lets them see those before by one convolution as long as the sequence,
    and spreads them to points again.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series. They are mixed: each season depends on all.
    d_model : int, default=32
        Features of the embedding. The paper's runs have 512, two hundred times the parameters.
    kernels : sequence of int, default=(12, 16)
        Points of a token, one number for each scale; the moving averages have the next odd
        windows. They may be longer than the sequence.
    n_layers : int, default=1
        Layers of the season.
    trend : {"regression", "mean"}, default="regression"
        Linear map of the past trend, or the mean of the window.
    variant : {"official", "tslib"}, default="official"
        Feed-forward of a layer: that of the paper's code, with ReLU, or that of the
        Time-Series-Library, which has no activation and so is one linear map.
    normalize : bool, default=False
        Normalise every window by its own mean and standard deviation. The published network
        does not, which costs it accuracy where the level moves.
    dropout : float, default=0.0
        Dropout while training, everywhere; 0.05 in the paper's runs.
    n_past_features, n_future_features : int, default=0
        Features of context and horizon. They share one embedding: column j of both is the same
        quantity, so those known ahead come first. It starts at zero (published: at random).

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.

    Notes
    -----
    Numbers equal the official module's, except where that one is wrong. There, dropout is
    0.05 within the layers whatever was asked for; the regression starts at
    ``1 / prediction_length``, so that a constant window is forecast as a multiple of itself
    (here ``1 / context_length``); an odd ``d_model`` crashes. The biases of its embedding are
    left out: behind it stands a distance from the moving average, which knows no constant.
    Padding counts as the mean of what was observed.

    Convolutions whose stride is their kernel are products; those as long as the sequence go by
    Fourier transform; the last layer computes the horizon alone.

    References
    ----------
    Wang et al. (2023), MICN: multi-scale local and global context modeling for long-term series
    forecasting, ICLR.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import MICNNet
    >>> net = MICNNet(context_length=96, prediction_length=24, n_channels=7)
    >>> net(torch.randn(8, 96, 7)).shape
    torch.Size([8, 24, 7])
    """

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        d_model: int = 32,
        kernels: Sequence[int] = (12, 16),
        n_layers: int = 1,
        trend: str = "regression",
        variant: str = "official",
        normalize: bool = False,
        dropout: float = 0.0,
        n_past_features: int = 0,
        n_future_features: int = 0,
    ):
        super().__init__(
            context_length,
            prediction_length,
            n_channels,
            n_past_features=n_past_features,
            n_future_features=n_future_features,
        )
        d_model = check_integer("d_model", d_model, 1)
        kernels = check_integers("kernels", kernels, 1)
        n_layers = check_integer("n_layers", n_layers, 1, maximum=1000)
        check_choice("trend", trend, TRENDS)
        check_choice("variant", variant, VARIANTS)
        normalize, dropout = check_flag("normalize", normalize), check_share("dropout", dropout)
        length = self.context_length + self.prediction_length
        n_features = max(self.n_past_features, self.n_future_features)
        self.windows = [odd(kernel) for kernel in kernels]
        self.norm = RevIN(self.n_channels, affine=False, normalize=normalize)
        self.embedding = CircularEmbedding(self.n_channels, d_model)
        self.feature_embedding = dense(n_features, d_model, bias=False) if n_features else None
        if self.feature_embedding is not None:
            nn.init.zeros_(self.feature_embedding.weight)
        self.positions: Tensor
        self.register_buffer("positions", sinusoid(length, d_model), persistent=False)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(
            MICLayer(d_model, kernels, length, variant, dropout) for _ in range(n_layers)
        )
        self.projection = dense(d_model, self.n_channels)
        self.regression: TimeMap | None = None
        if trend == "regression":
            self.regression = TimeMap(self.context_length, self.prediction_length, None)
            nn.init.constant_(self.regression.weight, 1 / self.context_length)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        x, state = self.norm(x, mask)
        x = fill(x, mask)
        past = torch.stack([moving_average(x, window) for window in self.windows]).mean(dim=0)
        trend = masked_mean(x, mask) if self.regression is None else self.regression(past)
        h = self._embed(x - past, past_features, future_features)
        *layers, last = self.layers
        for layer in layers:
            h = layer(h)
        season = self.projection(last(h, start=self.context_length))
        return self.norm.inverse(season + trend, state)

    def _embed(self, season: Tensor, past: Tensor | None, future: Tensor | None) -> Tensor:
        """Sequence of context and horizon, (batch, length, d_model)."""
        series = pad(season.transpose(1, 2), (0, self.prediction_length))
        h = self.embedding(series).transpose(1, 2) + self.positions
        if self.feature_embedding is not None:
            n_features = self.feature_embedding.in_features
            parts = (past, self.context_length), (future, self.prediction_length)
            features = [widened(part, season, n, n_features) for part, n in parts]
            h = h + self.feature_embedding(torch.cat(features, dim=1))
        return self.dropout(h)
