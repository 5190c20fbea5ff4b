"""The PatchTST network, in the form of its paper's code and in that of a library."""

from __future__ import annotations

from typing import NamedTuple, cast

from torch import Tensor, nn

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.checks import check_choice, check_flag, check_integer, check_share
from skscale.nn.layers.decomposition import SeriesDecomposition
from skscale.nn.layers.dense import zero_map
from skscale.nn.layers.encoder import EncoderLayer, make_norm
from skscale.nn.layers.masking import fill
from skscale.nn.layers.normalisation import RevIN
from skscale.nn.layers.patches import Patches, count_patches
from skscale.nn.layers.time_map import TimeMap
from skscale.nn.patchtst.branch import Branch, PatchEmbedding, PatchEncoder

__all__ = ["PatchTSTNet"]

_PATCH_LENGTH = 16


class Variant(NamedTuple):
    """What tells the two networks of this name apart."""

    norm: str  # of every layer
    final_norm: str | None  # behind the last
    learned_positions: bool  # and the embedding has a bias
    residual_scores: bool
    drops_everywhere: bool  # weights of the attention and forecasts too


VARIANTS = {
    "official": Variant("batch", None, True, True, False),
    "tslib": Variant("layer", "batch", False, False, True),
}


class PatchTSTNet(ForecastNet):
    """PatchTST: a window is cut into patches, attention runs between these, channel by channel.

    There are two networks of this name, whose weights do not fit each other. That of the paper's
    code normalises over the batch, learns positions and adds the scores of one layer to those of
    the next. That of the Time-Series-Library normalises every token, has sines and cosines for
    positions, drops weights of the attention, and normalises over the batch at the end.

    Channels share all weights but those of ``affine`` and ``individual``, and a forecast depends
    neither on the other channels nor on the rest of a batch; in training, statistics of the batch
    tie its windows together. A feature of which a batch has one value is normalised by the running
    statistics. The network reads no features of the past; those of the future are a
    linear term that starts at zero, which the paper's has not.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series.
    d_model : int, default=16
        Features of a patch; this, the next three and the patches as in the paper's runs on ETTh1.
    d_ff : int, default=128
        Hidden features of the feed-forward layers.
    n_heads : int, default=4
        Heads of the attention; they must divide ``d_model``.
    n_layers : int, default=3
        Layers of the encoder.
    patch_length : int or "auto", default="auto"
        Points of a patch. ``"auto"``: 16 as in the paper, or all of a shorter context.
    stride : int or "auto", default="auto"
        Points from the start of a patch to that of the next, no more than a patch has.
        ``"auto"``: half a patch, as in the paper.
    variant : {"official", "tslib"}, default="official"
        Which of the two networks.
    activation : {"gelu", "relu"}, default="gelu"
        Of the feed-forward layers.
    decomposition : bool, default=False
        Two networks, one for the moving average of the window and one for the rest.
    moving_avg : int, default=25
        Window of that average; it may be even, which crashes in the paper's code.
    individual : bool, default=False
        A last map of its own for every channel.
    normalize : bool, default=True
        Normalise every window and channel by its own mean and standard deviation.
    affine : bool, default=False
        Learn a weight and a bias of every channel's normalisation.
    subtract_last : bool, default=False
        Normalise around the last value instead of the mean.
    pad_end : bool, default=True
        Repeat the last value ``stride`` times, so that the newest point is always in a patch.
        False, as in some public runs: points behind the last patch that fits have no effect.
    dropout : float, default=0.0
        Dropout while training; 0.3 in the paper's runs on ETTh1.
    n_past_features : int, default=0
        Must be 0.
    n_future_features : int, default=0
        Exogenous features known over the horizon.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or no patch fits; names it.

    References
    ----------
    Nie et al. (2023), A time series is worth 64 words: long-term forecasting with transformers,
    ICLR.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import PatchTSTNet
    >>> net = PatchTSTNet(context_length=96, prediction_length=24, n_channels=7)
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
        d_model: int = 16,
        d_ff: int = 128,
        n_heads: int = 4,
        n_layers: int = 3,
        patch_length: int | str = "auto",
        stride: int | str = "auto",
        variant: str = "official",
        activation: str = "gelu",
        decomposition: bool = False,
        moving_avg: int = 25,
        individual: bool = False,
        normalize: bool = True,
        affine: bool = False,
        subtract_last: bool = False,
        pad_end: bool = True,
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
        kind = VARIANTS[check_choice("variant", variant, tuple(VARIANTS))]
        d_model, d_ff = check_integer("d_model", d_model, 1), check_integer("d_ff", d_ff, 1)
        n_layers = check_integer("n_layers", n_layers, 1, maximum=1000)
        dropout = check_share("dropout", dropout)
        more_dropout = dropout if kind.drops_everywhere else 0.0
        pad_end = check_flag("pad_end", pad_end)
        patches = _patches(self.context_length, patch_length, stride, pad_end)
        decomposition = check_flag("decomposition", decomposition)
        average = SeriesDecomposition(check_integer("moving_avg", moving_avg, 1))
        self.decomposition = average if decomposition else None
        n_maps = self.n_channels if check_flag("individual", individual) else None
        self.norms, self.branches = nn.ModuleList(), nn.ModuleList()
        for _ in range(2 if decomposition else 1):
            self.norms.append(
                RevIN(self.n_channels, affine, normalize, subtract_last=subtract_last)
            )
            layers = [
                EncoderLayer(
                    d_model,
                    n_heads,
                    d_ff,
                    norm=kind.norm,
                    activation=activation,
                    dropout=dropout,
                    attention_dropout=more_dropout,
                )
                for _ in range(n_layers)
            ]
            final = None if kind.final_norm is None else make_norm(kind.final_norm, d_model)
            encoder = PatchEncoder(layers, kind.residual_scores, final)
            embedding = PatchEmbedding(patches, d_model, kind.learned_positions)
            head = TimeMap(d_model * patches.n_patches, self.prediction_length, n_maps)
            self.branches.append(Branch(embedding, encoder, head, dropout, more_dropout))
        self.future_projection = zero_map(self.n_future_features)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        forecasts = [
            self._part(z, i, future_features, mask) for i, z in enumerate(self._parts(x, mask))
        ]
        return forecasts[0] if len(forecasts) == 1 else forecasts[0] + forecasts[1]

    def _parts(self, x: Tensor, mask: Tensor | None) -> list[Tensor]:
        """What every branch forecasts: the window, or the rest and the moving average."""
        if self.decomposition is None:
            return [x]
        rest, trend = self.decomposition(fill(x, mask).transpose(1, 2))
        return [rest.transpose(1, 2), trend.transpose(1, 2)]

    def _part(
        self, x: Tensor, i: int, future_features: Tensor | None, mask: Tensor | None
    ) -> Tensor:
        """Forecast of one branch; features of the future shift the first."""
        norm, branch = cast(RevIN, self.norms[i]), self.branches[i]
        z, state = norm(x, mask)
        y = branch(z)
        if self.future_projection is not None and i == 0:
            y = y + self.future_projection(future_features)
        return norm.inverse(y, state)


def _patches(context_length: int, patch_length: object, stride: object, pad_end: bool) -> Patches:
    """How a window is cut, sizes left open chosen."""
    if isinstance(patch_length, str) and patch_length == "auto":
        patch_length = min(_PATCH_LENGTH, context_length)
    length = check_integer("patch_length", patch_length, 1)
    if isinstance(stride, str) and stride == "auto":
        stride = max(1, length // 2)
    stride = check_integer("stride", stride, 1, maximum=length)
    padding = stride if pad_end else 0
    return Patches(length, stride, padding, count_patches(context_length, length, stride, padding))
