"""AMD's settings: for the Sigma paper's comparison, and those of its own scripts."""

from __future__ import annotations

from examples.paper.one_protocol import ALONE, ONE_PROTOCOL

COMMON = {
    **ALONE,
    "patch_length": 16,
    "d_ff": 2048,
    "dropout": 0.1,
    "loss": "mse",
    "max_epochs": 10,
}

# One protocol for all networks of the paper's tables: batch, epochs, early stopping. The rate is
# that of most scripts.
IN_SIGMA_PAPER = {
    **ONE_PROTOCOL,
    "weight_decay": 0.0,
    "learning_rate": 0.0001,
}

# What the scripts of AMD share, which have a context of 512 (Exchange: 96). They keep the last
# epoch whatever its validation loss; here the best is kept, of as many.
IN_ITS_SCRIPTS = {"weight_decay": 1e-9, "patience": 10, "lr_schedule": "constant"}
COLUMNS = ("patch_length", "alpha", "learning_rate", "batch_size")
ROWS = {
    "ETTh1": (16, 0.0, 5e-5, 128),
    "ETTh2": (4, 1.0, 5e-5, 128),
    "ETTm1": (16, 0.0, 3e-5, 128),
    "ETTm2": (8, 0.0, 1e-5, 128),
    "Exchange": (4, 0.0, 3e-4, 512),
    "Weather": (16, 0.0, 5e-5, 128),
    "Electricity": (16, 0.0, 5e-5, 128),  # no script of its own: as most have it; and the next
    "Traffic": (16, 0.0, 5e-5, 128),
}
N_CHANNELS = {"Exchange": 8, "Weather": 21, "Electricity": 321, "Traffic": 862}


def amd_settings(dataset: str) -> dict[str, object]:
    """Parameters of `AMDForecaster` in the protocol of the Sigma paper."""
    return COMMON | IN_SIGMA_PAPER


def amd_official_settings(dataset: str) -> dict[str, object]:
    """Parameters of `AMDForecaster` as AMD's own script for one data set has them.

    Its loss sums over channels what ours averages.
    """
    own = dict(zip(COLUMNS, ROWS[dataset], strict=True))
    n_channels = N_CHANNELS.get(dataset, 7)
    return COMMON | IN_ITS_SCRIPTS | own | {"balance_weight": float(n_channels)}
