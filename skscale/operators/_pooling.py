"""Operators that shorten a series: pooling, subsampling, segmentation."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import pad

from skscale import ops
from skscale.operators._base import MISSING, ScalingOperator


class _Pooling(ScalingOperator):
    """Shared by the three poolings: parameters, grid and way back."""

    _pools = True
    _chunk = None
    _parameter_constraints = ScalingOperator._parameter_constraints | {"missing": MISSING}

    def __init__(
        self,
        scale: int | str = 2,
        *,
        remainder: str = "drop",
        align: str = "start",
        missing: str = "error",
        max_scale: int | None = None,
    ):
        self.scale = scale
        self.remainder = remainder
        self.align = align
        self.missing = missing
        self.max_scale = max_scale

    def _inverse(self, y: Tensor, scale: int, length: int) -> Tensor:
        return ops.hold(y, self._grid(length, scale), length)

    def _grid(self, length: int, scale: int) -> range:
        return ops.block_starts(length, scale, self.remainder, self.align)


class AveragePooling(_Pooling):
    """Mean of each block of ``scale`` points.

    ``inverse_transform`` repeats each mean over its block (points outside all blocks take the
    nearest mean): the least-squares solution, and ``transform`` of it is the coarse series.

    Parameters
    ----------
    scale : int or "forecastability", default=2
        Points in a block, 1 to n_timepoints. ``"forecastability"`` lets fit choose the scale
        whose coarse series are the most forecastable on average.
    remainder : str, default="drop"
        What to do with the last ``n_timepoints % scale`` points. ``"drop"`` leaves them out (the
        paper's ``L_s = P / s``); ``"error"`` refuses such lengths; ``"renormalise"`` averages
        the points there are; ``"zero"``, ``"reflect"``, ``"replicate"`` fill the block up.
    align : {"start", "end"}, default="start"
        Count blocks from the first point (the paper) or back from the last, so that the
        newest points are in a whole block.
    missing : {"error", "ignore"}, default="error"
        Refuse nan, or average the observed points of each block; a block without any is nan.
    max_scale : int, default=None
        Largest candidate of ``scale="forecastability"``; None means 16. Candidates that leave
        fewer than 8 points are not tried.

    References
    ----------
    Sigma, arXiv 2605.31129, Table 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.operators import AveragePooling
    >>> AveragePooling(scale=2).fit_transform(np.array([[1.0, 3.0, 5.0, 7.0]]))
    array([[2., 6.]])
    """

    def _forward(self, x: Tensor, scale: int) -> Tensor:
        return ops.average_pool(x, scale, self.remainder, self.align, self._allows_nan())


class MaxPooling(_Pooling):
    """Maximum of each block of ``scale`` points.

    Parameters are those of :class:`AveragePooling`; with ``remainder="renormalise"`` and
    ``missing="ignore"`` a block takes the maximum of the points it has. ``inverse_transform``
    repeats each maximum over its block.

    References
    ----------
    Sigma, arXiv 2605.31129, Table 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.operators import MaxPooling
    >>> MaxPooling(scale=2).fit_transform(np.array([[1.0, 3.0, -5.0, -7.0]]))
    array([[ 3., -5.]])
    """

    def _forward(self, x: Tensor, scale: int) -> Tensor:
        return ops.max_pool(x, scale, self.remainder, self.align, self._allows_nan())


class MinPooling(_Pooling):
    """Minimum of each block of ``scale`` points, the mirror image of :class:`MaxPooling`.

    Parameters are those of :class:`AveragePooling`; with ``remainder="renormalise"`` and
    ``missing="ignore"`` a block takes the minimum of the points it has. ``inverse_transform``
    repeats each minimum over its block.

    References
    ----------
    Sigma, arXiv 2605.31129, Appendix A.1.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.operators import MinPooling
    >>> MinPooling(scale=2).fit_transform(np.array([[1.0, 3.0, -5.0, -7.0]]))
    array([[ 1., -7.]])
    """

    _hides_infinity = True

    def _forward(self, x: Tensor, scale: int) -> Tensor:
        return ops.min_pool(x, scale, self.remainder, self.align, self._allows_nan())


class _Picking(ScalingOperator):
    """Shared by the two operators that keep some points as they are."""

    _chunk = None

    def __init__(
        self,
        scale: int | str = 2,
        *,
        remainder: str = "drop",
        align: str = "start",
        max_scale: int | None = None,
    ):
        self.scale = scale
        self.remainder = remainder
        self.align = align
        self.max_scale = max_scale


class Subsampling(_Picking):
    """Every ``scale``-th point.

    ``inverse_transform`` holds each point until the next one (with ``align="end"``, since the
    one before).

    Parameters
    ----------
    scale : int or "forecastability", default=2
        Stride, 1 to n_timepoints. ``"forecastability"`` lets fit choose.
    remainder : {"drop", "error", "keep"}, default="drop"
        ``"drop"`` gives ``n_timepoints // scale`` points, ``"keep"`` also the point of the
        incomplete block, ``"error"`` refuses lengths that do not divide.
    align : {"start", "end"}, default="start"
        Take points 0, scale, ... (the paper), or count back from the last point.
    max_scale : int, default=None
        Largest candidate of ``scale="forecastability"``, as in :class:`AveragePooling`.

    References
    ----------
    Sigma, arXiv 2605.31129, Table 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.operators import Subsampling
    >>> Subsampling(scale=2).fit_transform(np.array([[1.0, 3.0, 5.0, 7.0]]))
    array([[1., 5.]])
    """

    def _forward(self, x: Tensor, scale: int) -> Tensor:
        return ops.subsample(x, scale, self.remainder, self.align)

    def _inverse(self, y: Tensor, scale: int, length: int) -> Tensor:
        return ops.hold(y, ops.block_starts(length, scale, self.remainder, self.align), length)

    def _grid(self, length: int, scale: int) -> range:
        blocks = ops.block_starts(length, scale, self.remainder, self.align)
        shift = scale - 1 if self.align == "end" else 0
        return range(blocks.start + shift, blocks.stop + shift, scale)


class Segmentation(_Picking):
    """One of ``scale`` equal segments: the first points, or the most recent ones.

    ``inverse_transform`` puts zeros where the other segments were.

    Parameters
    ----------
    scale : int or "forecastability", default=2
        Length divisor, 1 to n_timepoints. ``"forecastability"`` lets fit choose.
    remainder : {"drop", "error", "keep"}, default="drop"
        ``"drop"`` keeps ``n_timepoints // scale`` points, ``"keep"`` one more if that does
        not divide, ``"error"`` refuses such lengths.
    align : {"start", "end"}, default="start"
        Keep the first points (the paper) or the most recent ones.
    max_scale : int, default=None
        Largest candidate of ``scale="forecastability"``, as in :class:`AveragePooling`.

    References
    ----------
    Sigma, arXiv 2605.31129, Table 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skscale.operators import Segmentation
    >>> Segmentation(scale=2, align="end").fit_transform(np.array([[1.0, 3.0, 5.0, 7.0]]))
    array([[5., 7.]])
    """

    def _forward(self, x: Tensor, scale: int) -> Tensor:
        return ops.segment(x, scale, self.remainder, self.align)

    def _inverse(self, y: Tensor, scale: int, length: int) -> Tensor:
        kept = self._grid(length, scale)
        return pad(y, (kept.start, length - kept.stop))

    def _grid(self, length: int, scale: int) -> range:
        return ops.segment_range(length, scale, self.remainder, self.align)
