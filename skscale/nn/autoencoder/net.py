"""Autoencoder whose encoders see a series at several scales."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from skscale.nn.autoencoder.views import VIEWS, View
from skscale.nn.layers.checks import (
    check_choice,
    check_flag,
    check_integer,
    check_shape,
    check_share,
    check_tensor,
)
from skscale.nn.layers.dense import two_layers

__all__ = ["Latent", "MultiScaleAutoencoderNet"]

DECODINGS = ("joint", "residual")


class Latent(NamedTuple):
    """Distribution of the latent vector of every series, shape (batch, n_latent).

    ``log_variance`` is None where the autoencoder is not variational.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import MultiScaleAutoencoderNet
    >>> latent = MultiScaleAutoencoderNet(16, 1, latent_size=4).encode(torch.zeros(5, 16, 1))
    >>> latent.mean.shape, latent.log_variance
    (torch.Size([5, 8]), None)
    """

    mean: Tensor
    log_variance: Tensor | None

    def draw(self) -> Tensor:
        """One draw of each; the mean where there is no variance."""
        if self.log_variance is None:
            return self.mean
        return self.mean + (0.5 * self.log_variance).exp() * torch.randn_like(self.mean)

    def divergence(self) -> Tensor:
        """Kullback-Leibler divergence from the standard normal, (batch,); zero without variance."""
        if self.log_variance is None:
            return self.mean.new_zeros(len(self.mean))
        inner = self.mean.square() + self.log_variance.exp() - 1 - self.log_variance
        return 0.5 * inner.sum(1)


class MultiScaleAutoencoderNet(nn.Module):
    """One encoder for each scale of a series, their latents side by side.

    ``decoding="joint"`` is the paper's form: encoders see the series, one decoder sees all
    latents. ``decoding="residual"`` goes from stage to stage: each encodes what the stages
    before have left of the series, and its decoder, which sees all latents so far, adds what
    a view of this scale can show. With ``scales=(1.0,)`` both are the plain autoencoder.

    Parameters
    ----------
    length : int
        Time points of a series.
    n_channels : int, default=1
        Channels of a series, encoded together.
    scales : sequence of float, default=(0.5, 1.0)
        Share of the series, or of its points, that each encoder sees, in (0, 1]. ``"residual"``
        goes through them in this order; one of them should be 1, or no single point can be
        reconstructed.
    view : str or sequence of str, default="first"
        What an encoder of scale s sees, for all or one for each scale. ``"first"`` (the paper)
        and ``"recent"``: this share of the series; ``"average"``, ``"max"``, ``"min"`` and
        ``"subsample"``: all of it, coarsened in blocks of 1 / s points, rounded, that end
        with the last point.
    decoding : {"joint", "residual"}, default="joint"
    latent_size : int or sequence of int, default=64
        Latent values of each encoder.
    hidden_size : int, default=256
        Hidden units of a plain autoencoder, in the encoder as in the decoder. For ``"joint"``
        those of the decoder, and an encoder of scale s has s times as many, so that the
        defaults are the sizes of the paper's listing. For ``"residual"`` a stage has this
        number divided by the sum of the scales: for views that coarsen that is about as many
        weights as the plain autoencoder of the same latent size has.
    dropout : float, default=0.0
        Dropout of the latent values while training.
    variational : bool, default=False
        Encode to a normal distribution, drawn from while training.
    n_features : int, default=0
        Features that encoders see beside the channels and no decoder reconstructs.

    Attributes
    ----------
    settings : dict or None
        Arguments it was built with, where the builder keeps them here: a saved network is built
        from them again.

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.

    Notes
    -----
    The paper's listing cuts ``x[:, :x.size(0) // 2]``, half the size of the batch. Here the half
    is one of the series, as its text says.

    References
    ----------
    Ayaz, Multi-scale latent representation for time series feature learning and augmentation,
    section III. The residual form is ours.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import MultiScaleAutoencoderNet
    >>> net = MultiScaleAutoencoderNet(length=96, n_channels=2, latent_size=8)
    >>> reconstruction, latent = net(torch.randn(5, 96, 2))
    >>> reconstruction.shape, latent.mean.shape
    (torch.Size([5, 96, 2]), torch.Size([5, 16]))
    """

    settings: dict[str, Any] | None = None

    def __init__(
        self,
        length: int,
        n_channels: int = 1,
        *,
        scales: Sequence[float] = (0.5, 1.0),
        view: str | Sequence[str] = "first",
        decoding: str = "joint",
        latent_size: int | Sequence[int] = 64,
        hidden_size: int = 256,
        dropout: float = 0.0,
        variational: bool = False,
        n_features: int = 0,
    ):
        super().__init__()
        self.length = check_integer("length", length, 1)
        self.n_channels = check_integer("n_channels", n_channels, 1)
        self.n_features = check_integer("n_features", n_features, 0)
        self.dropout = check_share("dropout", dropout)
        self.variational = check_flag("variational", variational)
        self.residual = check_choice("decoding", decoding, DECODINGS) == "residual"
        self.scales = check_scales(scales)
        sizes = _one_each("latent_size", latent_size, len(self.scales))
        self.latent_sizes = tuple(check_integer("latent_size", size, 1) for size in sizes)
        kinds = _one_each("view", view, len(self.scales))
        self.views = [
            View(check_choice("view", kind, VIEWS), scale, self.length)
            for kind, scale in zip(kinds, self.scales, strict=True)
        ]
        self._build(check_integer("hidden_size", hidden_size, 1))

    def _build(self, hidden_size: int) -> None:
        n_inputs = self.n_channels + self.n_features
        sizes, n_codes = self.latent_sizes, 2 if self.variational else 1
        factors = [1 / sum(self.scales)] * len(sizes) if self.residual else self.scales
        hidden = [max(1, round(factor * hidden_size)) for factor in factors]
        self.encoders = nn.ModuleList(
            two_layers(n_inputs * view.n_points, n_hidden, n_codes * size, nn.ReLU)
            for view, n_hidden, size in zip(self.views, hidden, sizes, strict=True)
        )
        if not self.residual:
            views, hidden, known = [View("first", 1.0, self.length)], [hidden_size], [sum(sizes)]
        else:
            views, known = self.views, [sum(sizes[: k + 1]) for k in range(len(sizes))]
        self._decoded = list(zip(known, views, strict=True))
        self.decoders = nn.ModuleList(
            two_layers(n_known, n_hidden, self.n_channels * view.n_points, nn.ReLU)
            for (n_known, view), n_hidden in zip(self._decoded, hidden, strict=True)
        )

    @property
    def n_latent(self) -> int:
        """Latent values of a series, of all encoders."""
        return sum(self.latent_sizes)

    def encode(
        self, x: Tensor, features: Tensor | None = None, mask: Tensor | None = None
    ) -> Latent:
        """Encode series; arguments as in `forward`."""
        return self._stages(x, features, mask)[0]

    def decode(self, z: Tensor) -> Tensor:
        """Reconstruct series (batch, length, n_channels) from latents z (batch, n_latent)."""
        parts = self.stages(z)
        return sum(parts[1:], parts[0])

    def stages(self, z: Tensor) -> list[Tensor]:
        """What every decoder adds to the series of latents z, each as `decode` returns it."""
        check_shape("z", z, ("batch", self.n_latent))
        parts = (self._part(k, z[:, :known]) for k, (known, _) in enumerate(self._decoded))
        return [part.transpose(1, 2) for part in parts]

    def forward(
        self, x: Tensor, features: Tensor | None = None, mask: Tensor | None = None
    ) -> tuple[Tensor, Latent]:
        """Reconstruct.

        Parameters
        ----------
        x : Tensor of shape (batch, length, n_channels)
            Series.
        features : Tensor of shape (batch, length, n_features), optional
        mask : bool Tensor of shape (batch, length, n_channels), optional
            True where a value was observed; what stands elsewhere, even nan, does not matter.
            Views pool what they have, an encoder sees zero where they have nothing.

        Returns
        -------
        Tensor of shape (batch, length, n_channels), Latent
        """
        latent, z, before = self._stages(x, features, mask)
        last = self._part(len(self.decoders) - 1, z)
        return (last if before is None else before + last).transpose(1, 2), latent

    def _stages(
        self, x: Tensor, features: Tensor | None, mask: Tensor | None
    ) -> tuple[Latent, Tensor, Tensor | None]:
        """Latents, what the decoders get of them, and the sum of all parts but the last."""
        check_tensor("x", x)
        check_shape("x", x, ("batch", self.length, self.n_channels))
        if mask is not None:
            check_shape("mask", mask, tuple(x.shape))
            x = torch.where(mask, x, torch.nan)
        series, beside = x.transpose(1, 2), self._beside(x.shape[0], features)
        codes: list[Latent] = []
        drawn: list[Tensor] = []
        total: Tensor | None = None
        for k, (encoder, view) in enumerate(zip(self.encoders, self.views, strict=True)):
            if self.residual and k:
                part = self._part(k - 1, torch.cat(drawn, dim=1))
                total = part if total is None else total + part
            left = series if total is None else series - total
            seen = left if beside is None else torch.cat((left, beside), dim=1)
            shown = view.of(seen, ignore_nan=mask is not None)
            if mask is not None:
                shown = torch.where(shown.isnan(), 0.0, shown)
            code = self._latent(encoder(shown.flatten(1)))
            codes.append(code)
            z = code.draw() if self.training else code.mean
            drawn.append(dropout(z, self.dropout, self.training))
        return _joined(codes), torch.cat(drawn, dim=1), total

    def _part(self, k: int, z: Tensor) -> Tensor:
        """What decoder ``k`` adds, (batch, n_channels, length)."""
        view = self._decoded[k][1]
        return view.restored(self.decoders[k](z).unflatten(1, (self.n_channels, view.n_points)))

    def _latent(self, code: Tensor) -> Latent:
        return Latent(*code.chunk(2, dim=1)) if self.variational else Latent(code, None)

    def _beside(self, n_series: int, features: Tensor | None) -> Tensor | None:
        shape = (n_series, self.length, self.n_features)
        if not self.n_features:
            return None
        if features is None:
            raise ValueError(f"features are needed, of shape {shape}")
        check_shape("features", features, shape)
        return features.transpose(1, 2)


def check_scales(scales: Sequence[float]) -> tuple[float, ...]:
    """Return the scales of the encoders; ValueError unless all lie in (0, 1]."""
    values = tuple(scales) if isinstance(scales, Sequence) and not isinstance(scales, str) else ()
    if not values:
        raise ValueError(f"scales must be a sequence of at least one number, got {scales!r}")
    for scale in values:
        if isinstance(scale, bool) or not isinstance(scale, Real) or not 0 < scale <= 1:
            raise ValueError(f"scales must lie in (0, 1], got {scale!r}")
    return values


def _one_each(name: str, value: object, n: int) -> tuple:
    """``value`` for each of ``n`` scales, given once or as a sequence."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return (value,) * n
    if len(value) != n:
        raise ValueError(f"{name} must be one value or one for each of {n} scales, got {value!r}")
    return tuple(value)


def _joined(codes: Sequence[Latent]) -> Latent:
    means, log_variances = zip(*codes, strict=True)
    if log_variances[0] is None:
        return Latent(torch.cat(means, dim=1), None)
    return Latent(torch.cat(means, dim=1), torch.cat(log_variances, dim=1))
