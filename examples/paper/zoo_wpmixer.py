"""WPMixer's settings: for the Sigma paper's comparison, and those of its own scripts."""

from __future__ import annotations

from examples.paper.one_protocol import ALONE, ONE_PROTOCOL

COMMON = {
    **ALONE,
    "weight_decay": 0.0,
}

# One protocol for all networks of the paper's tables: batch, epochs, early stopping. Sizes are the
# defaults of WPMixer's code but for the features, which its scripts halve on most data.
IN_SIGMA_PAPER = {
    **ONE_PROTOCOL,
    "d_model": 128,
    "token_factor": 5,
    "feature_factor": 5,
    "dropout": 0.05,
    "learning_rate": 0.001,
}

# What its "unified" scripts share, at L = 96. Their rate stays for two epochs and then loses a
# tenth in each; a cosine comes nearest.
IN_ITS_SCRIPTS = {
    "loss": "huber",
    "lr_schedule": "cosine",
    "batch_size": 128,
    "max_epochs": 10,
    "patience": 5,
    "patch_length": 16,
    "stride": 8,
}
HORIZONS = (96, 192, 336, 720)
COLUMNS = (
    *("learning_rate", "wavelet", "level", "token_factor", "feature_factor"),
    *("dropout", "embedding_dropout", "d_model"),
)
# A row for each horizon, all chosen on the test sets.
ROWS = {
    "ETTh1": (
        (0.00299, "coif4", 1, 3, 3, 0.1, 0.2, 256),
        (0.00147, "coif5", 3, 7, 8, 0.4, 0.2, 256),
        (0.00158, "sym4", 3, 3, 8, 0.2, 0.0, 256),
        (0.00038, "sym2", 3, 5, 8, 0.4, 0.0, 128),
    ),
    "ETTh2": (
        (0.00048, "db3", 1, 5, 8, 0.4, 0.0, 256),
        (0.00147, "coif4", 2, 3, 8, 0.1, 0.05, 256),
        (0.00119, "coif4", 2, 5, 3, 0.1, 0.0, 256),
        (0.00030, "coif5", 1, 7, 5, 0.4, 0.0, 256),
    ),
    "ETTm1": (
        (0.00194, "db5", 1, 7, 5, 0.1, 0.05, 128),
        (0.00199, "coif5", 1, 5, 7, 0.2, 0.1, 128),
        (0.00239, "sym4", 1, 5, 5, 0.2, 0.05, 128),
        (0.00207, "coif4", 1, 7, 3, 0.4, 0.1, 256),
    ),
    "ETTm2": (
        (0.00253, "coif5", 1, 5, 5, 0.2, 0.1, 128),
        (0.00302, "db3", 1, 7, 8, 0.4, 0.05, 128),
        (0.00452, "sym2", 1, 5, 5, 0.4, 0.1, 256),
        (0.00258, "sym4", 1, 5, 5, 0.4, 0.1, 256),
    ),
    "Weather": (
        (0.00643, "sym3", 1, 3, 5, 0.2, 0.0, 128),
        (0.00313, "coif4", 1, 5, 3, 0.4, 0.2, 256),
        (0.00418, "coif4", 1, 7, 7, 0.4, 0.1, 128),
        (0.00195, "sym2", 1, 7, 5, 0.4, 0.0, 128),
    ),
}
# Without a script: the defaults of its code.
REST = (0.001, "db2", 1, 5, 5, 0.05, 0.0, 256)
LONG_PATCHES = {"patch_length": 48, "stride": 24}


def wpmixer_settings(dataset: str) -> dict[str, object]:
    """Parameters of `WPMixerForecaster` in the protocol of the Sigma paper."""
    return COMMON | IN_SIGMA_PAPER


def wpmixer_official_settings(dataset: str) -> dict[str, object]:
    """Parameters of `WPMixerForecaster` as its own scripts for L = 96 have them, at 96 steps."""
    return COMMON | IN_ITS_SCRIPTS | wpmixer_official_at(dataset, 96)


def wpmixer_official_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return what they have otherwise at one horizon; those between are as the next."""
    place = sum(horizon > one for one in HORIZONS[:-1])
    row = ROWS[dataset][place] if dataset in ROWS else REST
    changes: dict[str, object] = dict(zip(COLUMNS, row, strict=True))
    if (dataset, place) == ("ETTm1", 0):
        changes |= LONG_PATCHES
    if dataset == "Weather":
        changes["max_epochs"] = 20
    return changes
