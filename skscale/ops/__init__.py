"""Numerics: pure torch functions on tensors of shape (..., time)."""

from skscale.ops.blocks import block_starts, check_scale, hold, segment_range
from skscale.ops.classical import damped_line, seasonal_naive, theta_line
from skscale.ops.continuous import blend_full, blend_scales, bump_weights, nearest_cells
from skscale.ops.edges import extend
from skscale.ops.gaussian import discrete_gaussian
from skscale.ops.interpolation import interpolation_matrix
from skscale.ops.kernels import apply_symmetric_kernel, kernel_half_width, toeplitz
from skscale.ops.masking import (
    begun,
    beside_values,
    ending_in_values,
    fill_holes,
    fill_in_proportion,
    fill_window,
    has_holes,
    masked_mean,
)
from skscale.ops.padding import fill_padding
from skscale.ops.pooling import average_pool, max_pool, min_pool, segment, subsample
from skscale.ops.smoothing import gaussian_smooth, moving_average
from skscale.ops.spectrum import forecastability
from skscale.ops.wavelet import check_level, wavelet_approximation, wavelet_reconstruction
from skscale.ops.wavelet_transform import (
    FilterBank,
    coefficient_lengths,
    filter_bank,
    wavelet_analysis,
    wavelet_synthesis,
)

__all__ = [
    "FilterBank",
    "apply_symmetric_kernel",
    "average_pool",
    "begun",
    "beside_values",
    "blend_full",
    "blend_scales",
    "block_starts",
    "bump_weights",
    "check_level",
    "check_scale",
    "coefficient_lengths",
    "damped_line",
    "discrete_gaussian",
    "ending_in_values",
    "extend",
    "fill_holes",
    "fill_in_proportion",
    "fill_padding",
    "fill_window",
    "filter_bank",
    "forecastability",
    "gaussian_smooth",
    "has_holes",
    "hold",
    "interpolation_matrix",
    "kernel_half_width",
    "masked_mean",
    "max_pool",
    "min_pool",
    "moving_average",
    "nearest_cells",
    "seasonal_naive",
    "segment",
    "segment_range",
    "subsample",
    "theta_line",
    "toeplitz",
    "wavelet_analysis",
    "wavelet_approximation",
    "wavelet_reconstruction",
    "wavelet_synthesis",
]
