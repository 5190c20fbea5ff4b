"""TimesNet's settings, in the protocol of the Sigma paper and in its authors' scripts.

These are those of the Time-Series-Library, and follow the same protocol but for a few horizons.
"""

from __future__ import annotations

from examples.paper.one_protocol import ALONE, ONE_PROTOCOL

COMMON = {
    **ALONE,
    **ONE_PROTOCOL,
    "weight_decay": 0.0,
    "time_features": True,
    "n_layers": 2,
    "top_k": 5,
    "n_kernels": 6,
    "dropout": 0.1,
    "learning_rate": 0.0001,
}

# d_model and d_ff of the scripts, at horizons of 96, 192, 336 and 720.
HORIZONS = (96, 192, 336, 720)
SIZES = {
    "ETTh1": ((16, 32), (16, 32), (16, 32), (16, 32)),
    "ETTh2": ((32, 32), (32, 32), (32, 32), (32, 32)),
    "ETTm1": ((64, 64), (64, 64), (16, 32), (16, 32)),
    "ETTm2": ((32, 32), (32, 32), (32, 32), (16, 32)),
    "Exchange": ((64, 64), (64, 64), (32, 32), (32, 32)),
}
OTHER = ((32, 32),) * 4  # Weather; Electricity and Traffic were not looked up
FEWER_EPOCHS = {
    **{("ETTm1", 336): 3, ("ETTm2", 192): 1, ("ETTm2", 720): 1},
    **{("Weather", 192): 1, ("Weather", 720): 1, ("Exchange", 336): 1, ("Exchange", 720): 1},
}


def timesnet_settings(dataset: str) -> dict[str, object]:
    """Parameters of `TimesNetForecaster` for one data set, at a horizon of 96."""
    return COMMON | timesnet_at(dataset, 96)


def timesnet_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return the sizes at one horizon; between those of the scripts, the next shorter one's."""
    place = max((i for i, known in enumerate(HORIZONS) if known <= horizon), default=0)
    d_model, d_ff = SIZES.get(dataset, OTHER)[place]
    return {"d_model": d_model, "d_ff": d_ff}


def timesnet_official_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return sizes and epochs of the scripts at one horizon."""
    epochs = FEWER_EPOCHS.get((dataset, horizon), COMMON["max_epochs"])
    return timesnet_at(dataset, horizon) | {"max_epochs": epochs}
