"""TimePro: a scan over the channels, whose states are read where they are most telling."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.checks import check_choice, check_integer
from skscale.nn.layers.dense import dense, zero_map
from skscale.nn.layers.dropout import Dropout
from skscale.nn.layers.feed_forward import FeedForward
from skscale.nn.layers.normalisation import RevIN
from skscale.nn.layers.patches import count_patches, unfold_patches
from skscale.nn.timepro.sampling import N_TAPS
from skscale.nn.timepro.scan import TwoWayScan

__all__ = ["TimeProNet"]

_LEAST_PATCH = 12  # of 96 points
_PATCHES_SIDE_BY_SIDE = 8
_SHARES = {"zero": 0.0, "average": 1 / N_TAPS}


class TimeProNet(ForecastNet):
    """TimePro: a selective scan over the channels with states in space and time.

    Every channel is one token: its patches, embedded and put behind each other. Layers scan the
    tokens from the first channel to the last and back, and sample the states, an image of channels
    and patches, at learned places. The order of the channels matters, and the first and last
    have fewer neighbours: that is the network as published. Batch mates do not matter.

    The paper's code runs on GPUs of one maker alone, by two operators in CUDA. These are plain
    torch here, on any device and in float64, too; where the published launch of one of them reads
    wrong windows (a fifth of all points at the sizes of ETTh1 and batches of 16 or more), this
    does not. Any ``d_model`` works, there multiples of 16, and any length. Parameters that nothing
    reads are left out. Windows stay as they are, and get gradients.

    Patches of past features go through a map of their own, and add to those of every channel;
    features of the future are a linear term. Both start at zero; the paper's network has neither.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series. No parameter depends on their number.
    d_model : int, default=16
        Features of a patch; this and the next as in the paper's ETTh1 runs. A token has so many for
        each patch.
    n_layers : int, default=2
        Layers.
    patch_length : int or "auto", default="auto"
        Points of a patch. ``"auto"``: 12 as in most of the paper's runs, an eighth of contexts
        beyond 96 points, or all of a shorter context. Tokens stay as they are then; weights grow
        with their square.
    stride : int or "auto", default="auto"
        Points from the start of a patch to that of the next, no more than a patch has. ``"auto"``:
        half a patch.
    initial : {"zero", "average"}, default="zero"
        Shares of the nine places at which states are read: none, as published, so that nothing but
        the shares learns in the first step; or the same.
    normalize : bool, default=True
        Normalise every window and channel by its own mean and standard deviation.
    dropout : float, default=0.0
        Dropout of the embedded patches while training.
    n_past_features : int, default=0
        Features known over the context, of all groups.
    n_future_features : int, default=0
        Exogenous features known over the horizon.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or no patch fits; names it.

    References
    ----------
    Ma et al. (2025), TimePro: efficient multivariate long-term time series forecasting with
    variable- and time-aware hyper-state, ICML, arXiv 2505.20774.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import TimeProNet
    >>> net = TimeProNet(context_length=96, prediction_length=24, n_channels=7)
    >>> net(torch.randn(8, 96, 7)).shape
    torch.Size([8, 24, 7])
    """

    future_groups = ("exogenous",)

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        d_model: int = 16,
        n_layers: int = 2,
        patch_length: int | str = "auto",
        stride: int | str = "auto",
        initial: str = "zero",
        normalize: bool = True,
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
        n_layers = check_integer("n_layers", n_layers, 1, maximum=1000)
        share = _SHARES[check_choice("initial", initial, tuple(_SHARES))]
        self.patch_length, self.stride = _patches(self.context_length, patch_length, stride)
        n_patches = count_patches(
            self.context_length, self.patch_length, self.stride, padding=self.stride
        )
        width = n_patches * d_model
        self.norm = RevIN(self.n_channels, affine=False, normalize=normalize)
        self.embedding = dense(self.patch_length, d_model, bias=False)
        self.past_projection = zero_map(self.n_past_features * self.patch_length, d_model)
        self.dropout = Dropout(dropout)
        self.layers = nn.ModuleList(Layer(n_patches, d_model, share) for _ in range(n_layers))
        self.final_norm = nn.LayerNorm(width, dtype=torch.float32)
        self.head = dense(width, self.prediction_length)
        self.future_projection = zero_map(self.n_future_features)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        z, state = self.norm(x, mask)
        patches = self.embedding(self._patches(z))
        if self.past_projection is not None and past_features is not None:
            columns = self._patches(past_features).transpose(1, 2).flatten(2)
            patches = patches + self.past_projection(columns).unsqueeze(1)
        tokens = self.dropout(patches).flatten(2)
        for layer in self.layers:
            tokens = layer(tokens)
        y = self.head(self.final_norm(tokens)).transpose(1, 2)
        if self.future_projection is not None:
            y = y + self.future_projection(future_features)
        return self.norm.inverse(y, state)

    def _patches(self, x: Tensor) -> Tensor:
        """Cut ``x`` (batch, context_length, n) into (batch, n, n_patches, patch_length)."""
        return unfold_patches(x.transpose(1, 2), self.patch_length, self.stride, self.stride)


class Layer(nn.Module):
    """Scan over the channels, then a feed-forward of four times the width, each added."""

    def __init__(self, n_patches: int, d_model: int, share: float):
        super().__init__()
        width = n_patches * d_model
        self.scan = TwoWayScan(n_patches, d_model, share)
        self.norm = nn.LayerNorm(width, dtype=torch.float32)
        self.feed_forward = FeedForward(width, 4 * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens of shape (batch, n_channels, n_patches * d_model)."""
        tokens = tokens + self.scan(tokens)
        return self.feed_forward(self.norm(tokens), base=tokens)


def _patches(context_length: int, patch_length: object, stride: object) -> tuple[int, int]:
    """Length and stride of patches, those left open chosen."""
    if isinstance(patch_length, str) and patch_length == "auto":
        eighth = -(-context_length // _PATCHES_SIDE_BY_SIDE)
        patch_length = max(min(_LEAST_PATCH, context_length), eighth)
    length = check_integer("patch_length", patch_length, 1)
    if isinstance(stride, str) and stride == "auto":
        stride = max(1, length // 2)
    return length, check_integer("stride", stride, 1, maximum=length)
