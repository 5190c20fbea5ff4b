"""TimeMixer: forecasting by mixing seasons and trends of several down-sampled scales."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.blocking import block_size
from skscale.nn.layers.checks import check_flag, check_integer, check_share
from skscale.nn.layers.decomposition import make_decomposition
from skscale.nn.layers.dense import dense
from skscale.nn.layers.embedding import CircularEmbedding
from skscale.nn.layers.mlp import mix_features
from skscale.nn.layers.normalisation import RevIN, RevINState
from skscale.nn.layers.pyramid import Pyramid, scale_lengths
from skscale.nn.timemixer.block import PastDecomposableMixing

__all__ = ["TimeMixerNet"]

_ROW_BLOCK_ELEMENTS = 2**22  # numbers in the hidden layer of a row block; measured


class TimeMixerNet(ForecastNet):
    """Network of TimeMixer: multi-scale past, past decomposable mixing, multi-predictor future.

    The past is down-sampled to ``down_sampling_layers + 1`` scales, each normalised by its own
    statistics and embedded; every block splits the scales into season and trend and mixes seasons
    fine to coarse, trends coarse to fine; one linear predictor per scale gives a forecast, and
    their sum is brought back to the units of the input.

    Parameters
    ----------
    context_length : int
        Past time points seen by the network. It need not divide by the window: the last points
        of a scale that do not fill a window are left out of the coarser one.
    prediction_length : int
        Future time points it predicts.
    n_channels : int
        Channels of the series, all of them predicted.
    d_model, d_ff : int, default=16 and 32
        Embedding size and hidden size of the feed-forward layers, as in the paper's ETT runs.
    n_layers : int, default=2
        Past-decomposable-mixing blocks.
    down_sampling_layers : int, default=3
        Scales beyond the finest; 0 for a single scale.
    down_sampling_window : int, default=2
        Factor between neighbouring scales.
    down_sampling_method : {"avg", "max", "conv"}, default="avg"
        Pooling, or one trained convolution of three taps shared by all scales (one filter for
        every channel if channel-independent, otherwise from all channels to all).
    decomp_method : {"moving_avg", "dft_decomp"}, default="moving_avg"
        Split into season and trend.
    moving_avg : int, default=25
        Window of the moving average, the same on every scale.
    top_k : int, default=5
        Frequencies of the Fourier decomposition.
    channel_independent : bool, default=True
        Forecast every channel from its own past with shared weights, or embed all together.
    normalize : bool, default=True
        Normalise every window and scale by its own mean and standard deviation.
    dropout : float, default=0.1
        Dropout after the embedding, the only place the official code applies it. It forbids the
        cheap form of the first block, so a training step costs more with it.
    n_past_features, n_future_features : int, default=0
        Calendar and exogenous features of the past and of the future. They share one embedding:
        column j of both is the same quantity, so those known ahead come first. Future features
        shift every scale's prediction at their own time, as the official flag
        ``use_future_temporal_feature`` does, here also with mixed channels.

    Raises
    ------
    ValueError
        If an argument is out of range or the coarsest scale would be empty.

    Notes
    -----
    Numbers equal the official module's, except where that one is wrong. There, features are
    repeated in another order than the channels' rows, so that a window gets the calendar of its
    batch mates; features of odd lengths crash, as do zero down-sampling layers; the convolution
    is drawn anew in every call and never trained; the Fourier split ignores ``top_k``.

    Projection and prediction are linear along different axes and commute: the projection to
    the output runs first whenever it narrows, folded into the last block's second linear map.

    References
    ----------
    Wang et al. (2024), TimeMixer: decomposable multiscale mixing for time series forecasting,
    ICLR.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import TimeMixerNet
    >>> net = TimeMixerNet(context_length=96, prediction_length=24, n_channels=7)
    >>> net(torch.randn(32, 96, 7)).shape
    torch.Size([32, 24, 7])
    """

    parts_add_up = False

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        d_model: int = 16,
        d_ff: int = 32,
        n_layers: int = 2,
        down_sampling_layers: int = 3,
        down_sampling_window: int = 2,
        down_sampling_method: str = "avg",
        decomp_method: str = "moving_avg",
        moving_avg: int = 25,
        top_k: int = 5,
        channel_independent: bool = True,
        normalize: bool = True,
        dropout: float = 0.1,
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
        self.d_ff = check_integer("d_ff", d_ff, 1)
        self.channel_independent = check_flag("channel_independent", channel_independent)
        window, n_steps = down_sampling_window, down_sampling_layers
        self.lengths = scale_lengths(self.context_length, window, n_steps)
        self.window = int(window)
        n_embedded = 1 if self.channel_independent else self.n_channels
        self.blocks = nn.ModuleList(
            PastDecomposableMixing(
                seq_len=self.context_length,
                down_sampling_window=window,
                down_sampling_layers=n_steps,
                d_model=d_model,
                channel_independence=int(self.channel_independent),
                decomp_method=decomp_method,
                d_ff=self.d_ff,
                moving_avg=moving_avg,
                top_k=top_k,
            )
            for _ in range(check_integer("n_layers", n_layers, 1, maximum=1000))
        )
        self.pyramid = Pyramid(self.lengths, self.window, down_sampling_method, n_embedded)
        self.norms = nn.ModuleList(RevIN(n_channels, normalize=normalize) for _ in self.lengths)
        self.embedding = CircularEmbedding(n_embedded, d_model)
        n_features = max(self.n_past_features, self.n_future_features)
        self.feature_embedding = dense(n_features, d_model, bias=False) if n_features else None
        self.dropout = nn.Dropout(check_share("dropout", dropout))
        self.predictors = self._predictors()
        self.projection = dense(d_model, n_embedded)
        if not self.channel_independent:
            self.decomposition = make_decomposition(decomp_method, moving_avg, top_k)
            self.trend_layers = nn.ModuleList(dense(n, n) for n in self.lengths)
            self.trend_predictors = self._predictors()

    def _predictors(self) -> nn.ModuleList:
        return nn.ModuleList(dense(n, self.prediction_length) for n in self.lengths)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        series, trends, state = self._inputs(x, mask)
        basis, mix = self._embed(series, past_features)
        y = self._predict(basis, mix)
        if trends:
            y = y + torch.stack(self._predict_trends(trends)).sum(0)
        if future_features is not None and self.feature_embedding is not None:
            y = y + self._future_effect(future_features, self.feature_embedding.weight)
        return cast(RevIN, self.norms[0]).inverse(self._to_windows(y), state)

    def _window_parts(
        self, x: Tensor, past_features: Tensor | None, mask: Tensor | None
    ) -> dict[str, Tensor]:
        return self._named(self.pyramid.repeated(x, mask))

    def _forecast_parts(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> dict[str, Tensor]:
        """Of the predictor of every scale."""
        series, trends, state = self._inputs(x, mask)
        basis, mix = self._embed(series, past_features)
        factor, _ = cast(RevIN, self.norms[0]).inverse_coefficients(state)
        scales = self._mixed(basis, mix, self.projection.weight).split(self.lengths, dim=-1)
        predictors = cast(list[nn.Linear], list(self.predictors))
        found = [h @ predictor.weight.t() for h, predictor in zip(scales, predictors, strict=True)]
        if trends:
            found = [sum(both) for both in zip(found, self._predict_trends(trends), strict=True)]
        return self._named([factor * self._to_windows(one) for one in found])

    def _named(self, scales: list[Tensor]) -> dict[str, Tensor]:
        return {f"scale {self.window**i}": scale for i, scale in enumerate(scales)}

    def _inputs(
        self, x: Tensor, mask: Tensor | None
    ) -> tuple[list[Tensor], list[Tensor], RevINState]:
        """Scales to be embedded, trends beside them if channels are mixed, statistics."""
        series, state = self._normalized_scales(x, mask)
        if self.channel_independent:
            return series, [], state
        parts = [self.decomposition(z) for z in series]
        return [season for season, _ in parts], [trend for _, trend in parts], state

    def _normalized_scales(self, x: Tensor, mask: Tensor | None) -> tuple[list[Tensor], RevINState]:
        """Every scale as (n_embedded, rows, length_i), and the statistics of the finest."""
        scales = self.pyramid(x, mask)
        results = [norm(z, m) for norm, (z, m) in zip(self.norms, scales, strict=True)]
        return [self._to_series(z) for z, _ in results], results[0][1]

    def _to_series(self, z: Tensor) -> Tensor:
        """(batch, length, n_channels) to (1, batch * n_channels, length) or channels first."""
        if self.channel_independent:
            return z.transpose(1, 2).reshape(1, -1, z.shape[1])
        return z.permute(2, 0, 1)

    def _to_windows(self, series: Tensor) -> Tensor:
        """Inverse of `_to_series`."""
        if self.channel_independent:
            return series.view(-1, self.n_channels, series.shape[-1]).transpose(1, 2)
        return series.permute(1, 2, 0)

    def _embed(self, series: list[Tensor], features: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Tokens of all scales side by side, (d_model, rows, points).

        They come as a few series and the matrix that makes the features of them, which spares the
        first block most of its work; with active dropout in full, without a matrix.
        """
        shifts = torch.cat([CircularEmbedding.shifts(z) for z in series], dim=-1)
        basis, mix = shifts.movedim(0, 1).flatten(0, 1), self.embedding.weight.flatten(1)
        if features is not None and self.feature_embedding is not None:
            # Pooled values stand for the start of their group, so do their features.
            scales = [features[:, :: self.window**i][:, :n] for i, n in enumerate(self.lengths)]
            aligned = torch.cat(scales, dim=1).permute(2, 0, 1)
            basis = torch.cat((basis, self._per_row(aligned)))
            mix = torch.cat((mix, self.feature_embedding.weight[:, : self.n_past_features]), dim=1)
        if self.training and self.dropout.p > 0:
            return self.dropout(mix_features(mix, basis)), None
        return basis, mix

    def _per_row(self, features: Tensor) -> Tensor:
        """(k, batch, n) to (k, rows, n): every channel's row gets its own window's features."""
        if not self.channel_independent:
            return features
        return features.repeat_interleave(self.n_channels, dim=1)

    def _predict(self, hidden: Tensor, mix: Tensor | None) -> Tensor:
        """Run the blocks and the predictors: (n_embedded, rows, prediction_length)."""
        projection = self.projection.weight
        project_first = projection.shape[0] <= projection.shape[1]
        hidden = self._mixed(hidden, mix, projection if project_first else None)
        predictors = cast(list[nn.Linear], list(self.predictors))
        bias = torch.stack([predictor.bias for predictor in predictors]).sum(0)
        total = hidden @ torch.cat([predictor.weight for predictor in predictors], dim=1).t()
        if not project_first:
            total = mix_features(projection, total)
        level = (len(predictors) * self.projection.bias).unsqueeze(1)
        return total + torch.addr(level, projection.sum(1), bias).unsqueeze(1)

    def _mixed(self, hidden: Tensor, mix: Tensor | None, contract: Tensor | None) -> Tensor:
        """Run the blocks, some rows at a time."""
        n, width = hidden.shape[1], hidden.shape[2] * self.d_ff
        size = block_size(n, width, _ROW_BLOCK_ELEMENTS, hidden.device)
        parts = [hidden] if size == n else hidden.split(size, dim=1)
        return torch.cat([self._mix(part, mix, contract) for part in parts], dim=1)

    def _mix(self, hidden: Tensor, mix: Tensor | None, contract: Tensor | None) -> Tensor:
        """Run the blocks: (d_model, rows, points), or what ``contract`` makes of the features."""
        *blocks, last = cast(list[PastDecomposableMixing], list(self.blocks))
        for block in blocks:
            hidden, mix = block.mix_features_first(hidden, mix), None
        return last.mix_features_first(hidden, mix, contract)

    def _predict_trends(self, trends: list[Tensor]) -> list[Tensor]:
        """Mixed channels: every scale's trend before the embedding, (n_channels, batch, length)."""
        layers = zip(trends, self.trend_layers, self.trend_predictors, strict=True)
        return [predictor(layer(trend)) for trend, layer, predictor in layers]

    def _future_effect(self, features: Tensor, weight: Tensor) -> Tensor:
        """Every scale's predictor sees the future features, hence the factor."""
        effect = len(self.lengths) * (self.projection.weight @ weight[:, : self.n_future_features])
        return self._per_row(mix_features(effect, features.permute(2, 0, 1)))
