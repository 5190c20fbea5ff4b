"""Sizes of networks that follow from others where a user leaves them open."""

from __future__ import annotations

from numbers import Integral

__all__ = ["heads_that_divide", "scales_that_fit"]


def heads_that_divide(d_model: object, n_heads: int | str, most: int) -> int:
    """``n_heads``, or for ``"auto"`` the largest power of two up to ``most`` in ``d_model``.

    Examples
    --------
    >>> from skscale.forecasting._sizes import heads_that_divide
    >>> heads_that_divide(64, "auto", most=8), heads_that_divide(6, "auto", most=8)
    (8, 2)
    """
    if not isinstance(n_heads, str):
        return n_heads
    # The network names a d_model that is no integer.
    while most > 1 and isinstance(d_model, Integral) and int(d_model) % most:
        most //= 2
    return most


def scales_that_fit(context_length: int, window: int, layers: int | str, most: int = 3) -> int:
    """``layers``, or for ``"auto"`` up to ``most`` down-samplings that leave two points.

    Examples
    --------
    >>> from skscale.forecasting._sizes import scales_that_fit
    >>> scales_that_fit(96, 2, "auto"), scales_that_fit(9, 2, "auto")
    (3, 2)
    """
    if not isinstance(layers, str):
        return layers
    found = 0
    while found < most and context_length // window ** (found + 1) >= 2:
        found += 1
    return found
