"""MICN's settings: the Time-Series-Library's, which the Sigma paper grew out of, and its own."""

from __future__ import annotations

from examples.paper.one_protocol import ALONE, ONE_PROTOCOL

COMMON = {
    **ALONE,
    **ONE_PROTOCOL,
    "weight_decay": 0.0,
    "time_features": True,
    "kernels": (12, 16),
    "n_layers": 1,
    "dropout": 0.05,  # within the layers of both; the library's embedding has 0.1
}
IN_SIGMA_PAPER = {"variant": "tslib", "learning_rate": 0.0001}
# The paper's scripts take three quarters of the rate after every epoch; halving is the nearest.
IN_ITS_SCRIPTS = {"variant": "official", "d_model": 512, "learning_rate": 0.001, "max_epochs": 15}

# d_model of the library's scripts at a horizon of 96, where it is not 512.
SIZES = {"Weather": 32, "Exchange": 64}


def micn_settings(dataset: str) -> dict[str, object]:
    """Parameters of `MICNForecaster` in the protocol of the Sigma paper."""
    return COMMON | IN_SIGMA_PAPER | {"d_model": SIZES.get(dataset, 512)}


def micn_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return what these have otherwise at one horizon."""
    return {"d_model": 32} if dataset == "Exchange" and horizon >= 336 else {}


def micn_official_settings(dataset: str) -> dict[str, object]:
    """Parameters of `MICNForecaster` as the paper's own scripts have them: one for all sets."""
    return COMMON | IN_ITS_SCRIPTS
