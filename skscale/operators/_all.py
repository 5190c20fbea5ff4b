"""The operators there are."""

from __future__ import annotations

from importlib import import_module

from skscale.operators._base import ScalingOperator

__all__ = ["all_operators"]


def all_operators() -> tuple[type[ScalingOperator], ...]:
    """Every scaling operator that the package has, by name.

    Returns
    -------
    tuple of classes
        All that `skscale.operators` makes public and that take a ``scale``; `MultiScale`, which
        takes several, is none of them.

    Examples
    --------
    >>> from skscale.operators import all_operators
    >>> [operator.__name__ for operator in all_operators()][:2]
    ['AveragePooling', 'ContinuousScale']
    """
    home = import_module("skscale.operators")
    public = (getattr(home, name) for name in sorted(home.__all__))
    return tuple(
        one
        for one in public
        if isinstance(one, type) and issubclass(one, ScalingOperator) and one is not ScalingOperator
    )
