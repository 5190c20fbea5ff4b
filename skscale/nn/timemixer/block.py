"""One block of TimeMixer: decompose every scale, mix, add up."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import cast

import torch
from torch import Tensor

from skscale.nn.layers.checks import check_flag, check_integer, check_share
from skscale.nn.layers.decomposition import SeriesDecomposition, make_decomposition
from skscale.nn.layers.feed_forward import FeedForward
from skscale.nn.layers.mlp import mix_features
from skscale.nn.layers.official import as_flag
from skscale.nn.timemixer.fused import Across, mix_block
from skscale.nn.timemixer.links import Step
from skscale.nn.timemixer.mixing import MultiScaleSeasonMixing, MultiScaleTrendMixing, ScaleMixing

__all__ = ["PastDecomposableMixing"]


class PastDecomposableMixing(ScaleMixing):
    """One TimeMixer block: decompose every scale, mix seasons and trends, add them up.

    Channel-independent blocks send the sum through a feed-forward layer and add the input;
    blocks of mixed channels send season and trend through a shared feed-forward layer first and
    return the bare sum. Both follow the official code.

    Parameters
    ----------
    seq_len : int
        Length of the finest scale; it need not divide by the window.
    pred_len : int, optional
        Part of the published signature; the block has no use for it.
    down_sampling_window : int, default=2
        Factor between neighbouring scales.
    down_sampling_layers : int, default=1
        Number of coarser scales.
    d_model : int, default=16
        Features of every scale, the channel axis of the input.
    dropout : float, default=0.0
        Part of the published signature; neither the published block nor this one applies it.
    channel_independence : {0, 1}, default=1
        Whether the features describe one channel (1) or all of them together (0).
    decomp_method : {"moving_avg", "dft_decomp"}, default="moving_avg"
        See :class:`SeriesDecomposition` and :class:`DFTDecomposition`.
    d_ff : int, default=32
        Hidden size of the feed-forward layer.
    moving_avg : int, default=25
        Window of the moving average, the same on every scale.
    top_k : int, default=5
        Frequencies of the Fourier decomposition.

    Raises
    ------
    ValueError
        If an argument is out of range or the coarsest scale would be empty.

    References
    ----------
    Wang et al. (2024), TimeMixer: decomposable multiscale mixing for time series forecasting,
    ICLR, equations 2 to 5.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import PastDecomposableMixing
    >>> block = PastDecomposableMixing(seq_len=96, down_sampling_layers=2, d_model=16)
    >>> [tuple(x.shape) for x in block([torch.randn(32, 16, 96)])]
    [(32, 16, 96), (32, 16, 48), (32, 16, 24)]
    """

    def __init__(
        self,
        seq_len: int,
        pred_len: int | None = None,
        down_sampling_window: int = 2,
        down_sampling_layers: int = 1,
        d_model: int = 16,
        dropout: float = 0.0,
        channel_independence: int = 1,
        decomp_method: str = "moving_avg",
        d_ff: int = 32,
        moving_avg: int = 25,
        top_k: int = 5,
    ):
        super().__init__(seq_len, down_sampling_window, down_sampling_layers)
        self.d_model = check_integer("d_model", d_model, 1)
        d_ff = check_integer("d_ff", d_ff, 1)
        if pred_len is not None:
            check_integer("pred_len", pred_len, 1)
        check_share("dropout", dropout)
        self.channel_independence = check_flag(
            "channel_independence", as_flag(channel_independence)
        )
        self.moving_avg = check_integer("moving_avg", moving_avg, 1)
        self.decomposition = make_decomposition(decomp_method, moving_avg, top_k)
        self.season_mixing = MultiScaleSeasonMixing(
            seq_len, down_sampling_window, down_sampling_layers
        )
        self.trend_mixing = MultiScaleTrendMixing(
            seq_len, down_sampling_window, down_sampling_layers
        )
        self.cross = FeedForward(self.d_model, d_ff, self.d_model)
        self.foldable = self.channel_independence and decomp_method == "moving_avg"
        if self.foldable:
            self._register_counts(SeriesDecomposition(self.moving_avg))

    def _register_counts(self, decomposition: SeriesDecomposition) -> None:
        """Keep the matrix of every step's decomposition, whole numbers in any type."""
        for k, (source, target) in enumerate(self._ends()):
            season, trend = decomposition.counts(self.lengths[source])
            counts = season if source < target else trend
            self.register_buffer(f"counts_{k}", counts, persistent=False)

    def mix(self, scales: Sequence[Tensor]) -> list[Tensor]:
        """Mix complete scales of shape (batch, d_model, length_i)."""
        if scales[0].shape[1] != self.d_model:
            raise ValueError(
                f"x_list must have d_model={self.d_model} channels, got {scales[0].shape[1]}"
            )
        mixed = self.mix_features_first(torch.cat([x.transpose(0, 1) for x in scales], dim=-1))
        return [x.transpose(0, 1) for x in mixed.split(self.lengths, dim=-1)]

    def mix_features_first(
        self, hidden: Tensor, mix: Tensor | None = None, projection: Tensor | None = None
    ) -> Tensor:
        """Mix scales that stand side by side, (d_model, rows, points), the layout without copies.

        Parameters
        ----------
        hidden : Tensor of shape (d_model, rows, points)
            Every scale, finest first; points is the sum of their lengths.
        mix : Tensor of shape (d_model, n_series), optional
            Multiplies ``hidden``, which then holds ``n_series`` series. Fewer series than
            features make the block cheaper.
        projection : Tensor of shape (n_outputs, d_model), optional
            Multiplies the result, which then has ``n_outputs`` features.
        """
        if mix is not None and not (self.foldable and mix.shape[1] < mix.shape[0]):
            hidden, mix = mix_features(mix, hidden), None
        if self.foldable:
            across = self._across(mix, projection)
            return mix_block(hidden, self._steps(hidden), self._step_weights(), across, mix)
        parts = [self.decomposition(h) for h in hidden.split(self.lengths, dim=-1)]
        seasons, trends = [season for season, _ in parts], [trend for _, trend in parts]
        if self.channel_independence:
            mixed = self._sum_of_mixed(seasons, trends)
            return self.cross.across_first_axis(mixed, hidden, projection)
        cross = self.cross.across_first_axis
        mixed = self._sum_of_mixed([cross(s) for s in seasons], [cross(t) for t in trends])
        return mixed if projection is None else mix_features(projection, mixed)

    def _sum_of_mixed(self, seasons: list[Tensor], trends: list[Tensor]) -> Tensor:
        seasons, trends = self.season_mixing.mix(seasons), self.trend_mixing.mix(trends)
        return torch.cat(seasons, dim=-1) + torch.cat(trends, dim=-1)

    def _across(self, mix: Tensor | None, projection: Tensor | None) -> Across:
        """Feed-forward layer and way past it, as one matrix each."""
        first = torch.cat((self.cross.first.weight, self.cross.first.bias.unsqueeze(1)), dim=1)
        second = torch.cat((self.cross.second.weight, self.cross.second.bias.unsqueeze(1)), dim=1)
        if projection is not None:
            second = projection @ second
        skip = mix if projection is None else projection if mix is None else projection @ mix
        return Across(first, second, skip)

    def _ends(self) -> list[tuple[int, int]]:
        """Source and target scale of every step: seasons to coarser scales, trends to finer."""
        fine_to_coarse = [(i, i + 1) for i in range(len(self.lengths) - 1)]
        return fine_to_coarse + [(coarse, fine) for fine, coarse in reversed(fine_to_coarse)]

    def _steps(self, like: Tensor) -> list[Step]:
        stops = list(accumulate(self.lengths))
        spans = [slice(stop - n, stop) for stop, n in zip(stops, self.lengths, strict=True)]
        steps = []
        for k, (source, target) in enumerate(self._ends()):
            counts = cast(Tensor, getattr(self, f"counts_{k}"))
            starts = source in (0, len(self.lengths) - 1)
            matrix = counts.to(like.dtype) / self.moving_avg
            steps.append(Step(spans[source], spans[target], starts, matrix))
        return steps

    def _step_weights(self) -> list[Tensor]:
        layers = cast(
            list[FeedForward], [*self.season_mixing.steps, *reversed(self.trend_mixing.steps)]
        )
        linears = [linear for layer in layers for linear in (layer.first, layer.second)]
        return [weight for linear in linears for weight in (linear.weight, linear.bias)]
