"""Forecastability: one minus the normalised entropy of a series' spectrum."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from skscale.ops.edges import check_option

__all__ = ["forecastability"]

DETRENDS = ("mean", "linear", "none")
NORMALISATIONS = ("bins", "density")


def forecastability(x: Tensor, detrend: str = "mean", normalisation: str = "bins") -> Tensor:
    """One minus the spectral entropy along time; 0 for a flat spectrum.

    Parameters
    ----------
    x : Tensor of shape (..., length)
        Series, floating point, at least 2 time points. Differentiable.
    detrend : {"mean", "linear", "none"}, default="mean"
        What to take out first. With ``"none"`` a level far from zero puts nearly all power at
        frequency zero and every series looks forecastable.
    normalisation : {"bins", "density"}, default="bins"
        The entropy of the periodogram over its ``N`` Fourier frequencies is at most
        ``log N``; ``"bins"`` divides by that and stays in [0, 1]. ``"density"`` puts the
        periodogram as a step density into the integral of Eq. 2 and divides by ``log(2 pi)``
        as Eq. 1 is printed, which is ``log N / log(2 pi)`` times the former and exceeds 1
        for concentrated spectra, as the entropy of a density has no lower bound.

    Returns
    -------
    Tensor of shape (...)
        A constant series has no spectrum left and is perfectly forecastable: its value is
        that of a single spectral line (1 with ``"bins"``).

    Raises
    ------
    ValueError
        If an option is unknown or the series has fewer than 2 time points.

    References
    ----------
    Sigma, arXiv 2605.31129, Eqs. 1 and 2; Goerg (2013), Forecastable component analysis.

    Examples
    --------
    >>> import math, torch
    >>> from skscale.ops import forecastability
    >>> t = torch.arange(64.0)
    >>> wave = torch.sin(2 * math.pi * t / 8)
    >>> impulse = (t == 3).float()
    >>> forecastability(torch.stack((wave, impulse)), detrend="none").round(decimals=4)
    tensor([0.8333, 0.0000])
    """
    check_option("detrend", detrend, DETRENDS)
    check_option("normalisation", normalisation, NORMALISATIONS)
    length = x.shape[-1]
    if length < 2:
        raise ValueError(f"forecastability needs at least 2 time points, got {length}")
    power = _two_sided_power(_detrended(x, detrend))
    total = power.sum(-1, keepdim=True)
    flat = total <= torch.finfo(x.dtype).tiny
    p = power / torch.where(flat, 1.0, total)
    entropy = torch.special.entr(p.clamp_min(torch.finfo(x.dtype).tiny)).sum(-1)
    entropy = torch.where(flat.squeeze(-1), 0.0, entropy)
    scale = math.log(length) if normalisation == "bins" else math.log(2 * math.pi)
    return ((math.log(length) - entropy) / scale).clamp_min(0.0)


def _two_sided_power(x: Tensor) -> Tensor:
    """Periodogram over all ``length`` Fourier frequencies of [-pi, pi), negative ones included."""
    spectrum = torch.fft.rfft(x)
    power = spectrum.real.square() + spectrum.imag.square()
    return torch.cat((power, power[..., 1 : (x.shape[-1] + 1) // 2]), dim=-1)


def _detrended(x: Tensor, detrend: str) -> Tensor:
    if detrend == "none":
        return x
    centred = x - x.mean(-1, keepdim=True)
    # A constant series leaves rounding noise of its level, not a spectrum.
    noise = 4 * torch.finfo(x.dtype).eps * x.abs().amax(-1, keepdim=True)
    if detrend == "linear":
        t = torch.linspace(-1, 1, x.shape[-1], dtype=x.dtype, device=x.device)
        t = t / t.norm()
        centred = centred - (centred @ t).unsqueeze(-1) * t
    return torch.where(centred.abs().amax(-1, keepdim=True) <= noise, 0.0, centred)
