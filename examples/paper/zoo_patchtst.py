"""PatchTST's settings: the protocol of the Sigma paper, its own scripts, and the library's.

The Sigma paper does not say which of the two networks of this name it compares with.
"""

from __future__ import annotations

from examples.paper.one_protocol import ALONE, ONE_PROTOCOL

COMMON = {
    **ALONE,
    "weight_decay": 0.0,
    "loss": "mse",
    "learning_rate": 0.0001,
    "patch_length": 16,
    "stride": 8,
}

SMALL = {"d_model": 16, "d_ff": 128, "n_heads": 4, "n_layers": 3, "dropout": 0.3}
LARGE = {"d_model": 128, "d_ff": 256, "n_heads": 16, "n_layers": 3, "dropout": 0.2}
# The paper has none for Exchange, which is as short as ETTh1.
SIZES = {"ETTh1": SMALL, "ETTh2": SMALL, "Exchange": SMALL}

# Their rate is constant for two epochs and then falls by a tenth in each; a cosine stands in.
IN_ITS_SCRIPTS = {"batch_size": 128, "max_epochs": 100, "patience": 100, "lr_schedule": "cosine"}
ON_LARGE_SETS = {"patience": 20, "lr_schedule": "onecycle"}

# The Time-Series-Library, whose command line leaves its sizes as they are.
IN_LIBRARY = {"variant": "tslib", "d_model": 512, "d_ff": 2048, "dropout": 0.1}
LIBRARY_HORIZONS = (96, 192, 336, 720)
LIBRARY_ROWS = {  # at these horizons: layers, heads, batch
    "ETTh1": ((1, 1, 1, 1), (2, 8, 8, 16), (32, 32, 32, 32)),
    "ETTh2": ((3, 3, 3, 3), (4, 4, 4, 4), (32, 32, 32, 32)),
    "ETTm1": ((1, 3, 1, 3), (2, 2, 4, 4), (32, 128, 128, 128)),
    "ETTm2": ((3, 3, 1, 3), (16, 2, 4, 4), (32, 128, 32, 128)),
    "Exchange": ((2, 2, 2, 2), (8, 8, 8, 8), (32, 32, 32, 32)),
    "Weather": ((2, 2, 2, 2), (4, 16, 4, 4), (32, 32, 128, 128)),
}


def patchtst_settings(dataset: str) -> dict[str, object]:
    """Parameters of `PatchTSTForecaster` in the protocol of the Sigma paper, with its own sizes."""
    return COMMON | ONE_PROTOCOL | SIZES.get(dataset, LARGE)


def patchtst_official_settings(dataset: str) -> dict[str, object]:
    """Parameters of `PatchTSTForecaster` as its scripts have them, for a context of 336."""
    more = {} if dataset in SIZES else ON_LARGE_SETS
    return COMMON | IN_ITS_SCRIPTS | SIZES.get(dataset, LARGE) | more


def patchtst_tslib_settings(dataset: str) -> dict[str, object]:
    """Parameters of `PatchTSTForecaster` as the library's scripts have them, at 96 steps."""
    return COMMON | ONE_PROTOCOL | IN_LIBRARY | patchtst_tslib_at(dataset, 96)


def patchtst_tslib_at(dataset: str, horizon: int) -> dict[str, object]:
    """Return what the library has otherwise at one horizon; those between are as the next."""
    place = sum(horizon > one for one in LIBRARY_HORIZONS[:-1])
    columns = LIBRARY_ROWS.get(dataset, LIBRARY_ROWS["Weather"])
    n_layers, n_heads, batch_size = (column[place] for column in columns)
    changes = {"n_layers": n_layers, "n_heads": n_heads, "batch_size": batch_size}
    if dataset == "Weather":
        changes["max_epochs"] = 3
    if (dataset, horizon) == ("Exchange", 336):
        changes["max_epochs"] = 1
    return changes
