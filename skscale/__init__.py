"""Multi-scale time-series models for scikit-learn and sktime.

Public names are imported when first used, so that ``import skscale`` costs next to nothing and
sktime is loaded only for a forecaster.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skscale.forecasting import (
        MultiScaleAutoencoderForecaster,
        SeriesScaling,
        SigmaForecaster,
        TimeMixerForecaster,
    )
    from skscale.operators import (
        AveragePooling,
        ContinuousScale,
        DiscreteGaussian,
        MaxPooling,
        MinPooling,
        MovingAverage,
        MultiScale,
        Segmentation,
        Subsampling,
        WaveletApproximation,
    )
    from skscale.representation import MultiScaleAutoencoder

__version__ = "0.1.0.dev0"

__all__ = [
    "AveragePooling",
    "ContinuousScale",
    "DiscreteGaussian",
    "MaxPooling",
    "MinPooling",
    "MovingAverage",
    "MultiScale",
    "MultiScaleAutoencoder",
    "MultiScaleAutoencoderForecaster",
    "Segmentation",
    "SeriesScaling",
    "SigmaForecaster",
    "Subsampling",
    "TimeMixerForecaster",
    "WaveletApproximation",
    "__version__",
]

_HOMES = {
    "MultiScaleAutoencoder": "skscale.representation",
    "MultiScaleAutoencoderForecaster": "skscale.forecasting",
    "SeriesScaling": "skscale.forecasting",
    "SigmaForecaster": "skscale.forecasting",
    "TimeMixerForecaster": "skscale.forecasting",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(_HOMES.get(name, "skscale.operators"))
    value = globals()[name] = getattr(home, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
