"""Multi-scale time-series models for scikit-learn and sktime.

Public names are imported when first used, so that ``import skscale`` costs next to nothing and
sktime is loaded only for a forecaster.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skscale.forecasting import SigmaForecaster

__version__ = "0.1.0.dev0"

# Where each public name lives.
_HOMES = {
    "SigmaForecaster": "skscale.forecasting",
}

__all__ = ["SigmaForecaster", "__version__"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
