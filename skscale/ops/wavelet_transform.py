"""Whole wavelet transforms: approximation and details, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

__all__ = [
    "FilterBank",
    "coefficient_lengths",
    "filter_bank",
    "wavelet_analysis",
    "wavelet_synthesis",
]

_ROOT = 3.0**0.5
_LOWPASS = {  # known by heart, so that PyWavelets need not be there
    "haar": (0.5**0.5, 0.5**0.5),
    "db2": tuple(h / (32.0**0.5) for h in (1 - _ROOT, 3 - _ROOT, 3 + _ROOT, 1 + _ROOT)),
}


class FilterBank(NamedTuple):
    """Filters of a wavelet, low pass and high pass, ordered as PyWavelets has them.

    Attributes
    ----------
    decomposition, reconstruction : float64 Tensor of shape (2, n_taps)

    Examples
    --------
    >>> from skscale.ops import filter_bank
    >>> filter_bank("haar").decomposition.shape
    torch.Size([2, 2])
    """

    decomposition: Tensor
    reconstruction: Tensor


def filter_bank(wavelet: str) -> FilterBank:
    """Filters of a discrete wavelet.

    Parameters
    ----------
    wavelet : str
        A name that PyWavelets knows. ``"haar"`` and ``"db2"`` do without it.

    Raises
    ------
    ValueError
        If there is no such wavelet.
    ImportError
        If its filters come from PyWavelets, which is not installed.

    Examples
    --------
    >>> from skscale.ops import filter_bank
    >>> filter_bank("haar").decomposition.float()
    tensor([[ 0.7071,  0.7071],
            [-0.7071,  0.7071]])
    """
    if wavelet in _LOWPASS:
        low = _LOWPASS[wavelet]
        high = tuple((-1) ** (k + 1) * h for k, h in enumerate(reversed(low)))
        return _bank((low, high), (low[::-1], high[::-1]))
    try:
        import pywt
    except ImportError as error:
        raise ImportError(
            f"wavelet={wavelet!r} takes its filter from PyWavelets, which is not installed: "
            "pip install skscale[wavelets]"
        ) from error
    if wavelet not in pywt.wavelist(kind="discrete"):
        raise ValueError(f"wavelet must name a discrete wavelet of PyWavelets, got {wavelet!r}")
    filters = pywt.Wavelet(wavelet).filter_bank
    return _bank(filters[:2], filters[2:])


def coefficient_lengths(length: int, n_taps: int, level: int) -> list[int]:
    """Lengths of what `wavelet_analysis` returns for a series of ``length`` points.

    Examples
    --------
    >>> from skscale.ops import coefficient_lengths
    >>> coefficient_lengths(96, n_taps=4, level=2)
    [26, 49, 26]
    """
    details = []
    for _ in range(level):
        length = _half(length, n_taps)
        details.append(length)
    return [length, *details]


def wavelet_analysis(x: Tensor, filters: Tensor, level: int) -> list[Tensor]:
    """Approximation of a series and its details, with zeros beyond both ends.

    Parameters
    ----------
    x : Tensor of shape (..., length)
        Series, floating point.
    filters : Tensor of shape (2, n_taps)
        ``decomposition`` of a `filter_bank`, in the type of ``x``.
    level : int
        Number of halvings; at 0 the series is its approximation.

    Returns
    -------
    list of Tensor of shape (..., n_coefficients)
        The approximation, then the details of level 1, the finest, to ``level``. PyWavelets'
        ``wavedec`` with ``mode="zero"`` gives the same, the coarsest details first.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import filter_bank, wavelet_analysis
    >>> haar = filter_bank("haar").decomposition.float()
    >>> wavelet_analysis(torch.tensor([1.0, 1.0, 3.0, 5.0]), haar, level=1)
    [tensor([1.4142, 5.6569]), tensor([ 0.0000, -1.4142])]
    """
    n_taps = filters.shape[-1]
    details = []
    for _ in range(level):
        n = x.shape[-1]
        padded = pad(x, (n_taps - 2, 2 * _half(n, n_taps) - n))
        # A product is the same whatever stands beside a series; a convolution need not be.
        x, detail = (padded.unfold(-1, n_taps, 2) @ filters.flip(-1).T).unbind(-1)
        details.append(detail)
    return [x, *details]


def wavelet_synthesis(coefficients: Sequence[Tensor], filters: Tensor) -> Tensor:
    """Series with given approximation and details, in the order of `wavelet_analysis`.

    Parameters
    ----------
    coefficients : sequence of Tensor of shape (..., n_coefficients)
    filters : Tensor of shape (2, n_taps)
        ``reconstruction`` of a `filter_bank`, in their type.

    Returns
    -------
    Tensor of shape (..., length)
        The length is even where there are details: an odd series comes back with a point more at
        its end.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops import filter_bank, wavelet_analysis, wavelet_synthesis
    >>> there, back = (filters.float() for filters in filter_bank("db2"))
    >>> parts = wavelet_analysis(torch.tensor([1.0, 1.0, 3.0, 5.0]), there, level=1)
    >>> wavelet_synthesis(parts, back)
    tensor([1.0000, 1.0000, 3.0000, 5.0000])
    """
    x, *details = coefficients
    n_pairs = filters.shape[-1] // 2
    # Points come in pairs, each from as many neighbouring coefficients.
    phases = filters.unflatten(-1, (n_pairs, 2)).flip(1).flatten(0, 1)
    for detail in reversed(details):
        # An approximation from further down may have a value too many.
        both = torch.stack((x[..., : detail.shape[-1]], detail), dim=-2)
        neighbours = both.unfold(-1, n_pairs, 1).transpose(-3, -2).flatten(-2)
        x = (neighbours @ phases).flatten(-2)
    return x


def _half(length: int, n_taps: int) -> int:
    return (length + n_taps - 1) // 2


def _bank(*pairs: Sequence[Sequence[float]]) -> FilterBank:
    return FilterBank(*(torch.tensor(pair, dtype=torch.float64) for pair in pairs))
