"""TimePro's settings: its own sizes in the protocol of the Sigma paper, and its own scripts."""

from __future__ import annotations

from examples.paper.one_protocol import ALONE, ONE_PROTOCOL

COMMON = {
    **ALONE,
    **ONE_PROTOCOL,
    "weight_decay": 0.0,
    "dropout": 0.1,
}
HORIZONS = (96, 192, 336, 720)
# Layers, d_model at every horizon, patch and stride.
SIZES = {
    "ETTh1": (2, (16, 32, 32, 16), 12, 6),
    "ETTh2": (1, (32, 32, 32, 32), 24, 12),
    "ETTm1": (2, (32, 32, 32, 32), 12, 6),
    "ETTm2": (2, (32, 16, 16, 16), 12, 6),
    "Exchange": (1, (16, 16, 16, 16), 12, 6),
    "Weather": (3, (32, 16, 16, 16), 6, 3),
    "Electricity": (2, (32, 32, 32, 32), 8, 4),
    "Traffic": (2, (32, 32, 32, 32), 8, 4),  # no script: as Electricity
}
# What a horizon has otherwise.
CHANGES: dict[tuple[str, int], dict[str, object]] = {
    ("ETTm1", 96): {"n_layers": 1},
    ("Weather", 720): {"patch_length": 8, "stride": 4},
    ("Exchange", 336): {"patch_length": 16, "stride": 8},
    ("Exchange", 720): {"patch_length": 8, "stride": 4, "learning_rate": 2e-4},
    ("Electricity", 720): {"patch_length": 12, "stride": 6},
    ("Traffic", 720): {"patch_length": 12, "stride": 6},
}
# Learning rates at a horizon of 96 and at longer ones.
RATES = {
    "ETTh1": (7e-5, 5e-5),
    "ETTh2": (5e-5, 5e-5),
    "ETTm1": (5e-5, 5e-5),
    "ETTm2": (5e-5, 5e-5),
    "Exchange": (3e-5, 3e-5),
    "Weather": (5e-5, 8e-5),
    "Electricity": (5e-4, 3e-4),
    "Traffic": (5e-4, 3e-4),
}


def timepro_settings(dataset: str) -> dict[str, object]:
    """Parameters of `TimeProForecaster` in the protocol of the Sigma paper, at horizon 96."""
    return COMMON | timepro_at(dataset, 96)


def timepro_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return sizes and rate at one horizon; between those of the scripts, the next shorter's."""
    place = max((i for i, known in enumerate(HORIZONS) if known <= horizon), default=0)
    n_layers, widths, patch_length, stride = SIZES[dataset]
    return {
        "n_layers": n_layers,
        "d_model": widths[place],
        "patch_length": patch_length,
        "stride": stride,
        "learning_rate": RATES[dataset][min(place, 1)],
        **CHANGES.get((dataset, HORIZONS[place]), {}),
    }


def timepro_official_settings(dataset: str) -> dict[str, object]:
    """Parameters of `TimeProForecaster` as in its own scripts, at horizon 96."""
    return COMMON | timepro_official_at(dataset, 96)


def timepro_official_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return sizes, rate, batch and epochs of the scripts at one horizon."""
    large = dataset == "Weather" or (dataset == "ETTh1" and horizon > 96)
    return timepro_at(dataset, horizon) | {
        "batch_size": 32 if large else 16,
        "max_epochs": 5 if (dataset, horizon) == ("Exchange", 336) else 10,
    }
