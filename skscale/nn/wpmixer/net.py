"""WPMixer: a mixer of patches for each level of a wavelet transform."""

from __future__ import annotations

from torch import Tensor, nn

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.checks import check_flag, check_integer, check_share
from skscale.nn.layers.constant import Constant
from skscale.nn.layers.dense import zero_map
from skscale.nn.layers.normalisation import RevIN
from skscale.nn.wpmixer.branch import Branch, BranchSizes
from skscale.ops import (
    coefficient_lengths,
    filter_bank,
    wavelet_analysis,
    wavelet_synthesis,
)

__all__ = ["WPMixerNet"]

_MOST_LEVELS = 20


class WPMixerNet(ForecastNet):
    """WPMixer: wavelet coefficients of the window forecast those of the horizon.

    The window is normalised and split into an approximation and details of ``level`` levels.
    A branch for each cuts its coefficients into patches, mixes them by place and by feature, and
    forecasts coefficients; the inverse transform makes a forecast of them. Channels share all
    weights but the numbers of their normalisations. The network reads no features of the past;
    those of the future are a linear term that starts at zero.

    Where public code stops, this does not: patches longer than the coefficients are cut to them, so
    that any context will do, and float64 has filters in float64. Padding is normalised to zero, and
    enters the batch statistics as such. An odd horizon is the end of an even one, as in public
    code: the first of ``prediction_length + 1`` points is left out.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series.
    d_model : int, default=32
        Features of a patch; 128 or 256 in the paper's runs.
    wavelet : str, default="db2"
        Name of a discrete wavelet. All but ``"haar"`` and ``"db2"`` need PyWavelets.
    level : int, default=1
        Levels of the transform, at most 20; 0 for one branch on the window itself.
    token_factor, feature_factor : int, default=3
        Hidden units of the two mixing maps, as multiples of patches and of ``d_model``.
    patch_length : int, default=16
        Coefficients in a patch; at most those of a branch and ``stride``, which count for more.
    stride : int, default=8
        Coefficients from one patch to the next, at most ``patch_length``. The last coefficient is
        repeated as often, so that none is left out.
    affine : bool, default=True
        Learn a weight and a bias for every channel in the normalisation of windows.
    branch_norm : bool, default=True
        Normalise the coefficients of every branch, with a weight and a bias of their own.
        Without this and ``affine`` it is the network of the Time-Series-Library.
    dropout : float, default=0.0
        While training, in and behind the mixing maps.
    embedding_dropout : float, default=0.0
        While training, behind the embedding of patches.
    n_past_features : int, default=0
        Must be 0.
    n_future_features : int, default=0
        Exogenous features known over the horizon.

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.
    ImportError
        If the wavelet needs PyWavelets, which is not installed.

    References
    ----------
    Murad, Aktukmak and Yilmaz (2025), WPMixer: efficient multi-resolution mixing for long-term time
    series forecasting, AAAI, arXiv 2412.17176.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import WPMixerNet
    >>> net = WPMixerNet(context_length=96, prediction_length=24, n_channels=7, d_model=8)
    >>> net(torch.randn(8, 96, 7)).shape
    torch.Size([8, 24, 7])
    """

    past_groups = ()
    future_groups = ("exogenous",)

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        d_model: int = 32,
        wavelet: str = "db2",
        level: int = 1,
        token_factor: int = 3,
        feature_factor: int = 3,
        patch_length: int = 16,
        stride: int = 8,
        affine: bool = True,
        branch_norm: bool = True,
        dropout: float = 0.0,
        embedding_dropout: float = 0.0,
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
        sizes = BranchSizes(
            n_channels=self.n_channels,
            d_model=check_integer("d_model", d_model, 1),
            token_factor=check_integer("token_factor", token_factor, 1),
            feature_factor=check_integer("feature_factor", feature_factor, 1),
            patch_length=check_integer("patch_length", patch_length, 1),
            stride=_check_stride(stride, patch_length),
            normalize=check_flag("branch_norm", branch_norm),
            dropout=check_share("dropout", dropout),
            embedding_dropout=check_share("embedding_dropout", embedding_dropout),
        )
        self.level = check_integer("level", level, 0, _MOST_LEVELS)
        bank = filter_bank(_check_word("wavelet", wavelet))
        self.norm = RevIN(self.n_channels, affine=check_flag("affine", affine))
        self.decomposition = Constant(bank.decomposition)
        self.reconstruction = Constant(bank.reconstruction)
        inputs, outputs = (
            coefficient_lengths(length, bank.decomposition.shape[1], self.level)
            for length in (self.context_length, self.prediction_length)
        )
        self.branches = nn.ModuleList(
            Branch(n, m, sizes) for n, m in zip(inputs, outputs, strict=True)
        )
        self.future_projection = zero_map(self.n_future_features)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        x, state = self.norm(x, mask)
        parts = wavelet_analysis(x.transpose(1, 2), self.decomposition(), self.level)
        found = [branch(part) for branch, part in zip(self.branches, parts, strict=True)]
        y = wavelet_synthesis(found, self.reconstruction())[..., -self.prediction_length :]
        y = y.transpose(1, 2)
        if self.future_projection is not None:
            y = y + self.future_projection(future_features)
        return self.norm.inverse(y, state)


def _check_stride(stride: int, patch_length: int) -> int:
    if check_integer("stride", stride, 1) > patch_length:
        raise ValueError(f"stride must be at most patch_length={patch_length}, got {stride}")
    return int(stride)


def _check_word(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a name, got {value!r}")
    return value
