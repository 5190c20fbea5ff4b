"""Forecasts from the latent values of a multi-scale autoencoder."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from skscale.nn.autoencoder.net import MultiScaleAutoencoderNet
from skscale.nn.forecast import ForecastNet
from skscale.nn.layers.dense import dense, two_layers
from skscale.nn.layers.normalisation import RevIN, RevINState

__all__ = ["AutoencoderForecastNet"]


class AutoencoderForecastNet(ForecastNet):
    """A multi-scale autoencoder of the window, and a forecast from its latent values.

    Every channel is encoded on its own with shared weights, normalised by window.

    Parameters
    ----------
    context_length : int
        Points of the input window, L.
    prediction_length : int
        Points of the forecast, T.
    n_channels : int
        Channels, which share all weights but those of the normalisation.
    scales, view, decoding, latent_size, hidden_size, dropout
        As in `MultiScaleAutoencoderNet`; the head that forecasts has ``hidden_size`` hidden units.
    n_past_features : int, default=0
        Features known over the context (calendar, exogenous), seen by every encoder.
    n_future_features : int, default=0
        Features known over the horizon; they enter as a linear term, which starts at zero.

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.

    References
    ----------
    Encoders: Ayaz, Multi-scale latent representation for time series feature learning and
    augmentation. The forecast is ours.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import AutoencoderForecastNet
    >>> net = AutoencoderForecastNet(context_length=96, prediction_length=24, n_channels=7)
    >>> x = torch.randn(8, 96, 7)
    >>> net(x).shape, net.reconstruct(x).shape
    (torch.Size([8, 24, 7]), torch.Size([8, 96, 7]))
    """

    def __init__(
        self,
        context_length: int,
        prediction_length: int,
        n_channels: int,
        *,
        scales: Sequence[float] = (0.25, 1.0),
        view: str | Sequence[str] = "average",
        decoding: str = "residual",
        latent_size: int | Sequence[int] = 8,
        hidden_size: int = 64,
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
        self.norm = RevIN(self.n_channels)
        self.autoencoder = MultiScaleAutoencoderNet(
            self.context_length,
            scales=scales,
            view=view,
            decoding=decoding,
            latent_size=latent_size,
            hidden_size=hidden_size,
            dropout=dropout,
            n_features=self.n_past_features,
        )
        self.head = two_layers(
            self.autoencoder.n_latent, int(hidden_size), self.prediction_length, nn.ReLU
        )
        self.future_projection = None
        if self.n_future_features:
            self.future_projection = dense(self.n_future_features, 1, bias=False)
            nn.init.zeros_(self.future_projection.weight)

    def _forecast(
        self,
        x: Tensor,
        past_features: Tensor | None,
        future_features: Tensor | None,
        mask: Tensor | None,
    ) -> Tensor:
        rows, features, state = self._rows(x, past_features, mask)
        y = self._channels(self.head(self.autoencoder.encode(rows, features).mean))
        if self.future_projection is not None:
            y = y + self.future_projection(future_features)
        return self.norm.inverse(y, state)

    def reconstruct(
        self, x: Tensor, past_features: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Reconstruct windows (batch, context_length, n_channels); arguments as for a forecast."""
        x, past_features, mask = self._context(x, past_features, mask)
        rows, features, state = self._rows(x, past_features, mask)
        reconstruction, _ = self.autoencoder(rows, features)
        return self.norm.inverse(self._channels(reconstruction.squeeze(2)), state)

    def _window_parts(
        self, x: Tensor, past_features: Tensor | None, mask: Tensor | None
    ) -> dict[str, Tensor]:
        """What every stage reconstructs, the first with the level of the window, and the rest."""
        rows, features, state = self._rows(x, past_features, mask)
        factor, offset = self.norm.inverse_coefficients(state)
        stages = self.autoencoder.stages(self.autoencoder.encode(rows, features).mean)
        parts = [factor * self._channels(stage.squeeze(2)) for stage in stages]
        parts[0] = parts[0] + offset
        named = {f"stage {k}": part for k, part in enumerate(parts, start=1)}
        return {**named, "not reconstructed": x - sum(parts)}

    def _rows(
        self, x: Tensor, features: Tensor | None, mask: Tensor | None
    ) -> tuple[Tensor, Tensor | None, RevINState]:
        """Normalised windows of single channels (batch * n_channels, L, 1), their features."""
        z, state = self.norm(x, mask)
        rows = z.transpose(1, 2).reshape(-1, self.context_length, 1)
        if features is not None:
            features = features.repeat_interleave(self.n_channels, dim=0)
        return rows, features, state

    def _channels(self, rows: Tensor) -> Tensor:
        """Rows of single channels back to (batch, points, n_channels)."""
        return rows.unflatten(0, (-1, self.n_channels)).transpose(1, 2)
