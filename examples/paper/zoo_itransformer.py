"""iTransformer's settings: those of its own scripts, which the Sigma paper's protocol shares."""

from __future__ import annotations

from examples.paper.one_protocol import ALONE, ONE_PROTOCOL

COMMON = {
    **ALONE,
    **ONE_PROTOCOL,
    "weight_decay": 0.0,
    "learning_rate": 0.0001,
    "n_heads": 8,
    "dropout": 0.1,
}
# Layers, and features of tokens and of hidden layers alike.
ROWS = {
    "ETTh1": (2, 256),
    "ETTh2": (2, 128),
    "ETTm1": (2, 128),
    "ETTm2": (2, 128),
    "Exchange": (2, 128),
    "Weather": (3, 512),
    "Electricity": (3, 512),  # not looked up: as Weather; and the next
    "Traffic": (3, 512),
}


def itransformer_settings(dataset: str) -> dict[str, object]:
    """Parameters of `ITransformerForecaster` without a calendar."""
    n_layers, width = ROWS[dataset]
    return COMMON | {"n_layers": n_layers, "d_model": width, "d_ff": width}


def itransformer_official_settings(dataset: str) -> dict[str, object]:
    """Parameters of `ITransformerForecaster` with the calendar as tokens, as its scripts have."""
    return itransformer_settings(dataset) | {"time_features": True}


def itransformer_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return what the settings of a data set have otherwise at one horizon."""
    if dataset == "ETTh1" and horizon > 192:
        return {"d_model": 512, "d_ff": 512}
    return {}


def itransformer_official_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return the same for its own scripts."""
    changes = itransformer_at(dataset, horizon)
    if dataset == "Exchange" and horizon == 336:
        changes["max_epochs"] = 1
    return changes
