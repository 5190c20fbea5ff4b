"""Approximation coefficients of orthogonal wavelets, and series with these coefficients."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from skscale.ops.blocks import check_scale
from skscale.ops.edges import check_option, extend

__all__ = ["check_level", "wavelet_approximation", "wavelet_reconstruction"]

WAVELET_EDGES = ("periodic", "zero", "reflect", "replicate")
WAVELET_REMAINDERS = ("drop", "error", "replicate")


def wavelet_approximation(
    x: Tensor,
    lowpass: Sequence[float],
    level: int,
    edges: str = "periodic",
    remainder: str = "drop",
) -> Tensor:
    """Approximation coefficients of an orthogonal wavelet decomposition.

    Parameters
    ----------
    x : Tensor of shape (..., length)
        Series, floating point.
    lowpass : sequence of float
        Decomposition low-pass filter, an even number of taps (``pywt.Wavelet(...).dec_lo``).
    level : int
        Number of halvings, with ``2**level <= length``.
    edges : {"periodic", "zero", "reflect", "replicate"}, default="periodic"
        Extension of the series. Only ``"periodic"`` gives ``length / 2**level`` coefficients
        on an orthonormal basis, which the Sigma paper's Table 1 and proof ask for. It is
        PyWavelets' ``"periodization"``; the others are its ``"zero"``, ``"symmetric"`` and
        ``"constant"`` and give a few coefficients more.
    remainder : {"drop", "error", "replicate"}, default="drop"
        For periodic edges and a length that ``2**level`` does not divide: leave out the last
        points, refuse, or repeat the last value wherever a level meets an odd length
        (PyWavelets' way). The other edges take any length.

    Returns
    -------
    Tensor of shape (..., n_coefficients)

    Raises
    ------
    ValueError
        If ``level`` is not a whole number >= 1 with ``2**level <= length``, or an option is
        unknown.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import wavelet_approximation
    >>> haar = [0.5**0.5, 0.5**0.5]
    >>> wavelet_approximation(torch.tensor([1.0, 1.0, 3.0, 5.0]), haar, level=2)
    tensor([5.])
    """
    level = check_level(level, x.shape[-1])
    check_option("edges", edges, WAVELET_EDGES)
    check_option("remainder", remainder, WAVELET_REMAINDERS)
    taps = [float(h) for h in reversed(lowpass)]
    excess = x.shape[-1] % 2**level if edges == "periodic" else 0
    if excess and remainder == "error":
        raise ValueError(
            f"remainder='error': the length {x.shape[-1]} is not a multiple of 2**scale = "
            f"{2**level}; choose 'drop' or 'replicate'"
        )
    if excess and remainder == "drop":
        x = x[..., :-excess]
    for _ in range(level):
        x = _halve(x, taps, edges)
    return x


def wavelet_reconstruction(
    coefficients: Tensor,
    lowpass: Sequence[float],
    level: int,
    length: int,
    edges: str = "periodic",
    remainder: str = "drop",
) -> Tensor:
    """Series whose approximation is ``coefficients`` and whose details are zero.

    Parameters
    ----------
    coefficients : Tensor of shape (..., n_coefficients)
        Result of :func:`wavelet_approximation`.
    length : int
        Length of the original series; points that were left out repeat the last value.
    lowpass, level, edges, remainder
        As given there.

    Returns
    -------
    Tensor of shape (..., length)
        For periodic edges and a length that divides this is the orthogonal projection of
        the series on the approximation space.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import wavelet_reconstruction
    >>> haar = [0.5**0.5, 0.5**0.5]
    >>> wavelet_reconstruction(torch.tensor([5.0]), haar, level=2, length=5)
    tensor([2.5000, 2.5000, 2.5000, 2.5000, 2.5000])
    """
    level = check_level(level, length)
    whole = length - length % 2**level if edges == "periodic" and remainder == "drop" else length
    lengths = [whole]
    for _ in range(level - 1):
        lengths.append(_half_length(lengths[-1], len(lowpass), edges))
    y = coefficients
    for finer in reversed(lengths):
        y = _double(y, [float(h) for h in reversed(lowpass)], finer, edges)
    return extend(y, 0, length - whole, "replicate")


def check_level(level: object, length: int) -> int:
    """Return a wavelet level as an int, or raise a ValueError that says what is wrong.

    Examples
    --------
    >>> from skscale.ops import check_level
    >>> check_level(2.0, length=16)
    2
    """
    level = check_scale(level)
    if level > length.bit_length() - 1:
        raise ValueError(
            f"scale={level} halves the series {level} times and so needs 2**{level} time points; "
            f"n_features = {length}"
        )
    return level


def _halve(x: Tensor, taps: list[float], edges: str) -> Tensor:
    """One level: correlate with ``taps`` and keep every second value."""
    n_taps = len(taps)
    if edges == "periodic":
        x = extend(x, 0, x.shape[-1] % 2, "replicate")
        x = extend(x, n_taps // 2 - 1, n_taps // 2 - 1, "periodic")
    else:
        x = extend(x, n_taps - 2, n_taps - 1, edges)
    phases = (x[..., ::2], x[..., 1::2])
    if n_taps > 2:  # then copies pay: every pass below runs over contiguous memory
        phases = (phases[0].contiguous(), phases[1].contiguous())
    n = (x.shape[-1] - n_taps) // 2 + 1
    out = phases[0][..., :n] * taps[0]
    for i, tap in enumerate(taps[1:], start=1):
        out = out.add_(phases[i % 2][..., i // 2 : i // 2 + n], alpha=tap)
    return out


def _half_length(length: int, n_taps: int, edges: str) -> int:
    return -(-length // 2) if edges == "periodic" else (length + n_taps - 1) // 2


def _double(y: Tensor, taps: list[float], length: int, edges: str) -> Tensor:
    """Transpose of :func:`_halve` (without its extension): the synthesis low-pass."""
    n_taps, n = len(taps), y.shape[-1]
    full = y.new_zeros(*y.shape[:-1], 2 * n + n_taps - 2)
    for i, tap in enumerate(taps):
        full[..., i : i + 2 * n : 2] += tap * y
    if edges != "periodic":
        return full[..., n_taps - 2 : n_taps - 2 + length]
    shift = n_taps // 2 - 1
    position = (torch.arange(full.shape[-1], device=y.device) - shift).remainder(2 * n)
    folded = y.new_zeros(*y.shape[:-1], 2 * n).index_add_(-1, position, full)
    return folded[..., :length]
