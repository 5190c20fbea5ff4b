"""Operators that smooth: moving average, discrete Gaussian, wavelet approximation."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import torch
from sklearn.base import OneToOneFeatureMixin
from sklearn.utils._param_validation import Interval, StrOptions
from torch import Tensor

from skscale import ops
from skscale.operators._base import MISSING, ScalingOperator
from skscale.ops.kernels import METHODS


class _Smoother(OneToOneFeatureMixin, ScalingOperator):
    """Shared by the operators that keep the length: the smooth series is already full."""

    def _inverse(self, y: Tensor, scale: Any, length: int) -> Tensor:
        return y

    def _grid(self, length: int, scale: Any) -> range:
        return range(length)

    def _keeps_length(self) -> bool:
        return True


class MovingAverage(_Smoother):
    """Mean over a sliding window of ``scale`` points; keeps the length.

    ``inverse_transform`` returns the smooth series as it is: it has full length already, and
    undoing the average would amplify noise without bound.

    Parameters
    ----------
    scale : int or "forecastability", default=2
        Points in the window, 1 to n_timepoints. ``"forecastability"`` lets fit choose.
    edges : {"zero", "reflect", "replicate", "renormalise"}, default="zero"
        What the window sees beyond the ends: zeros (the paper), the series mirrored with its
        end point repeated, the end value, or nothing (mean of the points inside).
    window : {"trailing", "centred"}, default="trailing"
        A point and those before it (the paper, no look ahead), or a window around it.
    even : {"past", "future", "halved"}, default="past"
        Where a centred window of an even number of points puts its extra point; ``"halved"``
        takes half a point from either side and stays symmetric.
    missing : {"error", "ignore"}, default="error"
        Refuse nan, or average the observed points of each window; a window without any is nan.
    max_scale : int, default=None
        Largest candidate of ``scale="forecastability"``; None means 16.

    References
    ----------
    Sigma, arXiv 2605.31129, Table 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.operators import MovingAverage
    >>> MovingAverage(scale=2).fit_transform(np.array([[1.0, 3.0, 5.0, 7.0]]))
    array([[0.5, 2. , 4. , 6. ]])
    """

    _parameter_constraints = ScalingOperator._parameter_constraints | {"missing": MISSING}

    def __init__(
        self,
        scale: int | str = 2,
        *,
        edges: str = "zero",
        window: str = "trailing",
        even: str = "past",
        missing: str = "error",
        max_scale: int | None = None,
    ):
        self.scale = scale
        self.edges = edges
        self.window = window
        self.even = even
        self.missing = missing
        self.max_scale = max_scale

    def _forward(self, x: Tensor, scale: int) -> Tensor:
        return ops.moving_average(x, scale, self.edges, self.window, self.even, self._allows_nan())

    def _points_at(self, length: int, scale: int) -> int:
        return length if scale <= length else 0


class DiscreteGaussian(_Smoother):
    """Convolution with the discrete Gaussian ``exp(-s) I_d(s)``; keeps the length.

    The only family here that is continuous in its scale by itself, and the only symmetric one
    that satisfies all discrete scale-space axioms (Theorem 4.4). ``inverse_transform`` returns
    the smooth series as it is: it has full length already, and undoing a Gaussian is not
    stable.

    Parameters
    ----------
    scale : float, array-like of shape (n_timepoints,) or "forecastability", default=1.0
        Variance of the kernel in squared time steps, above 0; its square root, the width, may
        not exceed the series. An array gives every distance its own scale, as Sigma learns
        it; such a kernel need not sum to 1. ``"forecastability"`` lets fit choose.
    edges : {"zero", "reflect", "replicate", "renormalise"}, default="zero"
        What the kernel sees beyond the ends: zeros (the paper's finite Toeplitz matrix), the
        series mirrored with its end point repeated, the end value, or nothing (weights are
        renormalised to those inside).
    method : {"auto", "dense", "truncated", "fft"}, default="auto"
        How to multiply, see :func:`skscale.ops.apply_symmetric_kernel`.
    tolerance : float, default=1e-6
        Share of the kernel's mass that ``"truncated"`` may leave out (Eq. 10).
    missing : {"error", "ignore"}, default="error"
        Refuse nan, or weigh the observed points alone; a point with less than a thousandth of the
        kernel's weight around it is nan.
    max_scale : int, default=None
        Largest candidate of ``scale="forecastability"``; None means 16.

    References
    ----------
    Sigma, arXiv 2605.31129, Eq. 3 and Theorem 4.4; Lindeberg (1990), Scale-space for discrete
    signals.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.operators import DiscreteGaussian
    >>> DiscreteGaussian(scale=0.5).fit_transform(np.array([[0.0, 0, 1, 0, 0]])).round(3)
    array([[0.019, 0.156, 0.645, 0.156, 0.019]])
    """

    _chunk = 2**20  # every piece computes the weights anew
    _parameter_constraints = ScalingOperator._parameter_constraints | {
        "method": [StrOptions(set(METHODS))],
        "tolerance": [Interval(Real, 0, 1, closed="left")],
        "missing": MISSING,
    }

    def __init__(
        self,
        scale: Any = 1.0,
        *,
        edges: str = "zero",
        method: str = "auto",
        tolerance: float = 1e-6,
        missing: str = "error",
        max_scale: int | None = None,
    ):
        self.scale = scale
        self.edges = edges
        self.method = method
        self.tolerance = tolerance
        self.missing = missing
        self.max_scale = max_scale

    def _forward(self, x: Tensor, scale: Any) -> Tensor:
        scale = torch.as_tensor(scale, dtype=torch.float64, device=x.device)
        ignore_nan = self._allows_nan()
        return ops.gaussian_smooth(x, scale, self.edges, self.method, self.tolerance, ignore_nan)

    def _check_scale(self, length: int) -> Any:
        return check_positive(self.scale, length, largest=float(length) ** 2)

    def _candidates(self, length: int) -> np.ndarray:
        return np.arange(1, 4 * self._largest_candidate(length) + 1) / 4


class WaveletApproximation(ScalingOperator):
    """Approximation coefficients of an orthogonal wavelet decomposition.

    ``inverse_transform`` is the inverse decomposition with all details zero: with the default
    edges the projection of the series on the approximation space.

    Parameters
    ----------
    scale : int or "forecastability", default=1
        Level, the number of halvings: about ``n_timepoints / 2**scale`` coefficients.
        ``"forecastability"`` lets fit choose.
    wavelet : str, default="haar"
        Name of an orthogonal wavelet of PyWavelets; all but ``"haar"`` need that package
        (``pip install skscale[wavelets]``). The paper names none.
    edges : {"periodic", "zero", "reflect", "replicate"}, default="periodic"
        Extension beyond the ends. Only ``"periodic"`` gives the paper's length
        ``P / 2**s`` and an orthonormal basis; it is PyWavelets' mode "periodization", the
        others are "zero", "symmetric" and "constant".
    remainder : {"drop", "error", "replicate"}, default="drop"
        For periodic edges and a length that ``2**scale`` does not divide: leave out the last
        points, refuse, or repeat the last value at each odd length (PyWavelets' way).
    max_scale : int, default=None
        Largest candidate of ``scale="forecastability"``; None means all levels that leave at
        least 8 coefficients.

    References
    ----------
    Sigma, arXiv 2605.31129, Table 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.operators import WaveletApproximation
    >>> WaveletApproximation(scale=2).fit_transform(np.array([[1.0, 1.0, 3.0, 5.0]]))
    array([[5.]])
    """

    _pools = True
    _parameter_constraints = ScalingOperator._parameter_constraints | {"wavelet": [str]}

    def __init__(
        self,
        scale: int | str = 1,
        *,
        wavelet: str = "haar",
        edges: str = "periodic",
        remainder: str = "drop",
        max_scale: int | None = None,
    ):
        self.scale = scale
        self.wavelet = wavelet
        self.edges = edges
        self.remainder = remainder
        self.max_scale = max_scale

    def _forward(self, x: Tensor, scale: int) -> Tensor:
        lowpass = _lowpass(self.wavelet)
        return ops.wavelet_approximation(x, lowpass, scale, self.edges, self.remainder)

    def _inverse(self, y: Tensor, scale: int, length: int) -> Tensor:
        lowpass = _lowpass(self.wavelet)
        return ops.wavelet_reconstruction(y, lowpass, scale, length, self.edges, self.remainder)

    def _grid(self, length: int, scale: int) -> range:
        n = self._forward(torch.zeros(length), scale).shape[-1]
        step = 2**scale
        # Other edges add coefficients on both sides: about half of them lie before the start.
        start = 0 if self.edges == "periodic" else -((n * step - length) // 2)
        return range(start, start + n * step, step)

    def _width(self, scale: int) -> int:
        return 2**scale

    def _check_scale(self, length: int) -> int:
        return ops.check_level(self.scale, length)


def check_positive(scale: Any, length: int, largest: float) -> Any:
    """Return a real scale as float or array of shape (length,), or raise a ValueError."""
    try:
        if isinstance(scale, torch.Tensor):
            scale = scale.detach().cpu().numpy()
        values = np.asarray(scale, dtype=float)
    except (TypeError, ValueError, OverflowError):
        values = None
    if values is None or np.asarray(scale).dtype.kind not in "iuf":
        raise ValueError(f"scale must be a number above 0 or an array of them, got {scale!r}")
    if values.ndim > 1 or (values.ndim == 1 and len(values) != length):
        raise ValueError(
            f"scale must be a number or have shape ({length},), one for each time point; got "
            f"shape {values.shape}"
        )
    if not (np.isfinite(values) & (values > 0)).all():
        raise ValueError(f"scale must be finite and above 0, got {scale!r}")
    if values.max() > largest:
        raise ValueError(
            f"scale={scale!r} is larger than the series allows: n_features = {length} time points "
            f"take scales up to {largest:g}"
        )
    return float(values) if values.ndim == 0 else values.copy()  # of its own, and writable


def _lowpass(wavelet: str) -> list[float]:
    there, back = ops.filter_bank(wavelet)
    if not torch.equal(there.flip(-1), back):
        raise ValueError(f"wavelet must be orthogonal, but {wavelet!r} is not")
    return there[0].tolist()
