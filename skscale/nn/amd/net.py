"""AMD: experts forecast, and the scales of the window choose among them."""

from __future__ import annotations

from torch import Tensor, nn

from skscale.nn.amd.experts import Experts, Gate, load_imbalance
from skscale.nn.amd.mixing import PatchInteraction, ScaleMixing
from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.batch_norm import BatchNorm
from skscale.nn.layers.checks import check_flag, check_integer, check_number, check_share
from skscale.nn.layers.dense import zero_map
from skscale.nn.layers.masking import fill
from skscale.nn.layers.normalisation import RevIN, RevINState

__all__ = ["AMDNet"]


class AMDNet(ForecastNet):
    """AMD: adaptive multi-scale decomposition.

    A recurrence over patches feeds a few experts, two linear maps each. How much an expert
    counts is decided by the window averaged at several scales, coarse ones mixed into fine
    ones. Channels share all weights but those of the normalisations, and with ``alpha > 0`` of a
    map across channels. The network reads no features of the past; those of the future are a
    linear term that starts at zero.

    Where the paper's code stops or depends on batch mates, this does not: one channel trains, any
    length and patch fit, a training batch of one is normalised by the running statistics, and
    float64 stays float64 throughout. Experts serve all rows at once, where it loops over channels.
    A choice of experts stays what it is: the forecast jumps where their order changes.

    Padding is normalised to zero, and enters the batch statistics as such.

    Parameters
    ----------
    context_length : int
        Points of the input window.
    prediction_length : int
        Points of the forecast.
    n_channels : int
        Channels of the series.
    patch_length : int, default=16
        Points of a patch; at most the context counts. The oldest patch takes what is left over by
        whole patches (published code wants none).
    n_blocks : int, default=1
        Recurrences over patches, one behind the other.
    alpha : float, default=0.0
        Weight of the map across channels in these; 0 for none.
    pooling_levels : int, default=3
        Scales beside the window's own. Those without a point are left out.
    pooling_window : int, default=2
        Factor between neighbouring scales, from 2 up.
    n_experts : int, default=8
    top_k : int, default=2
        Experts that are preferred; the others still count a little.
    d_ff : int, default=2048
        Hidden units of each expert.
    normalize : bool, default=True
        Normalise every window, with an affine map.
    batch_norm : bool, default=True
        Normalise every channel and point over the batch, before scales and before patches.
    dropout : float, default=0.1
        While training, behind patches and in experts.
    n_past_features : int, default=0
        Must be 0.
    n_future_features : int, default=0
        Exogenous features known over the horizon.

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.

    References
    ----------
    Hu et al. (2025), Adaptive multi-scale decomposition framework for time series forecasting,
    AAAI, arXiv 2406.03751.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import AMDNet
    >>> net = AMDNet(context_length=96, prediction_length=24, n_channels=7, d_ff=32)
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
        patch_length: int = 16,
        n_blocks: int = 1,
        alpha: float = 0.0,
        pooling_levels: int = 3,
        pooling_window: int = 2,
        n_experts: int = 8,
        top_k: int = 2,
        d_ff: int = 2048,
        normalize: bool = True,
        batch_norm: bool = True,
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
        patch_length = min(check_integer("patch_length", patch_length, 1), self.context_length)
        n_blocks = check_integer("n_blocks", n_blocks, 1)
        alpha = check_number("alpha", alpha, 0.0)
        levels = check_integer("pooling_levels", pooling_levels, 0)
        window = check_integer("pooling_window", pooling_window, 2)
        n_experts = check_integer("n_experts", n_experts, 1)
        top_k = _check_top_k(top_k, n_experts)
        d_ff = check_integer("d_ff", d_ff, 1)
        normalize = check_flag("normalize", normalize)
        batch_norm = check_flag("batch_norm", batch_norm)
        dropout = check_share("dropout", dropout)

        def norm() -> BatchNorm | None:
            return BatchNorm(self.n_channels * self.context_length) if batch_norm else None

        self.norm = RevIN(self.n_channels) if normalize else None
        self.scales = ScaleMixing(self.context_length, levels, window, norm())
        self.blocks = nn.ModuleList(
            PatchInteraction(self.n_channels, patch_length, alpha, norm(), dropout)
            for _ in range(n_blocks)
        )
        self.gate = Gate(self.context_length, n_experts, top_k)
        self.experts = Experts(
            n_experts, self.context_length, d_ff, self.prediction_length, dropout
        )
        self.future_projection = zero_map(self.n_future_features)

    def imbalance(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """How unevenly a batch would load the experts, without the cost of a forecast.

        Training minimises it beside the loss of the forecast. In training mode noise is drawn anew,
        and running statistics stay as they are.

        Parameters
        ----------
        x, mask : Tensor
            As in `forward`.

        Returns
        -------
        Tensor of shape (n_channels,)
            Squared coefficient of variation of the shares that experts have in the batch. The
            published loss adds the sum over channels, `AMDForecaster` the mean.
        """
        x, _, mask = self._context(x, None, mask)
        rows, _ = self._normalised_rows(x, mask)
        shares = self.gate(self.scales(rows, follow=False))
        return load_imbalance(shares, self.prediction_length)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        return self._gated(x, future_features, mask)[0]

    def _gated(
        self,
        x: Tensor,
        future_features: Tensor | None,
        mask: Tensor | None,
        noise: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Forecast, and the shares of experts (batch, n_channels, n_experts)."""
        rows, state = self._normalised_rows(x, mask)
        shares = self.gate(self.scales(rows), noise)
        for block in self.blocks:
            rows = block(rows)
        forecast = self.experts(rows.flatten(0, 1), shares.flatten(0, 1))
        forecast = forecast.unflatten(0, shares.shape[:2]).transpose(1, 2)
        if self.future_projection is not None:
            forecast = forecast + self.future_projection(future_features)
        if self.norm is None or state is None:
            return forecast, shares
        return self.norm.inverse(forecast, state), shares

    def _normalised_rows(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, RevINState | None]:
        """Windows as rows (batch, n_channels, context_length), and what undoes their scale."""
        state = None
        if self.norm is None:
            x = fill(x, mask)
        else:
            x, state = self.norm(x, mask)
        return x.transpose(1, 2).contiguous(), state


def _check_top_k(top_k: int, n_experts: int) -> int:
    if check_integer("top_k", top_k, 1) > n_experts:
        raise ValueError(f"top_k must be at most n_experts={n_experts}, got {top_k}")
    return int(top_k)
