"""Layers that mix a series' scales: season fine to coarse, trend coarse to fine."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from skscale.nn.layers.feed_forward import FeedForward
from skscale.nn.layers.pyramid import scale_lengths

__all__ = ["MultiScaleSeasonMixing", "MultiScaleTrendMixing", "ScaleMixing"]


class ScaleMixing(nn.Module):
    """What the mixing layers share: the lengths, and reading a published list of scales."""

    def __init__(self, seq_len: int, down_sampling_window: int, down_sampling_layers: int):
        super().__init__()
        self.lengths = scale_lengths(seq_len, down_sampling_window, down_sampling_layers)
        self.down_sampling_window = int(down_sampling_window)

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


class MultiScaleSeasonMixing(ScaleMixing):
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

    def mix(self, scales: Sequence[Tensor]) -> list[Tensor]:
        """Mix complete scales; time is the last axis."""
        mixed = [scales[0]]
        for step, coarse in zip(self.steps, scales[1:], strict=True):
            mixed.append(step(mixed[-1], coarse))
        return mixed


class MultiScaleTrendMixing(ScaleMixing):
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
