"""TimesNet: forecasting by convolutions over a sequence folded by its periods."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.autocast import without_autocast
from skscale.nn.layers.checks import check_integer, check_share
from skscale.nn.layers.dense import dense
from skscale.nn.layers.embedding import CircularEmbedding
from skscale.nn.layers.normalisation import RevIN
from skscale.nn.layers.positions import sinusoid
from skscale.nn.timesnet.block import TimesBlock

__all__ = ["TimesNet"]


class TimesNet(ForecastNet):
    """TimesNet: a sequence is folded by its strongest periods, and convolved along and across.

    All channels are embedded together, a linear map along time lengthens the window by the
    horizon, and every block folds this sequence to grids, one row for each period, which two
    inception layers convolve. Softmax of the Fourier amplitudes weighs the periods.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series. They are mixed: each forecast depends on all.
    d_model, d_ff : int, default=16 and 32
        Features of the sequence, and between the convolutions of a block; those of the paper's
        ETTh1 runs.
    n_layers : int, default=2
        Blocks.
    top_k : int, default=5
        Periods, at most half of ``context_length + prediction_length``.
    n_kernels : int, default=6
        Convolutions of an inception layer, of sizes 1, 3, ..., ``2 * n_kernels - 1``.
    dropout : float, default=0.0
        Dropout of the embedding while training; 0.1 in the paper's runs.
    n_past_features : int, default=0
        Features of the context, embedded beside the values.
    n_future_features : int, default=0
        Features of the horizon. Published code reads none; here they shift the forecast by a
        linear map that starts at zero.

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.

    Notes
    -----
    Public code takes the periods of a batch's mean spectrum, in tests, too: a forecast depends on
    its batch mates, and on data from later windows among them. Here every window has its own,
    which equals the public network for batches of one. An odd ``d_model`` works, a ``top_k``
    beyond the frequencies is refused by name, and of the data only the list of periods leaves the
    device.

    The six kernels of an inception layer are merged to one before they meet the data and cut to
    what a grid can reach; equal periods of a window are convolved once; periods that weigh less
    than a rounding are left out. Amplitudes are not normalised, so that a trained network
    often keeps one period alone.

    References
    ----------
    Wu et al. (2023), TimesNet: temporal 2D-variation modeling for general time series analysis,
    ICLR.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import TimesNet
    >>> net = TimesNet(context_length=96, prediction_length=24, n_channels=7)
    >>> net(torch.randn(2, 96, 7)).shape
    torch.Size([2, 24, 7])
    """

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        d_model: int = 16,
        d_ff: int = 32,
        n_layers: int = 2,
        top_k: int = 5,
        n_kernels: int = 6,
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
        d_model, d_ff = check_integer("d_model", d_model, 1), check_integer("d_ff", d_ff, 1)
        n_layers = check_integer("n_layers", n_layers, 1, maximum=1000)
        length = self.context_length + self.prediction_length
        top_k = check_integer("top_k", top_k, 1, maximum=length // 2)
        n_kernels = check_integer("n_kernels", n_kernels, 1, maximum=100)
        self.norm = RevIN(self.n_channels, affine=False)
        self.embedding = CircularEmbedding(self.n_channels, d_model)
        self.past_embedding = _feature_map(self.n_past_features, d_model)
        self.future_projection = _feature_map(self.n_future_features, self.n_channels)
        self.positions: Tensor
        self.register_buffer("positions", sinusoid(self.context_length, d_model), persistent=False)
        self.dropout = nn.Dropout(check_share("dropout", dropout))
        self.lengthen = dense(self.context_length, length)
        self.blocks = nn.ModuleList(
            TimesBlock(d_model, d_ff, top_k, n_kernels) for _ in range(n_layers)
        )
        self.layer_norm = nn.LayerNorm(d_model, dtype=torch.float32)  # one for all blocks
        self.projection = dense(d_model, self.n_channels)
        if self.future_projection is not None:
            nn.init.zeros_(self.future_projection.weight)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        z, state = self.norm(x, mask)
        with without_autocast(x):  # half precision would move periods
            h = self._embed(z, past_features)
        *blocks, last = self.blocks
        for block in blocks:
            h = self.layer_norm(block(h))
        y = self.projection(self.layer_norm(last(h, start=self.context_length)))
        if self.future_projection is not None:
            y = y + self.future_projection(future_features)
        return self.norm.inverse(y, state)

    def _embed(self, z: Tensor, features: Tensor | None) -> Tensor:
        """Sequence of context and horizon, (batch, length, d_model)."""
        z = z.to(self.positions.dtype)
        h = self.embedding(z.transpose(1, 2)).transpose(1, 2) + self.positions
        if features is not None and self.past_embedding is not None:
            h = h + self.past_embedding(features.to(z.dtype))
        return self.lengthen(self.dropout(h).transpose(1, 2)).transpose(1, 2)


def _feature_map(n_features: int, n_outputs: int) -> nn.Linear | None:
    return dense(n_features, n_outputs, bias=False) if n_features else None
