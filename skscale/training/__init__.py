"""Windows and the training loop: knows torch, knows no model and no pandas."""

from skscale.training.config import History, NonFiniteLossError, TrainingConfig
from skscale.training.data import BatchSource, Rows
from skscale.training.device import resolve_device
from skscale.training.linear import fit_linear_maps
from skscale.training.loop import (
    Objective,
    evaluate,
    forecast_objective,
    forward,
    predict,
    series_errors,
    train,
)
from skscale.training.losses import LOSSES
from skscale.training.runtime import Runtime
from skscale.training.windows import Batch, SeriesBuffer, Windows

__all__ = [
    "LOSSES",
    "Batch",
    "BatchSource",
    "History",
    "NonFiniteLossError",
    "Objective",
    "Rows",
    "Runtime",
    "SeriesBuffer",
    "TrainingConfig",
    "Windows",
    "evaluate",
    "fit_linear_maps",
    "forecast_objective",
    "forward",
    "predict",
    "resolve_device",
    "series_errors",
    "train",
]
