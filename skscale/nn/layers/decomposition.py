"""Split of a series into season and trend, along the last axis."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skscale.nn.layers.checks import check_choice, check_integer
from skscale.ops.tracing import exporting

__all__ = ["DFTDecomposition", "SeriesDecomposition"]

DECOMPOSITIONS = ("moving_avg", "dft_decomp")


class SeriesDecomposition(nn.Module):
    """Moving average as trend, the rest as season.

    The two ends are repeated, so the trend is as long as the series, and the window may be longer
    than the series.

    Parameters
    ----------
    kernel_size : int
        Points in the moving average. An even window reaches one point further to the right
        (published modules lose a point and crash).

    Raises
    ------
    ValueError
        If ``kernel_size`` is not a positive integer.

    References
    ----------
    Wu et al. (2021), Autoformer: decomposition transformers with auto-correlation for long-term
    series forecasting, NeurIPS, equation 1.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import SeriesDecomposition
    >>> season, trend = SeriesDecomposition(kernel_size=3)(torch.tensor([[0.0, 3.0, 6.0, 9.0]]))
    >>> trend
    tensor([[1., 3., 6., 8.]])
    >>> season
    tensor([[-1., 0., 0., 1.]])
    """

    def __init__(self, kernel_size: int):
        super().__init__()
        self.kernel_size = check_integer("kernel_size", kernel_size, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Split ``x`` of shape (..., length) into season and trend of the same shape."""
        trend = x @ _averaging_matrix(x.shape[-1], self.kernel_size, x)
        return x - trend, trend

    def counts(self, length: int) -> tuple[Tensor, Tensor]:
        """Matrices whose products from the right are season and trend times ``kernel_size``.

        Their entries are whole numbers, which keep their precision whatever type a module gets.
        """
        trend = _averaging_counts(length, self.kernel_size, torch.get_default_device())
        return self.kernel_size * torch.eye(length, dtype=trend.dtype) - trend, trend

    def extra_repr(self) -> str:
        """Show the window."""
        return f"kernel_size={self.kernel_size}"


def _averaging_matrix(length: int, kernel_size: int, like: Tensor) -> Tensor:
    """Matrix (length, length) whose product from the right is the moving average.

    For windows of a few hundred points one matrix product is several times faster, forward and
    backward, than pooling or cumulative sums; it also keeps the precision of the input.
    """
    return _averaging_counts(length, kernel_size, like.device).to(like.dtype) / kernel_size


def _averaging_counts(length: int, kernel_size: int, device: torch.device) -> Tensor:
    """How often every point (row) enters every average (column), (length, length)."""
    before = (kernel_size - 1) // 2
    point = torch.arange(length, device=device)
    first, last = point - before, point - before + kernel_size - 1
    source = point.unsqueeze(1)
    count = ((source >= first) & (source <= last)).to(torch.int32)
    count[0] += (-first).clamp(min=0)
    count[-1] += (last - (length - 1)).clamp(min=0)
    return count


class DFTDecomposition(nn.Module):
    """The strongest Fourier components as season, the rest as trend.

    Over time, separately for every series: the ``top_k`` frequencies of largest amplitude above
    zero are the season; the direct current and everything weaker is the trend. The module
    published under this name looks for the largest amplitudes of a whole batch and across
    channels, which leaves ``top_k`` without effect and ties a series to its batch mates; this one
    does what the paper says, so its numbers differ on purpose.

    Parameters
    ----------
    top_k : int, default=5
        Number of frequencies in the season; all of them if the series has fewer.

    Raises
    ------
    ValueError
        If ``top_k`` is not a positive integer.

    References
    ----------
    Wang et al. (2024), TimeMixer: decomposable multiscale mixing for time series forecasting,
    ICLR, appendix on the decomposition.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import DFTDecomposition
    >>> wave = torch.sin(torch.arange(12) * torch.pi / 3)
    >>> season, trend = DFTDecomposition(top_k=1)(wave + 5)
    >>> bool(torch.allclose(season, wave, atol=1e-5)), bool(torch.allclose(trend, 5 + 0 * wave))
    (True, True)
    """

    def __init__(self, top_k: int = 5):
        super().__init__()
        self.top_k = check_integer("top_k", top_k, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Split ``x`` of shape (..., length) into season and trend of the same shape."""
        length = x.shape[-1]
        if exporting():
            season = self._by_waves(x)
            return season, x - season
        spectrum = torch.fft.rfft(x)
        amplitude = spectrum.detach().abs()[..., 1:]
        strongest = amplitude.topk(min(self.top_k, amplitude.shape[-1])).indices + 1
        chosen = torch.zeros_like(spectrum, dtype=torch.bool).scatter(-1, strongest, True)
        season = torch.fft.irfft(spectrum.masked_fill(~chosen, 0.0), n=length)
        return season, x - season

    def _by_waves(self, x: Tensor) -> Tensor:
        """Season without complex numbers, which exchange formats do not know."""
        length = x.shape[-1]
        place = torch.arange(length, device=x.device)
        frequency = torch.arange(1, length // 2 + 1, device=x.device).unsqueeze(1)
        # Whole turns are left out of the angle before it is rounded.
        angle = (frequency * place % length).to(x.dtype) * (2 * torch.pi / length)
        share = torch.where(2 * frequency == length, 1.0, 2.0).to(x.dtype) / length
        waves = angle.cos(), angle.sin()
        parts = [x @ wave.T for wave in waves]
        amplitude = parts[0].square() + parts[1].square()
        strongest = amplitude.topk(min(self.top_k, length // 2)).indices
        chosen = torch.zeros_like(amplitude).scatter(-1, strongest, 1.0)
        first, second = (
            part * chosen @ (share * wave) for part, wave in zip(parts, waves, strict=True)
        )
        return first + second

    def extra_repr(self) -> str:
        """Show the number of frequencies."""
        return f"top_k={self.top_k}"


def make_decomposition(decomp_method: str, moving_avg: int, top_k: int) -> nn.Module:
    """Build the decomposition of a published configuration."""
    check_choice("decomp_method", decomp_method, DECOMPOSITIONS)
    check_integer("moving_avg", moving_avg, 1)
    check_integer("top_k", top_k, 1)
    if decomp_method == "moving_avg":
        return SeriesDecomposition(moving_avg)
    return DFTDecomposition(top_k)
