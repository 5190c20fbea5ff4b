"""N-HiTS's settings: in the protocol of the Sigma paper, which has it not, and in its own."""

from __future__ import annotations

from examples.paper.one_protocol import ALONE, ONE_PROTOCOL

COMMON = {
    **ALONE,
    "weight_decay": 0.0,
    "hidden_sizes": (512, 512),
    "n_blocks": (1, 1, 1),
    "dropout": 0.0,
    "learning_rate": 0.001,
}
IN_SIGMA_PAPER = {
    **ONE_PROTOCOL,
    "normalize": True,
}
# The paper takes 1,000 steps, halves the rate three times, and chooses pools and knots by
# validation for every data set and horizon: here is one choice for all, from the middle.
IN_ITS_SCRIPTS = {
    "loss": "mae",
    "batch_size": 256,
    "max_epochs": 4,
    "steps_per_epoch": 250,
    "patience": 4,
    "lr_schedule": "halving",
    "normalize": False,
    "pool_sizes": (8, 4, 1),
    "downsampling": (24, 12, 1),
}


def nhits_settings(dataset: str) -> dict[str, object]:
    """Parameters of `NHiTSForecaster` in the protocol of the Sigma paper: pools by context."""
    return COMMON | IN_SIGMA_PAPER


def nhits_official_settings(dataset: str) -> dict[str, object]:
    """Parameters of `NHiTSForecaster` near the paper's own runs."""
    return COMMON | IN_ITS_SCRIPTS
