"""Windows and the training loop: knows torch, knows no model and no pandas."""

from skscale.training.linear import fit_linear_maps
from skscale.training.loop import (
    History,
    NonFiniteLossError,
    TrainingConfig,
    evaluate,
    forward,
    predict,
    train,
)
from skscale.training.losses import LOSSES
from skscale.training.windows import Batch, SeriesBuffer, Windows

__all__ = [
    "LOSSES",
    "Batch",
    "History",
    "NonFiniteLossError",
    "SeriesBuffer",
    "TrainingConfig",
    "Windows",
    "evaluate",
    "fit_linear_maps",
    "forward",
    "predict",
    "train",
]
