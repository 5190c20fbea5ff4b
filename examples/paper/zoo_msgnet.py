"""MSGNet's settings, in the protocol of the Sigma paper and in its authors' scripts.

The scripts follow the same protocol, but for the epochs of one row.
"""

from __future__ import annotations

from examples.paper.one_protocol import ALONE, ONE_PROTOCOL

COMMON = {
    **ALONE,
    **ONE_PROTOCOL,
    "weight_decay": 0.0,
    "time_features": True,
    "n_heads": 8,
    "conv_channels": 32,
    "skip_channels": 32,
    "node_size": 10,
    "depth": 2,
    "alpha": 0.3,
    "learning_rate": 0.0001,
}
HORIZONS = (96, 192, 336, 720)
COLUMNS = ("n_layers", "d_model", "d_ff", "top_k", "dropout")
ROWS = {  # at a horizon of 96
    "ETTh1": (1, 32, 64, 3, 0.1),
    "ETTh2": (2, 16, 32, 5, 0.05),
    "ETTm1": (1, 32, 32, 3, 0.05),
    "ETTm2": (2, 32, 32, 3, 0.3),
    "Weather": (2, 64, 128, 5, 0.05),
    "Exchange": (2, 64, 128, 3, 0.2),
    "Electricity": (2, 1024, 512, 5, 0.05),
    # Not among the scripts: Electricity's, with a feature for each of its 862 channels.
    "Traffic": (2, 1024, 512, 5, 0.05),
}
WIDE = {"conv_channels": 16, "node_size": 100}
OF_SET = {"Exchange": {"conv_channels": 16}, "Electricity": WIDE, "Traffic": WIDE}
LONGER = {"top_k": 5, "dropout": 0.05}
OF_HORIZON: dict[tuple[str, int], dict[str, object]] = {
    ("ETTh1", 336): {"n_layers": 2},
    ("ETTh1", 720): {"d_model": 16, "d_ff": 32},
    **{("ETTm1", horizon): {"conv_channels": 16} for horizon in (192, 336, 720)},
    **{("ETTm2", horizon): {"d_ff": 64} for horizon in (192, 720)},
    ("Weather", 336): {"n_layers": 1},
    **{("Exchange", horizon): LONGER | {"node_size": 30} for horizon in (192, 336)},
    ("Exchange", 720): LONGER,
    **{(name, n): {"n_layers": 3} for name in ("Electricity", "Traffic") for n in (336, 720)},
}
FEWER_EPOCHS = {("Weather", 96): 3}


def msgnet_settings(dataset: str) -> dict[str, object]:
    """Parameters of `MSGNetForecaster` for one data set, at a horizon of 96."""
    own = dict(zip(COLUMNS, ROWS[dataset], strict=True))
    return COMMON | own | OF_SET.get(dataset, {})


def msgnet_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return what is otherwise at one horizon; between the scripts', the next shorter one's."""
    known = max((one for one in HORIZONS if one <= horizon), default=HORIZONS[0])
    return OF_HORIZON.get((dataset, known), {})


def msgnet_official_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return this with the epochs of the scripts."""
    epochs = FEWER_EPOCHS.get((dataset, horizon), COMMON["max_epochs"])
    return msgnet_at(dataset, horizon) | {"max_epochs": epochs}
