"""TimeFilter's settings: its own sizes in the protocol of the Sigma paper, and its own scripts."""

from __future__ import annotations

from examples.paper.one_protocol import ALONE, ONE_PROTOCOL

COMMON = {
    **ALONE,
    **ONE_PROTOCOL,
    "weight_decay": 0.0,
    "n_layers": 2,
    "learning_rate": 1e-4,
}
HORIZONS = (96, 192, 336, 720)
# Patch, d_model, d_ff, dropout, top_p and alpha, all at a horizon of 96. ETT has contexts of 96
# there, the others of 512 and 720, whose patches are cut to this context.
COLUMNS = ("patch_length", "d_model", "d_ff", "dropout", "top_p", "alpha")
ROWS = {
    "ETTh1": (2, 128, 256, 0.8, 0.5, 0.1),
    "ETTh2": (4, 128, 256, 0.8, 0.0, 0.1),
    "ETTm1": (8, 256, 256, 0.3, 0.0, 0.1),
    "ETTm2": (16, 128, 128, 0.6, 0.0, 0.1),
    "Exchange": (16, 128, 256, 0.1, 0.5, 0.1),  # no script: defaults of the command line
    "Weather": (48, 128, 256, 0.3, 0.5, 0.1),
    "Electricity": (32, 512, 512, 0.5, 0.5, 0.1),
    "Traffic": (96, 512, 2048, 0.3, 0.0, 0.1),
}
# What a data set has otherwise at all horizons, and what it has at one.
OF_SET: dict[str, dict[str, object]] = {
    "ETTh1": {"positions": False},
    "ETTh2": {"n_layers": 1},
    "Traffic": {"positions": False, "n_layers": 3},
}
CHANGES: dict[tuple[str, int], dict[str, object]] = {
    ("ETTh1", 720): {"d_ff": 128},
    ("ETTh2", 192): {"dropout": 0.6, "top_p": 0.5, "alpha": 0.8},
    ("ETTh2", 336): {"patch_length": 8, "n_layers": 2, "dropout": 0.7, "alpha": 0.4},
    ("ETTh2", 720): {"patch_length": 8, "n_layers": 2, "dropout": 0.3, "alpha": 0.9},
    ("ETTm1", 192): {"dropout": 0.5},
    ("ETTm1", 336): {"dropout": 0.7},
    ("ETTm1", 720): {"patch_length": 16, "dropout": 0.7},
}
# Learning rate, batch and epochs of its own scripts.
OWN_TRAINING = {
    "Weather": (5e-4, 32, 10),
    "Electricity": (1e-3, 16, 15),
    "Traffic": (1e-3, 16, 30),
}


def timefilter_settings(dataset: str) -> dict[str, object]:
    """Parameters of `TimeFilterForecaster` in the protocol of the Sigma paper, at horizon 96."""
    return COMMON | timefilter_at(dataset, 96)


def timefilter_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return sizes at one horizon; between those of the scripts, the next shorter one's."""
    nearest = max((known for known in HORIZONS if known <= horizon), default=HORIZONS[0])
    own = dict(zip(COLUMNS, ROWS[dataset], strict=True))
    return {**own, **OF_SET.get(dataset, {}), **CHANGES.get((dataset, nearest), {})}


def timefilter_official_settings(dataset: str) -> dict[str, object]:
    """Parameters of `TimeFilterForecaster` as in its own scripts, at horizon 96."""
    return COMMON | timefilter_official_at(dataset, 96)


def timefilter_official_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return sizes, rate, batch and epochs of the scripts at one horizon."""
    rate, batch, epochs = OWN_TRAINING.get(dataset, (1e-4, 32, 10))
    training = {"learning_rate": rate, "batch_size": batch, "max_epochs": epochs}
    return timefilter_at(dataset, horizon) | training | {"lr_schedule": "cosine"}
