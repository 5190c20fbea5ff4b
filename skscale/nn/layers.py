"""Layers shared by the networks."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

__all__ = ["CircularEmbedding", "RevIN", "RevINState"]


class RevINState(NamedTuple):
    """Location and scale of each window and channel, shape ``(batch, 1, n_channels)``."""

    location: Tensor
    scale: Tensor


class RevIN(nn.Module):
    """Reversible instance normalisation of every window and channel.

    The statistics are returned, not stored: a forward pass leaves no trace on the module.

    Parameters
    ----------
    n_channels : int
        Number of channels.
    affine : bool, default=True
        Learn a weight and a bias per channel, as in the original.
    normalize : bool, default=True
        False makes both directions the identity (the parameters stay, unused, so that a
        checkpoint trained without normalisation still loads).
    eps : float, default=1e-5
        Added to the variance.

    References
    ----------
    Kim et al. (2022), Reversible instance normalization for accurate time-series forecasting
    against distribution shift, ICLR.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import RevIN
    >>> x = torch.arange(12.0).reshape(1, 6, 2)
    >>> norm = RevIN(n_channels=2)
    >>> z, state = norm(x)
    >>> bool(torch.allclose(norm.inverse(z, state), x, atol=1e-5))
    True
    """

    def __init__(
        self, n_channels: int, affine: bool = True, normalize: bool = True, eps: float = 1e-5
    ):
        super().__init__()
        self.normalize = normalize
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(n_channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(n_channels)) if affine else None

    def forward(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, RevINState]:
        """Normalise ``x``.

        Parameters
        ----------
        x : Tensor of shape (batch, length, n_channels)
            Windows.
        mask : bool Tensor of shape (batch, length), optional
            False marks padding: it does not enter the statistics and becomes zero.

        Returns
        -------
        Tensor of shape (batch, length, n_channels), RevINState
        """
        state = self._statistics(x.detach(), mask)
        if self.normalize:
            x = (x - state.location) / state.scale
            if self.weight is not None and self.bias is not None:
                x = x * self.weight + self.bias
        if mask is not None:
            x = x.masked_fill(~mask.unsqueeze(-1), 0.0)
        return x, state

    def _statistics(self, x: Tensor, mask: Tensor | None) -> RevINState:
        if mask is None:
            variance, location = torch.var_mean(x, dim=1, correction=0, keepdim=True)
        else:
            observed = mask.unsqueeze(-1).to(x.dtype)
            count = observed.sum(1, keepdim=True).clamp(min=1.0)
            location = (x * observed).sum(1, keepdim=True) / count
            variance = ((x - location).square() * observed).sum(1, keepdim=True) / count
        return RevINState(location, (variance + self.eps).sqrt())

    def inverse(self, y: Tensor, state: RevINState) -> Tensor:
        """Bring ``y`` of shape (batch, length, n_channels) back to the scale of the input."""
        if not self.normalize:
            return y
        factor, offset = self.inverse_coefficients(state)
        return torch.addcmul(offset, y, factor)

    def inverse_coefficients(self, state: RevINState) -> tuple[Tensor, Tensor]:
        """Factor and offset of the inverse, both of shape (batch, 1, n_channels)."""
        if not self.normalize:
            return torch.ones_like(state.scale), torch.zeros_like(state.location)
        if self.weight is None or self.bias is None:
            return state.scale, state.location
        # eps**2 keeps the published rule for a weight that training drove to zero.
        factor = state.scale / (self.weight + self.eps**2)
        return factor, state.location - self.bias * factor


class CircularEmbedding(nn.Module):
    """Token embedding: a three-tap circular convolution from ``in_channels`` to ``d_model``.

    Parameters
    ----------
    in_channels : int
        1 for channel-independent networks.
    d_model : int
        Embedding size.
    """

    def __init__(self, in_channels: int, d_model: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(d_model, in_channels, 3))
        nn.init.kaiming_normal_(self.weight, mode="fan_in", nonlinearity="leaky_relu")

    @staticmethod
    def shifts(x: Tensor) -> Tensor:
        """Stack the three neighbours of every point, ``(..., length)`` to ``(3, ..., length)``."""
        return torch.stack((x.roll(1, -1), x, x.roll(-1, -1)))

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(batch, in_channels, length)`` to ``(batch, d_model, length)``."""
        return torch.einsum("dck,kbct->bdt", self.weight, self.shifts(x))
