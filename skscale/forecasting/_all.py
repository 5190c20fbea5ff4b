"""The forecasters there are."""

from __future__ import annotations

from importlib import import_module

from skscale.forecasting._base import NetworkForecaster

__all__ = ["all_forecasters"]


def all_forecasters() -> tuple[type[NetworkForecaster], ...]:
    """Every forecaster that the package has, by name.

    Returns
    -------
    tuple of classes
        All that `skscale.forecasting` makes public, their base left out.

    Examples
    --------
    >>> from skscale.forecasting import all_forecasters
    >>> [forecaster.__name__ for forecaster in all_forecasters()][:1]
    ['AMDForecaster']
    """
    home = import_module("skscale.forecasting")
    public = (getattr(home, name) for name in sorted(home.__all__))
    return tuple(
        one
        for one in public
        if isinstance(one, type)
        and issubclass(one, NetworkForecaster)
        and one is not NetworkForecaster
    )
