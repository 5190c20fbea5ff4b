"""Sizes of networks that follow from others where a user leaves them open."""

from __future__ import annotations

from numbers import Integral

__all__ = ["heads_that_divide"]


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
