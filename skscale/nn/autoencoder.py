"""Autoencoder whose encoders see a series at several scales."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from skscale import ops
from skscale.nn._checks import check_choice, check_integer, check_shape

__all__ = ["Latent", "MultiScaleAutoencoderNet"]

VIEWS: dict[str, Callable[[Tensor, float], Tensor]] = {
    "first": lambda x, scale: x[..., : _n_points(x, scale)],
    "recent": lambda x, scale: x[..., -_n_points(x, scale) :],
    "average": lambda x, scale: ops.average_pool(x, _block(x, scale), "renormalise", "end"),
    "max": lambda x, scale: ops.max_pool(x, _block(x, scale), "renormalise", "end"),
    "min": lambda x, scale: ops.min_pool(x, _block(x, scale), "renormalise", "end"),
    "subsample": lambda x, scale: ops.subsample(x, _block(x, scale), "keep", "end"),
}


class Latent(NamedTuple):
    """Distribution of the latent vector of every series, shape (batch, n_latent).

    ``log_variance`` is None where the autoencoder is not variational.
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
    """One encoder for each scale of a series, their latents side by side, one decoder.

    An encoder and the decoder have one hidden layer. An encoder of scale s has
    ``s * hidden_size`` hidden units, so that the defaults are the sizes of the paper's listing.

    Parameters
    ----------
    length : int
        Time points of a series.
    n_channels : int, default=1
        Channels of a series, encoded together.
    scales : sequence of float, default=(0.5, 1.0)
        Share of the series, or of its points, that each encoder sees, in (0, 1]; ``(1.0,)`` is
        the plain autoencoder.
    view : str or sequence of str, default="first"
        What an encoder of scale s sees, for all or one for each scale. ``"first"`` (the paper)
        and ``"recent"``: this share of the series; ``"average"``, ``"max"``, ``"min"`` and
        ``"subsample"``: all of it, coarsened in blocks of 1 / s points, rounded, that end
        with the last point.
    latent_size : int or sequence of int, default=64
        Latent values of each encoder.
    hidden_size : int, default=256
        Hidden units of the decoder, and of an encoder of scale 1.
    dropout : float, default=0.0
        Dropout of the latent values while training.
    variational : bool, default=False
        Encode to a normal distribution, drawn from while training.
    n_features : int, default=0
        Features that encoders see beside the channels and the decoder does not reconstruct.

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
    section III.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import MultiScaleAutoencoderNet
    >>> net = MultiScaleAutoencoderNet(length=96, n_channels=2, latent_size=8)
    >>> reconstruction, latent = net(torch.randn(5, 96, 2))
    >>> reconstruction.shape, latent.mean.shape
    (torch.Size([5, 96, 2]), torch.Size([5, 16]))
    """

    def __init__(
        self,
        length: int,
        n_channels: int = 1,
        *,
        scales: Sequence[float] = (0.5, 1.0),
        view: str | Sequence[str] = "first",
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
        check_integer("hidden_size", hidden_size, 1)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be in [0, 1), got {dropout}")
        self.dropout = dropout
        self.variational = variational
        self.scales = check_scales(scales)
        self.views = _one_each("view", view, len(self.scales))
        self.latent_sizes = _one_each("latent_size", latent_size, len(self.scales))
        for name in self.views:
            check_choice("view", name, tuple(VIEWS))
        for size in self.latent_sizes:
            check_integer("latent_size", size, 1)
        n_inputs = self.n_channels + self.n_features
        self.encoders = nn.ModuleList(
            _perceptron(
                n_inputs * VIEWS[name](torch.zeros(1, length), scale).shape[-1],
                max(1, round(scale * hidden_size)),
                size * (2 if variational else 1),
            )
            for scale, name, size in zip(self.scales, self.views, self.latent_sizes, strict=True)
        )
        self.decoder = _perceptron(sum(self.latent_sizes), hidden_size, length * self.n_channels)

    @property
    def n_latent(self) -> int:
        """Latent values of a series, of all encoders."""
        return sum(self.latent_sizes)

    def encode(self, x: Tensor, features: Tensor | None = None) -> Latent:
        """Encode x (batch, length, n_channels) and features (batch, length, n_features)."""
        check_shape("x", x, (len(x), self.length, self.n_channels))
        if self.n_features:
            if features is None:
                raise ValueError(f"features are needed: (batch, {self.length}, {self.n_features})")
            check_shape("features", features, (len(x), self.length, self.n_features))
            x = torch.cat((x, features), dim=2)
        series = x.transpose(1, 2)
        codes = [
            encoder(VIEWS[view](series, scale).flatten(1))
            for encoder, view, scale in zip(self.encoders, self.views, self.scales, strict=True)
        ]
        if not self.variational:
            return Latent(torch.cat(codes, dim=1), None)
        means, log_variances = zip(*(code.chunk(2, dim=1) for code in codes), strict=True)
        return Latent(torch.cat(means, dim=1), torch.cat(log_variances, dim=1))

    def decode(self, z: Tensor) -> Tensor:
        """Reconstruct series (batch, length, n_channels) from latents z (batch, n_latent)."""
        check_shape("z", z, (len(z), self.n_latent))
        return self.decoder(z).unflatten(1, (self.n_channels, self.length)).transpose(1, 2)

    def forward(self, x: Tensor, features: Tensor | None = None) -> tuple[Tensor, Latent]:
        """Reconstruct.

        Parameters
        ----------
        x : Tensor of shape (batch, length, n_channels)
            Series.
        features : Tensor of shape (batch, length, n_features), optional

        Returns
        -------
        Tensor of shape (batch, length, n_channels), Latent
        """
        latent = self.encode(x, features)
        z = latent.draw() if self.training else latent.mean
        return self.decode(dropout(z, self.dropout, self.training)), latent


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


def _n_points(x: Tensor, scale: float) -> int:
    return max(1, round(scale * x.shape[-1]))


def _block(x: Tensor, scale: float) -> int:
    """Points of a block that becomes one."""
    return min(x.shape[-1], round(1 / scale))


def _perceptron(n_inputs: int, n_hidden: int, n_outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_inputs, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_outputs))
