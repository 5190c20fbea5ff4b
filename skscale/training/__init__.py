"""Windows and the training loop: knows torch, knows no model and no pandas."""

from skscale.training.loop import (
    History,
    NonFiniteLossError,
    TrainingConfig,
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
    "forward",
    "predict",
    "train",
]
