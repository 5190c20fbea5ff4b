"""Mixing of a series' scales: season fine to coarse, trend coarse to fine."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from skscale.nn._checks import check_choice, check_integer
from skscale.nn.decomposition import SeriesDecomposition, make_decomposition
from skscale.nn.feedforward import FeedForward

__all__ = ["MultiScaleSeasonMixing", "MultiScaleTrendMixing", "PastDecomposableMixing"]


def scale_lengths(seq_len: int, down_sampling_window: int, down_sampling_layers: int) -> list[int]:
    """Length of every scale, finest first: ``seq_len // down_sampling_window**i``.

    Raises
    ------
    ValueError
        If an argument is not a positive integer (``down_sampling_layers`` may be zero) or the
        coarsest scale would be empty.
    """
    check_integer("seq_len", seq_len, 1)
    check_integer("down_sampling_window", down_sampling_window, 1)
    check_integer("down_sampling_layers", down_sampling_layers, 0)
    lengths = [seq_len // down_sampling_window**i for i in range(down_sampling_layers + 1)]
    if lengths[-1] == 0:
        raise ValueError(
            f"down_sampling_layers={down_sampling_layers} with down_sampling_window="
            f"{down_sampling_window} needs at least "
            f"{down_sampling_window**down_sampling_layers} time points, got {seq_len}"
        )
    return lengths


class _ScaleMixing(nn.Module):
    """What the mixing layers share: the lengths, and reading a published list of scales."""

    def __init__(self, seq_len: int, down_sampling_window: int, down_sampling_layers: int):
        super().__init__()
        self.lengths = scale_lengths(seq_len, down_sampling_window, down_sampling_layers)
        self.down_sampling_window = down_sampling_window

    def forward(self, x_list: Sequence[Tensor]) -> list[Tensor]:
        """Mix the scales.

        Parameters
        ----------
        x_list : list of Tensor of shape (batch, channels, length_i)
            Every scale, finest first, or the finest alone: the coarser ones are then its average
            poolings. Tensors of shape (batch, length_i, channels), as in the published quick
            start, are read as such if the finest has ``seq_len`` on the middle axis only.

        Returns
        -------
        list of Tensor
            ``down_sampling_layers + 1`` mixed scales, finest first, in the layout of the input.

        Raises
        ------
        ValueError
            If the number of tensors or a shape does not fit.
        """
        scales = list(x_list)
        time_last = not scales or scales[0].shape[-1] == self.lengths[0]
        if not time_last and scales[0].ndim == 3 and scales[0].shape[1] == self.lengths[0]:
            return [x.transpose(1, 2) for x in self([x.transpose(1, 2) for x in scales])]
        return self.mix(self._complete(scales))

    def _complete(self, scales: list[Tensor]) -> list[Tensor]:
        """Build the coarser scales of a single tensor and check every shape."""
        if len(scales) == 1:
            for _ in self.lengths[1:]:
                scales.append(F.avg_pool1d(scales[-1], self.down_sampling_window))
        if len(scales) != len(self.lengths):
            raise ValueError(
                f"x_list must hold 1 or {len(self.lengths)} tensors "
                f"(down_sampling_layers + 1), got {len(scales)}"
            )
        for i, (x, length) in enumerate(zip(scales, self.lengths, strict=True)):
            if x.ndim != 3 or x.shape[:2] != scales[0].shape[:2] or x.shape[2] != length:
                raise ValueError(
                    f"x_list[{i}] must have shape (batch, channels, {length}), got {tuple(x.shape)}"
                )
        return scales

    def mix(self, scales: Sequence[Tensor]) -> list[Tensor]:
        """Mix complete scales; time is the last axis."""
        raise NotImplementedError


class MultiScaleSeasonMixing(_ScaleMixing):
    """Season mixing, fine to coarse: each scale adds a learned summary of the finer one.

    ``season[i + 1] += Linear(GELU(Linear(season[i])))`` with the season[i] already mixed. (The
    published page calls this coarse to fine; its code, like the paper's, goes fine to coarse.)

    Parameters
    ----------
    seq_len : int
        Length of the finest scale; it need not divide by the window.
    down_sampling_window : int, default=2
        Factor between neighbouring scales.
    down_sampling_layers : int, default=1
        Number of coarser scales; 0 leaves the input as it is.

    Raises
    ------
    ValueError
        If an argument is out of range or the coarsest scale would be empty.

    References
    ----------
    Wang et al. (2024), TimeMixer: decomposable multiscale mixing for time series forecasting,
    ICLR, equation 4.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import MultiScaleSeasonMixing
    >>> mix = MultiScaleSeasonMixing(seq_len=96, down_sampling_window=2, down_sampling_layers=2)
    >>> [tuple(x.shape) for x in mix([torch.randn(32, 7, 96)])]
    [(32, 7, 96), (32, 7, 48), (32, 7, 24)]
    """

    def __init__(self, seq_len: int, down_sampling_window: int = 2, down_sampling_layers: int = 1):
        super().__init__(seq_len, down_sampling_window, down_sampling_layers)
        pairs = zip(self.lengths, self.lengths[1:], strict=False)
        self.steps = nn.ModuleList(FeedForward(fine, coarse, coarse) for fine, coarse in pairs)

    def mix(self, scales: Sequence[Tensor], preprocess: Tensor | None = None) -> list[Tensor]:
        """Mix complete scales; time is the last axis.

        ``preprocess``, a matrix of shape (seq_len, seq_len), acts on the finest scale on its way
        to the coarser ones, at no cost: it is folded into the first step.
        """
        mixed = [scales[0]]
        for step, coarse in zip(self.steps, scales[1:], strict=True):
            mixed.append(step(mixed[-1], coarse, preprocess))
            preprocess = None
        return mixed


class MultiScaleTrendMixing(_ScaleMixing):
    """Trend mixing, coarse to fine: each scale adds a learned refinement of the coarser one.

    ``trend[i] += Linear(GELU(Linear(trend[i + 1])))`` with the trend[i + 1] already mixed. (The
    published page calls this fine to coarse; its code, like the paper's, goes coarse to fine.)

    Parameters
    ----------
    seq_len : int
        Length of the finest scale; it need not divide by the window.
    down_sampling_window : int, default=2
        Factor between neighbouring scales.
    down_sampling_layers : int, default=1
        Number of coarser scales; 0 leaves the input as it is.

    Raises
    ------
    ValueError
        If an argument is out of range or the coarsest scale would be empty.

    References
    ----------
    Wang et al. (2024), TimeMixer: decomposable multiscale mixing for time series forecasting,
    ICLR, equation 5.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import MultiScaleTrendMixing
    >>> mix = MultiScaleTrendMixing(seq_len=97, down_sampling_window=2, down_sampling_layers=2)
    >>> [tuple(x.shape) for x in mix([torch.randn(32, 7, 97)])]
    [(32, 7, 97), (32, 7, 48), (32, 7, 24)]
    """

    def __init__(self, seq_len: int, down_sampling_window: int = 2, down_sampling_layers: int = 1):
        super().__init__(seq_len, down_sampling_window, down_sampling_layers)
        pairs = zip(self.lengths, self.lengths[1:], strict=False)
        # Finest pair first, as the scales; published checkpoints count from the coarsest.
        self.steps = nn.ModuleList(FeedForward(coarse, fine, fine) for fine, coarse in pairs)

    def mix(self, scales: Sequence[Tensor]) -> list[Tensor]:
        """Mix complete scales; time is the last axis."""
        mixed = [scales[-1]]
        for step, fine in zip(reversed(self.steps), reversed(scales[:-1]), strict=True):
            mixed.append(step(mixed[-1], base=fine))
        return mixed[::-1]


class PastDecomposableMixing(_ScaleMixing):
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
        check_integer("d_model", d_model, 1)
        check_integer("d_ff", d_ff, 1)
        check_choice("channel_independence", channel_independence, (0, 1))
        self.d_model = d_model
        self.channel_independence = bool(channel_independence)
        self.decomposition = make_decomposition(decomp_method, moving_avg, top_k)
        self.season_mixing = MultiScaleSeasonMixing(
            seq_len, down_sampling_window, down_sampling_layers
        )
        self.trend_mixing = MultiScaleTrendMixing(
            seq_len, down_sampling_window, down_sampling_layers
        )
        self.cross = FeedForward(d_model, d_ff, d_model)

    def mix(self, scales: Sequence[Tensor]) -> list[Tensor]:
        """Mix complete scales of shape (batch, d_model, length_i)."""
        if scales[0].shape[1] != self.d_model:
            raise ValueError(
                f"x_list must have d_model={self.d_model} channels, got {scales[0].shape[1]}"
            )
        mixed = self.mix_features_first([x.transpose(0, 1).contiguous() for x in scales])
        return [x.transpose(0, 1) for x in mixed]

    def mix_features_first(
        self, hidden: Sequence[Tensor], projection: Tensor | None = None
    ) -> list[Tensor]:
        """Mix scales of shape (d_model, rows, length_i), the layout without copies.

        Parameters
        ----------
        hidden : list of Tensor of shape (d_model, rows, length_i)
            Every scale, finest first.
        projection : Tensor of shape (n_outputs, d_model), optional
            Multiplies the result, which then has ``n_outputs`` features.
        """
        if not self.channel_independence:
            mixed = self._mix_crossed(hidden)
            return mixed if projection is None else [project(projection, x) for x in mixed]
        return [
            self.cross.across_first_axis(x, h, projection)
            for x, h in zip(self._mix_plain(hidden), hidden, strict=True)
        ]

    def _mix_crossed(self, hidden: Sequence[Tensor]) -> list[Tensor]:
        """Season plus trend of every scale, both mixed, after the shared feed-forward layer."""
        cross = self.cross.across_first_axis
        parts = [self.decomposition(h) for h in hidden]
        seasons = self.season_mixing.mix([cross(season) for season, _ in parts])
        trends = self.trend_mixing.mix([cross(trend) for _, trend in parts])
        return [season + trend for season, trend in zip(seasons, trends, strict=True)]

    def _mix_plain(self, hidden: Sequence[Tensor]) -> list[Tensor]:
        """Season plus trend of every scale, both mixed.

        Before mixing they add up to the input. The finest season is not mixed and the finest
        trend feeds no other, so the finest scale is its input plus what the trends bring; the
        coarsest likewise. Only the scales between them are decomposed for their own sake, and a
        moving average on the way from the finest scale is folded into the first weight.
        """
        if len(hidden) == 1:
            return list(hidden)
        finest, coarsest = hidden[0], hidden[-1]
        parts = [self.decomposition(h) for h in hidden[1:]]
        if isinstance(self.decomposition, SeriesDecomposition):
            season, preprocess = finest, self.decomposition.season_matrix(self.lengths[0], finest)
        else:
            season, preprocess = self.decomposition(finest)[0], None
        between = [season for season, _ in parts[:-1]]
        seasons = self.season_mixing.mix([season, *between, coarsest], preprocess)
        trends = self.trend_mixing.mix([finest, *(trend for _, trend in parts)])
        sums = [s + t for s, t in zip(seasons[1:-1], trends[1:-1], strict=True)]
        return [trends[0], *sums, seasons[-1]]


def project(matrix: Tensor, x: Tensor) -> Tensor:
    """Map the first axis of ``x``, (in_features, ...) to (out_features, ...)."""
    return (matrix @ x.flatten(1)).view(-1, *x.shape[1:])
