"""Multi-scale time-series models for scikit-learn and sktime.

Public names are imported when first used, so that ``import skscale`` costs next to nothing and
sktime is loaded only for a forecaster.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skscale.detection import *  # noqa: F403
    from skscale.explanation import *  # noqa: F403
    from skscale.export import *  # noqa: F403
    from skscale.forecasting import *  # noqa: F403
    from skscale.operators import *  # noqa: F403
    from skscale.panel import *  # noqa: F403
    from skscale.representation import *  # noqa: F403

__version__ = "0.1.0.dev0"

# All that these rooms make public is public here; what is cheap to import is looked at first.
_ROOMS = (
    "skscale.saving",
    "skscale.operators",
    "skscale.representation",
    "skscale.forecasting",
    "skscale.detection",
    "skscale.panel",
    "skscale.explanation",
    "skscale.export",
)


def __getattr__(name: str) -> object:
    if name == "__all__":
        names = {"__version__"}.union(*(import_module(room).__all__ for room in _ROOMS))
        return sorted(names)
    # Nothing is loaded to find that Python asks for a name of its own, or for a submodule.
    if not name.startswith("_") and find_spec(f"{__name__}.{name}") is None:
        for room in map(import_module, _ROOMS):
            if name in room.__all__:
                value = globals()[name] = getattr(room, name)
                return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__getattr__("__all__")})  # type: ignore[misc]
