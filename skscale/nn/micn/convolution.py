"""Convolutions of MICN along time, as products."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool1d, conv1d, linear, pad

from skscale.nn.layers.dense import dense
from skscale.ops.tracing import exporting

__all__ = ["CausalConvolution", "TokenMap", "TokenSpread", "moving_average", "odd"]


def odd(kernel: int) -> int:
    """Window of the moving average that goes with a kernel."""
    return kernel + 1 - kernel % 2


def moving_average(x: Tensor, window: int) -> Tensor:
    """Mean of an odd ``window`` along the second axis of (batch, length, n), ends repeated."""
    half = window // 2
    first, last = (end.expand(-1, half, -1) for end in (x[:, :1], x[:, -1:]))
    wide = torch.cat((first, x, last), dim=1)
    return avg_pool1d(wide.transpose(1, 2), window, stride=1).transpose(1, 2)


class TokenMap(nn.Module):
    """Convolution whose stride is its kernel: a linear map of every ``kernel`` points.

    The first token is centred at the first point.

    Parameters
    ----------
    d_model, kernel : int
    """

    def __init__(self, d_model: int, kernel: int):
        super().__init__()
        self.kernel = kernel
        self.map = dense(kernel * d_model, d_model)

    def n_tokens(self, length: int) -> int:
        """Tokens of ``length`` points."""
        return (length - self.kernel % 2) // self.kernel + 1

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, length, d_model) to (batch, n_tokens, d_model)."""
        before, length = self.kernel // 2, x.shape[1]
        after = self.n_tokens(length) * self.kernel - before - length  # may cut
        wide = pad(x, (0, 0, before, after))
        return self.map(wide.unflatten(1, (-1, self.kernel)).flatten(2))


class CausalConvolution(nn.Module):
    """Convolution as long as the sequence: every token sees itself and all before.

    By Fourier transform: a multiple of ``length`` products instead of its square.

    Parameters
    ----------
    d_model : int
    length : int
        Tokens of the sequence.
    """

    def __init__(self, d_model: int, length: int):
        super().__init__()
        bound = (d_model * length) ** -0.5
        weight = torch.empty(d_model, d_model, length, dtype=torch.float32)
        self.weight = nn.Parameter(weight.uniform_(-bound, bound))  # last tap: the token itself
        bias = torch.empty(d_model, dtype=torch.float32)
        self.bias = nn.Parameter(bias.uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, length, d_model) to the same shape."""
        length = x.shape[1]
        if exporting():  # exchange formats know no complex numbers
            return self._plain(x.to(self.weight.dtype)).transpose(1, 2) + self.bias
        n = 2 * length  # nothing comes round
        taps = torch.fft.rfft(self.weight.flip(-1), n)
        product = torch.einsum(
            "bti,oit->bto", torch.fft.rfft(x.to(self.weight.dtype), n, dim=1), taps
        )
        return torch.fft.irfft(product, n, dim=1)[:, :length] + self.bias

    def _plain(self, x: Tensor) -> Tensor:
        """The products one by one, (batch, d_model, length)."""
        return conv1d(pad(x.transpose(1, 2), (x.shape[1] - 1, 0)), self.weight)


class TokenSpread(nn.Module):
    """Transposed convolution whose stride is its kernel: every token becomes ``kernel`` points.

    Parameters
    ----------
    d_model, kernel : int
    """

    def __init__(self, d_model: int, kernel: int):
        super().__init__()
        bound = (d_model * kernel) ** -0.5
        weight = torch.empty(kernel, d_model, d_model, dtype=torch.float32)
        self.weight = nn.Parameter(weight.uniform_(-bound, bound))
        bias = torch.empty(d_model, dtype=torch.float32)
        self.bias = nn.Parameter(bias.uniform_(-bound, bound))

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (batch, n_tokens, d_model) to (batch, n_tokens * kernel, d_model)."""
        kernel, d_model, _ = self.weight.shape
        points = linear(tokens, self.weight.flatten(0, 1), self.bias.repeat(kernel))
        return points.unflatten(2, (kernel, d_model)).flatten(1, 2)
