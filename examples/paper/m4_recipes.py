"""Recipes for M4: parameters of forecasters, and how many points of each series they see."""

from __future__ import annotations

from examples.paper.m4_data import FREQUENCIES
from examples.paper.models import SIGMA_COMMON
from examples.paper.one_protocol import ALONE, ONE_PROTOCOL
from skscale.forecasting import (
    AMDForecaster,
    DLinearForecaster,
    NetworkForecaster,
    PatchTSTForecaster,
    SigmaForecaster,
    WPMixerForecaster,
)

# Series, and from how many horizons before the end of a series the official script draws cuts.
SIZES = {
    "Yearly": (23_000, 1.5),
    "Quarterly": (24_000, 1.5),
    "Monthly": (48_000, 1.5),
    "Weekly": (359, 10),
    "Daily": (4_227, 10),
    "Hourly": (414, 10),
}

# Contexts and last points of every series for recipes of our own. Twice the horizon, as in the
# paper, is best where series are many; longer contexts are where they are few and seasonal.
CONTEXTS = {
    "Yearly": (12, 48),
    "Quarterly": (16, 96),
    "Monthly": (36, 216),
    "Weekly": (104, 2000),
    "Daily": (28, 126),
    "Hourly": (168, 700),
}
FEW_SERIES = ("Weekly", "Hourly")


def paper_settings(name: str) -> dict[str, object]:
    """Table 6 and the official script: as many windows an epoch as there are series.

    ``recent`` points of every series hold the cuts and contexts of training and, behind them,
    what validates: one horizon, or a fifth of the points where that is more.
    """
    horizon = FREQUENCIES[name].horizon
    n_series, history = SIZES[name]
    return SIGMA_COMMON | {
        "recent": int((2 + history + 1) * horizon),
        "context_length": 2 * horizon,
        "d_model": 16,
        "d_ff": 16,
        "learning_rate": 0.01,
        "scale_independence": False,
        "loss": "smape",
        "steps_per_epoch": -(-n_series // SIGMA_COMMON["batch_size"]),
    }


def other_network_settings(name: str) -> dict[str, object]:
    """The paper's protocol for networks other than Sigma, in the sizes of their forecasters.

    Of these only DLinear has a published script for M4; its rate is taken for all. Series are not
    scaled, as in the official code: a linear map of values over the mean and deviation of the
    whole training part learns that series turn back to that mean, and has an OWA of 1.6 to 2.5.
    """
    points = ("recent", "context_length", "loss", "steps_per_epoch")
    shared = {key: paper_settings(name)[key] for key in points}
    return ALONE | ONE_PROTOCOL | {"learning_rate": 0.001, "scaler": "none"} | shared


def default_settings(name: str) -> dict[str, object]:
    """`SigmaForecaster` without trained weights: the network corrects a linear forecast."""
    context, recent = CONTEXTS[name]
    return {"recent": recent, "context_length": context}


def context_settings(name: str) -> dict[str, object]:
    """The paper's training on contexts and points of our own, to tell one from the other."""
    return paper_settings(name) | default_settings(name)


def _network_settings(name: str, loss: str) -> dict[str, object]:
    """The network alone; where series are many, at the paper's rate on more, larger batches."""
    settings = default_settings(name) | {"linear_base": False, "d_model": 16, "loss": loss}
    if name in FEW_SERIES:
        return settings
    return settings | {
        "learning_rate": 0.01,
        "scale_independence": False,
        "steps_per_epoch": 300,
        "batch_size": 256,
    }


def smape_settings(name: str) -> dict[str, object]:
    """The network alone, trained on sMAPE: every series counts by its own level."""
    return _network_settings(name, "smape")


def mase_settings(name: str) -> dict[str, object]:
    """The network alone, trained on MASE: every window counts by its own steps."""
    return _network_settings(name, "mase")


OTHER_NETWORKS: dict[str, type[NetworkForecaster]] = {
    "dlinear": DLinearForecaster,
    "patchtst": PatchTSTForecaster,
    "amd": AMDForecaster,
    "wpmixer": WPMixerForecaster,
}
OF_SIGMA = {
    "paper": paper_settings,
    "context": context_settings,
    "default": default_settings,
    "smape": smape_settings,
    "mase": mase_settings,
}
RECIPES = OF_SIGMA | dict.fromkeys(OTHER_NETWORKS, other_network_settings)


def forecaster_of(recipe: str) -> type[NetworkForecaster]:
    """Class whose parameters a recipe gives."""
    return OTHER_NETWORKS.get(recipe, SigmaForecaster)
