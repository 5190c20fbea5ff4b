"""Windows and the training loop: knows torch, knows no model and no pandas."""

from skscale.training.buffers import Batch, SeriesBuffer
from skscale.training.callbacks import Callback, Progress
from skscale.training.config import History, NonFiniteLossError, TrainingConfig
from skscale.training.data import BatchSource, Rows
from skscale.training.device import resolve_device
from skscale.training.evaluation import evaluate, predict, series_errors
from skscale.training.linear import fit_linear_maps
from skscale.training.loop import train
from skscale.training.losses import LOSSES
from skscale.training.objective import Objective, forecast_objective, forward
from skscale.training.run import Run
from skscale.training.runtime import Runtime
from skscale.training.shards import ShardedBuffer
from skscale.training.windows import Windows

__all__ = [
    "LOSSES",
    "Batch",
    "BatchSource",
    "Callback",
    "History",
    "NonFiniteLossError",
    "Objective",
    "Progress",
    "Rows",
    "Run",
    "Runtime",
    "SeriesBuffer",
    "ShardedBuffer",
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
