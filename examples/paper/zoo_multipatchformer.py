"""MultiPatchFormer's settings: in the protocol of the Sigma paper, and with its authors' sizes.

The Sigma paper follows the Time-Series-Library, whose scripts have one setting for all sets. The
authors publish no training code, and sizes that are the same for all.
"""

from __future__ import annotations

from examples.paper.one_protocol import ALONE, ONE_PROTOCOL

COMMON = {
    **ALONE,
    **ONE_PROTOCOL,
    "weight_decay": 0.0,
    "learning_rate": 0.0001,
    "d_model": 256,
    "d_ff": 512,
    "n_layers": 1,
}
IN_LIBRARY = {"variant": "tslib", "affine": False, "n_heads": 8, "dropout": 0.1}
OF_AUTHORS = {"n_heads": 16, "dropout": 0.2}


def multipatchformer_settings(dataset: str) -> dict[str, object]:
    """Parameters of `MultiPatchFormerForecaster` in the protocol of the Sigma paper."""
    return COMMON | IN_LIBRARY


def multipatchformer_official_settings(dataset: str) -> dict[str, object]:
    """Parameters of `MultiPatchFormerForecaster` with the network of its authors."""
    return COMMON | OF_AUTHORS
