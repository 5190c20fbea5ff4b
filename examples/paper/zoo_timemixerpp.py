"""TimeMixer++'s settings: in the protocol of the Sigma paper, and in the ranges of its own.

Its authors published neither scripts nor sizes: these are those of one log of their code, kernels
and periods those of a public derivative. All data sets have the same.
"""

from __future__ import annotations

from examples.paper.one_protocol import ALONE, ONE_PROTOCOL

COMMON = {
    **ALONE,
    "weight_decay": 0.0,
    "d_model": 16,
    "d_ff": 64,
    "n_layers": 3,
    "n_heads": 8,
    "top_k": 3,
    "n_kernels": 6,
    "down_sampling_layers": 3,
    "down_sampling_method": "conv",
}
IN_SIGMA_PAPER = {**ONE_PROTOCOL, "learning_rate": 0.001}
# "From 0.001 to 0.1", "batch 512", "a linear warm-up and decay".
IN_ITS_PAPER = {
    "loss": "mse",
    "learning_rate": 0.01,
    "batch_size": 512,
    "lr_schedule": "onecycle",
    "max_epochs": 10,
    "patience": 10,
}


def timemixerpp_settings(dataset: str) -> dict[str, object]:
    """Parameters of `TimeMixerPPForecaster` in the protocol of the Sigma paper."""
    return COMMON | IN_SIGMA_PAPER


def timemixerpp_official_settings(dataset: str) -> dict[str, object]:
    """Parameters of `TimeMixerPPForecaster` as far as its paper gives them."""
    return COMMON | IN_ITS_PAPER
