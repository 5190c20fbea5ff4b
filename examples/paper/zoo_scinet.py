"""SCINet's settings: in the protocol of the Sigma paper, which has it not, and in its own."""

from __future__ import annotations

from examples.paper.one_protocol import ALONE, ONE_PROTOCOL

COMMON = {
    **ALONE,
    "weight_decay": 0.0,
    "lr_schedule": "halving",
}
IN_SIGMA_PAPER = {
    **ONE_PROTOCOL,
    "hidden_size": 1,
    "n_levels": 3,
    "dropout": 0.1,
    "learning_rate": 0.001,
}
# Its rate falls by a twentieth after every epoch, for up to a hundred: constant is the nearest.
IN_ITS_SCRIPTS = {
    "normalize": False,
    "affine": False,
    "loss": "mae",
    "lr_schedule": "constant",
    "max_epochs": 100,
    "patience": 5,
}
COLUMNS = ("hidden_size", "n_levels", "n_stacks", "learning_rate", "batch_size", "dropout")
# By data set and the longest horizon of a row; contexts there are 48, 96, 336, 336 and 736 points,
# or 48, 96, 384, 672 and 672 for ETTm1.
ROWS = {
    "ETTh1": {
        24: (4, 3, 1, 3e-3, 8, 0.5),
        48: (4, 3, 1, 9e-3, 16, 0.25),
        168: (4, 3, 1, 5e-4, 32, 0.5),
        336: (1, 4, 1, 1e-4, 512, 0.5),
        720: (1, 5, 1, 5e-5, 256, 0.5),
    },
    "ETTh2": {
        24: (8, 3, 1, 7e-3, 16, 0.25),
        48: (4, 4, 1, 7e-3, 4, 0.5),
        168: (0.5, 4, 1, 5e-5, 16, 0.5),
        336: (1, 4, 1, 5e-5, 128, 0.5),
        720: (4, 5, 1, 1e-5, 128, 0.5),
    },
    "ETTm1": {
        24: (4, 3, 1, 5e-3, 32, 0.5),
        48: (4, 4, 2, 1e-3, 16, 0.5),
        96: (0.5, 4, 2, 5e-5, 32, 0.5),
        288: (4, 5, 1, 1e-5, 32, 0.5),
        672: (4, 5, 2, 1e-5, 32, 0.5),
    },
}


def scinet_settings(dataset: str) -> dict[str, object]:
    """Parameters of `SCINetForecaster` in the protocol of the Sigma paper: one for all sets."""
    return COMMON | IN_SIGMA_PAPER


def scinet_official_settings(dataset: str) -> dict[str, object]:
    """Parameters of `SCINetForecaster` as the paper's own commands have them, at horizon 96."""
    return COMMON | IN_ITS_SCRIPTS | scinet_official_at(dataset, 96)


def scinet_official_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return what the commands have at one horizon: the next longer's, ETTh1's for other sets."""
    rows = ROWS.get(dataset, ROWS["ETTh1"])
    longest = min((known for known in rows if known >= horizon), default=max(rows))
    return dict(zip(COLUMNS, rows[longest], strict=True))
