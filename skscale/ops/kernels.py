"""Symmetric kernels, given by one-sided weights, applied along time."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

__all__ = ["apply_symmetric_kernel", "kernel_half_width", "toeplitz"]

METHODS = ("auto", "dense", "truncated", "fft")

_BLOCK = 64


def apply_symmetric_kernel(
    weights: Tensor, x: Tensor, method: str = "auto", tolerance: float = 1e-6
) -> Tensor:
    """Convolve ``x`` with a symmetric kernel along time, zero beyond both ends.

    Parameters
    ----------
    weights : Tensor of shape (length,) or (batch, length)
        One-sided weights by distance; with two dimensions, one kernel for each entry of the
        first dimension of ``x``.
    x : Tensor of shape (..., length)
        Series.
    method : {"auto", "dense", "truncated", "fft"}, default="auto"
        ``"dense"`` multiplies with the Toeplitz matrix, ``"truncated"`` convolves with the
        distances that hold all but ``tolerance`` of the kernel's mass (linear memory; reads
        the width back from the device), ``"fft"`` multiplies spectra. ``"auto"`` takes the
        one that measured fastest for the length and device: dense for short series, beyond
        that truncated on CPU and fft elsewhere.
    tolerance : float, default=1e-6
        Share of the mass that ``"truncated"`` may leave out (Sigma paper, Eq. 10).

    Returns
    -------
    Tensor of the shape of ``x``

    Raises
    ------
    ValueError
        If ``method`` is unknown, ``tolerance`` is not in [0, 1) or the shapes do not fit.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import apply_symmetric_kernel, discrete_gaussian
    >>> x = torch.zeros(1, 9)
    >>> x[0, 4] = 1.0
    >>> apply_symmetric_kernel(discrete_gaussian(0.5, 9), x)[0, 3:6]
    tensor([0.1564, 0.6450, 0.1564])
    """
    _check_application(weights, x, method, tolerance)
    if method == "auto":
        method = _fastest_method(weights, x)
    if method == "dense":
        return _apply_dense(weights, x)
    if method == "fft":
        return _apply_fft(weights, x)
    return _apply_truncated(weights, x, tolerance)


def toeplitz(weights: Tensor) -> Tensor:
    """Symmetric Toeplitz matrices ``K[i, j] = weights[|i - j|]``.

    Parameters
    ----------
    weights : Tensor of shape (..., length)

    Returns
    -------
    Tensor of shape (..., length, length)

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import toeplitz
    >>> toeplitz(torch.tensor([2.0, 1.0, 0.0]))
    tensor([[2., 1., 0.],
            [1., 2., 1.],
            [0., 1., 2.]])
    """
    length = weights.shape[-1]
    two_sided = torch.cat((weights.flip(-1)[..., :-1], weights), dim=-1)
    return two_sided.unfold(-1, length, 1).flip(-2)


def kernel_half_width(weights: Tensor, tolerance: float = 1e-6) -> int:
    """Smallest ``w`` such that distances beyond ``w`` hold at most ``tolerance`` of the mass.

    Parameters
    ----------
    weights : Tensor of shape (..., length)
        One-sided weights; the largest width over the leading dimensions is returned.
    tolerance : float, default=1e-6
        Share of the two-sided mass (Sigma paper, Eq. 10).

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import discrete_gaussian, kernel_half_width
    >>> weights = discrete_gaussian(torch.tensor(2.0), 50)
    >>> kernel_half_width(weights)
    8
    """
    mass = weights.detach().abs().to(torch.float64)
    mass = torch.cat((mass[..., :1], 2 * mass[..., 1:]), dim=-1)
    # Summed from the far end, so that small tails are not lost beside the centre.
    tail = mass.flip(-1).cumsum(-1).flip(-1)
    beyond = torch.cat((tail[..., 1:], torch.zeros_like(tail[..., :1])), dim=-1)
    fits = beyond <= tolerance * tail[..., :1]
    return int(fits.to(torch.uint8).argmax(-1).max())


def _apply_dense(weights: Tensor, x: Tensor) -> Tensor:
    matrix = toeplitz(weights)
    if weights.dim() == 1:
        return x @ matrix
    return (x.reshape(x.shape[0], -1, x.shape[-1]) @ matrix).reshape(x.shape)


def _apply_fft(weights: Tensor, x: Tensor) -> Tensor:
    length = x.shape[-1]
    n = _fast_length(2 * length - 1)
    circular = torch.cat(
        (weights, weights.new_zeros(*weights.shape[:-1], n - 2 * length + 1)), dim=-1
    )
    circular = torch.cat((circular, weights[..., 1:].flip(-1)), dim=-1)
    # The spectrum of a symmetric kernel is real.
    spectrum = torch.fft.rfft(circular).real
    if weights.dim() == 2:
        spectrum = spectrum.reshape(x.shape[0], *[1] * (x.dim() - 2), -1)
    return torch.fft.irfft(torch.fft.rfft(x, n=n) * spectrum, n=n)[..., :length]


def _apply_truncated(weights: Tensor, x: Tensor, tolerance: float) -> Tensor:
    width = kernel_half_width(weights, tolerance)
    near = weights[..., : width + 1]
    kernel = torch.cat((near[..., 1:].flip(-1), near), dim=-1)
    # Overlapping blocks of the series times one band matrix: a small matrix product, seven
    # times faster on CPU than conv1d, which is slow for one channel and many taps.
    length, block = x.shape[-1], max(_BLOCK, 2 * width)
    n_blocks = -(-length // block)
    padded = pad(x, (width, width + n_blocks * block - length))
    windows = padded.unfold(-1, block + 2 * width, block)
    band = pad(kernel, (block - 1, block - 1)).unfold(-1, block, 1).flip(-1)
    if weights.dim() == 1:
        # Flattened first: twice as fast as a product with overlapping windows in place.
        smooth = windows.reshape(-1, block + 2 * width) @ band
    else:
        smooth = windows.reshape(x.shape[0], -1, block + 2 * width) @ band
    return smooth.reshape(*x.shape[:-1], n_blocks * block)[..., :length]


def _fastest_method(weights: Tensor, x: Tensor) -> str:
    # Crossovers measured by examples/benchmarks/gaussian.py on two CPU cores. Elsewhere
    # "truncated" would wait for the device to learn its width, so fft takes over.
    if x.device.type == "cpu":
        return "dense" if x.shape[-1] <= 256 else "truncated"
    return "dense" if x.shape[-1] <= 1024 else "fft"


def _fast_length(n: int) -> int:
    """Smallest number from ``n`` up with no prime factor beyond 5."""
    while True:
        rest = n
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return n
        n += 1


def _check_application(weights: Tensor, x: Tensor, method: str, tolerance: float) -> None:
    if method not in METHODS:
        raise ValueError(f"method must be one of {METHODS}, got {method!r}")
    if not 0 <= tolerance < 1:
        raise ValueError(f"tolerance must be in [0, 1), got {tolerance}")
    if weights.shape[-1] != x.shape[-1]:
        raise ValueError(
            f"weights hold {weights.shape[-1]} distances, but x has {x.shape[-1]} time points; "
            "they must be equal"
        )
    if weights.dim() > 2 or (weights.dim() == 2 and weights.shape[0] != x.shape[0]):
        raise ValueError(
            f"weights must have shape (length,) or (batch, length) with the batch of x, got "
            f"{tuple(weights.shape)} for x of shape {tuple(x.shape)}"
        )
