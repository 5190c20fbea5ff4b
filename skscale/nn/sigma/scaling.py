"""Kernels that split a series into a smooth and a residual branch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, softplus

from skscale.nn.layers.checks import check_choice, check_integer
from skscale.nn.layers.dense import two_layers
from skscale.ops import apply_symmetric_kernel, discrete_gaussian

__all__ = ["SCALINGS", "FoldedMap", "ScaleKernel", "SplitMap", "smooth_rows"]

SCALINGS = ("distance", "shared", "sample", "none", "moving_average", "convolution")


class ScaleKernel(nn.Module):
    """One-sided weights of the symmetric kernel that smooths a window.

    Parameters
    ----------
    length : int
        Context length, the number of distances.
    scaling : {"distance", "shared", "sample", "none", "moving_average", "convolution"}
        ``"distance"`` is Sigma's learnable discrete Gaussian, one scale per distance. The
        others are the variants of the paper's Table 4: one ``"shared"`` scale; a scale per
        distance and ``"sample"`` from a two-layer MLP of the window; ``"none"`` (nothing is
        smoothed away); a fixed ``"moving_average"``; a free, unnormalised ``"convolution"``.
    window : int, default=25
        Odd window of the moving average, 25 as in the decompositions the paper compares with.

    Raises
    ------
    ValueError
        If a parameter is out of its range; names it.

    References
    ----------
    Sigma, arXiv 2605.31129, Eq. 3, Algorithm 2 and Table 4.

    Examples
    --------
    >>> from skscale.nn import ScaleKernel
    >>> ScaleKernel(96)().shape
    torch.Size([96])
    """

    def __init__(self, length: int, scaling: str = "distance", window: int = 25):
        super().__init__()
        self.folded: Tensor | None
        self.length = length = check_integer("length", length, 1)
        self.scaling = check_choice("scaling", scaling, SCALINGS)
        if check_integer("window", window, 1) % 2 == 0:
            raise ValueError(f"window must be odd, got {window!r}")
        if scaling in ("distance", "shared"):
            n_scales = length if scaling == "distance" else 1
            self.theta = nn.Parameter(torch.zeros(n_scales, dtype=torch.float32))
        elif scaling == "sample":
            self.scale_mlp = two_layers(length, length, length)
        elif scaling == "convolution":
            weights = torch.empty(length, dtype=torch.float32).uniform_(-1, 1)
            self.weights = nn.Parameter(weights / length**0.5)
        else:
            self.width = int(window) if scaling == "moving_average" else 1
            inside = (torch.arange(length) <= self.width // 2).to(torch.float32)
            self.inside: Tensor
            self.register_buffer("inside", inside, persistent=False)

        self.register_buffer("folded", None, persistent=False)

    def fold(self) -> None:
        """Hold the weights as numbers from now on, unless every window has its own."""
        if not self.per_sample:
            self.folded = self().detach()

    @property
    def per_sample(self) -> bool:
        """Whether every window has weights of its own."""
        return self.scaling == "sample"

    def scales(self, x: Tensor | None = None) -> Tensor | None:
        """Learned scales, ``(length,)`` or ``(rows, length)``; None without scales."""
        if self.scaling in ("distance", "shared"):
            return softplus(self.theta).expand(self.length)
        return softplus(self.scale_mlp(x)) if self.per_sample else None

    def forward(self, x: Tensor | None = None) -> Tensor:
        """Weights of shape (length,), or (rows, length) from windows ``x`` (rows, length)."""
        if self.folded is not None:
            return self.folded
        if self.scaling == "convolution":
            return self.weights
        if self.scaling in ("none", "moving_average"):
            return self.inside / self.width
        # One shared scale stays one number: `scales` would spread it over the distances.
        raw = self.scale_mlp(x) if self.per_sample else self.theta
        return discrete_gaussian(softplus(raw), self.length)


def smooth_rows(h: Tensor, weights: Tensor | None, row_weights: Tensor | None = None) -> Tensor:
    """Smooth ``h`` (n_features, rows, length) by one kernel, or by a kernel for every row."""
    if row_weights is not None:
        return apply_symmetric_kernel(row_weights, h.transpose(0, 1)).transpose(0, 1)
    assert weights is not None
    return apply_symmetric_kernel(weights, h)


class FoldedMap:
    """A linear map along time of the smooth and the residual branch of a split series.

    ``smooth_map @ (K h) + residual_map @ (h - K h)`` is itself one linear map of ``h``. The
    kernel is symmetric, so multiplying a map with it smooths the map's rows: the split is
    folded into the map once per pass, and the series never meet the kernel.

    Parameters
    ----------
    smooth_map, residual_map : Tensor of shape (n_outputs, length)
    weights : Tensor of shape (length,)
        The kernel.
    """

    def __init__(self, smooth_map: Tensor, residual_map: Tensor, weights: Tensor):
        difference = apply_symmetric_kernel(weights, smooth_map - residual_map)
        self._folded = difference + residual_map

    def __call__(self, h: Tensor, row_weights: Tensor | None = None) -> Tensor:
        """Map ``h`` (n_features, rows, length) to (n_features, rows, n_outputs)."""
        return linear(h, self._folded)


class SplitMap:
    """The same with the split in full: for kernels of every row, and for few, long series.

    Smoothing the series costs less than smoothing the rows of the map where there are fewer of
    them, and the maps of thousands of time points need not be copied.

    Parameters
    ----------
    smooth_map, residual_map : Tensor of shape (n_outputs, length)
    weights : Tensor of shape (length,) or None
        The kernel; None when every row has its own, given in the call.
    joint : bool
        Add up what the maps give, or set it side by side.
    """

    def __init__(
        self, smooth_map: Tensor, residual_map: Tensor, weights: Tensor | None, joint: bool
    ):
        self._maps = smooth_map, residual_map
        self._weights = weights
        self._joint = joint

    def __call__(self, h: Tensor, row_weights: Tensor | None = None) -> Tensor:
        """Map ``h`` (n_features, rows, length) to (n_features, rows, n_outputs)."""
        smooth = smooth_rows(h, self._weights, row_weights)
        parts = linear(smooth, self._maps[0]), linear(h - smooth, self._maps[1])
        return parts[0] + parts[1] if self._joint else torch.cat(parts, dim=-1)
