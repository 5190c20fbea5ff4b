"""Normalisation of windows."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from skscale.nn.layers.checks import check_flag, check_integer, check_number
from skscale.nn.layers.masking import hide
from skscale.ops import masked_mean

__all__ = ["RevIN", "RevINState"]


class RevINState(NamedTuple):
    """Location and scale of each window and channel, shape ``(batch, 1, n_channels)``.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import RevIN
    >>> _, state = RevIN(n_channels=1)(torch.tensor([[[1.0], [3.0]]]))
    >>> state.location.item()
    2.0
    """

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
    subtract_last : bool, default=False
        Take the last value for the location instead of the mean (the deviation stays that from
        the mean), as an option of the original does.

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.

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
        self,
        n_channels: int,
        affine: bool = True,
        normalize: bool = True,
        eps: float = 1e-5,
        subtract_last: bool = False,
    ):
        super().__init__()
        check_integer("n_channels", n_channels, 1)
        self.normalize = check_flag("normalize", normalize)
        self.eps = check_number("eps", eps, 0.0)
        self.guard = (
            self.eps**2
        )  # added to weights, should training drive one to zero; as published
        affine = check_flag("affine", affine)
        self.subtract_last = check_flag("subtract_last", subtract_last)
        ones, zeros = (f(n_channels, dtype=torch.float32) for f in (torch.ones, torch.zeros))
        self.weight = nn.Parameter(ones) if affine else None
        self.bias = nn.Parameter(zeros) if affine else None

    def forward(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, RevINState]:
        """Normalise ``x``.

        Parameters
        ----------
        x : Tensor of shape (batch, length, n_channels)
            Windows.
        mask : bool Tensor of shape (batch, length) or (batch, length, n_channels), optional
            False marks what was not observed: it does not enter the statistics. What is before
            the first observed value is padding and becomes zero, whatever stands there; what is
            behind must have been filled, and stays.

        Returns
        -------
        Tensor of shape (batch, length, n_channels), RevINState
        """
        x = hide(x, mask)
        state = self._statistics(x.detach(), mask)
        if self.normalize:
            x = (x - state.location) / state.scale
            if self.weight is not None and self.bias is not None:
                x = x * self.weight + self.bias
        return hide(x, mask), state

    def _statistics(self, x: Tensor, mask: Tensor | None) -> RevINState:
        if mask is None:
            variance, location = torch.var_mean(x, dim=1, correction=0, keepdim=True)
        else:
            location = masked_mean(x, mask)
            variance = masked_mean((x - location).square(), mask)
        if self.subtract_last:
            location = x[:, -1:]
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
        factor = state.scale / (self.weight + self.guard)
        return factor, state.location - self.bias * factor
