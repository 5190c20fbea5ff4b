"""Quantiles of the errors of a forecast, by what the window looks like."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skscale.nn.layers.checks import check_integer
from skscale.nn.layers.masking import hide

__all__ = ["QuantileHead"]

# Where errors, of mean size one, are stretched by another factor.
_KNOTS = (0.0, 0.75, 2.0)
_STRONGEST = 2.0  # logarithm of a factor, at most


class QuantileHead(nn.Module):
    """Stretches the distribution of errors by a monotone map for every window and step.

    The map is linear between knots, so that quantiles never cross, and leaves zero where it is.
    It begins as the identity: what is known of errors without the window. The same for all
    channels.

    Parameters
    ----------
    context_length, prediction_length : int
    hidden_size : int, default=16

    Raises
    ------
    ValueError
        If a size is not a positive integer; names it.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import QuantileHead
    >>> head = QuantileHead(context_length=24, prediction_length=6)
    >>> factors = head(torch.randn(3, 24, 2))
    >>> head.stretched(factors, torch.tensor([-1.5, 0.0, 3.0]))[:, 0, 0, 0]
    tensor([-1.5000,  0.0000,  3.0000], grad_fn=<SelectBackward0>)
    """

    def __init__(self, context_length: int, prediction_length: int, hidden_size: int = 16):
        super().__init__()
        context_length = check_integer("context_length", context_length, 1)
        self.prediction_length = check_integer("prediction_length", prediction_length, 1)
        hidden_size = check_integer("hidden_size", hidden_size, 1)
        self.settings = {
            "context_length": context_length,
            "prediction_length": self.prediction_length,
            "hidden_size": hidden_size,
        }
        self.first = nn.Linear(context_length, hidden_size)
        self.last = nn.Linear(hidden_size, self.prediction_length * 2 * len(_KNOTS))
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Factors of the map between its knots.

        Parameters
        ----------
        x : Tensor of shape (batch, context_length, n_channels)
            Windows, in the unit of a typical change.
        mask : bool Tensor of shape (batch, context_length) or (..., n_channels), optional
            False where nothing was observed.

        Returns
        -------
        Tensor of shape (batch, prediction_length, n_channels, 6)
            Below zero, from zero outwards, then above.
        """
        x = torch.asinh(hide(x, mask)).transpose(1, 2)
        found = self.last(torch.relu(self.first(x)))
        found = found.unflatten(-1, (self.prediction_length, -1)).transpose(1, 2)
        return torch.exp(_STRONGEST * torch.tanh(found))

    @staticmethod
    def stretched(factors: Tensor, errors: Tensor) -> Tensor:
        """Map ``errors`` (n,) by every window's factors, (n, batch, steps, n_channels)."""
        return torch.einsum("ek,btck->ebtc", _parts(errors, errors.new_tensor(_KNOTS)), factors)

    @staticmethod
    def shrunk(factors: Tensor, errors: Tensor) -> Tensor:
        """Undo the map for errors (batch, steps, n_channels)."""
        knots = factors.new_tensor(_KNOTS)
        lengths = torch.cat((knots.diff(), knots.new_tensor([torch.inf])))
        below, above = factors.chunk(2, dim=-1)
        factor = torch.where(errors.unsqueeze(-1) < 0, below, above)
        ends = (factor[..., :-1] * lengths[:-1]).cumsum(dim=-1)
        starts = torch.cat((torch.zeros_like(ends[..., :1]), ends), dim=-1)
        size = errors.abs().unsqueeze(-1)
        part = torch.minimum((size - starts).clamp(min=0) / factor, lengths)
        return part.sum(dim=-1) * errors.sign()


def _parts(errors: Tensor, knots: Tensor) -> Tensor:
    """Part of every error between knots, (n, 6): below zero, then above."""
    lengths = torch.cat((knots.diff(), knots.new_tensor([torch.inf])))
    outwards = errors.unsqueeze(-1)
    below, above = (
        torch.minimum((side * outwards - knots).clamp(min=0), lengths) for side in (-1, 1)
    )
    return torch.cat((-below, above), dim=-1)
