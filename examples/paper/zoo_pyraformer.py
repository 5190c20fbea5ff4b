"""Pyraformer's settings: in the protocol of the Sigma paper, and in its own scripts.

The Sigma paper follows the Time-Series-Library, whose network is another than that of the paper's
code.
"""

from __future__ import annotations

from examples.paper.one_protocol import ALONE, ONE_PROTOCOL

COMMON = {
    **ALONE,
    "weight_decay": 0.0,
    "normalize": False,
    "learning_rate": 0.0001,
}
IN_LIBRARY = {
    **ONE_PROTOCOL,
    "variant": "tslib",
    "windows": (4, 4),
    "neighbours": 5,
    "d_model": 512,
    "d_ff": 2048,
    "n_heads": 8,
    "n_layers": 2,
    "dropout": 0.1,
}
# Their rate falls to a tenth after every epoch: halving is the nearest.
IN_ITS_SCRIPTS = {
    "loss": "mse",
    "batch_size": 32,
    "max_epochs": 5,
    "patience": 5,
    "lr_schedule": "halving",
    "time_features": True,
    "n_layers": 4,
    "n_heads": 6,
}
HOURLY = {"d_model": 512, "d_ff": 512, "head_size": 128, "d_bottleneck": 128, "dropout": 0.05}
QUARTER_HOURLY = {"d_model": 256, "d_ff": 256, "head_size": 64, "d_bottleneck": 64, "dropout": 0.2}


def pyraformer_settings(dataset: str) -> dict[str, object]:
    """Parameters of `PyraformerForecaster` in the protocol of the Sigma paper: one for all sets."""
    return COMMON | IN_LIBRARY


def pyraformer_official_settings(dataset: str) -> dict[str, object]:
    """Parameters of `PyraformerForecaster` as its scripts have them, at horizon 96.

    They run ETTh1 and ETTm1; other sets are taken as that of the same step.
    """
    sizes = QUARTER_HOURLY if dataset.startswith("ETTm") else HOURLY
    return COMMON | IN_ITS_SCRIPTS | sizes | pyraformer_official_at(dataset, 96)


def pyraformer_official_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return windows and neighbours of the scripts at one horizon."""
    if dataset.startswith("ETTm"):
        window, neighbours = (5, 5 if 96 < horizon <= 288 else 3) if horizon <= 288 else (6, 3)
        return {"windows": (window,) * 3, "neighbours": neighbours}
    return {"windows": (4, 4, 4), "neighbours": 5 if horizon > 336 else 3}
