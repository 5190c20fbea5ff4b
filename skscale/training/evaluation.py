"""Passes over windows without gradients."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skscale.ops.threads import threads_for
from skscale.training.config import TrainingConfig
from skscale.training.data import BatchSource, spread_indices
from skscale.training.objective import forward
from skscale.training.run import Run
from skscale.training.windows import Windows

__all__ = ["evaluate", "predict", "series_errors"]

_VALUES_AT_ONCE = 2**20


@torch.no_grad()
def evaluate(
    net: nn.Module, windows: BatchSource, config: TrainingConfig, run: Run | None = None
) -> float:
    """Mean loss over all ``windows``, or ``config``'s number of them, that have a target.

    Parameters
    ----------
    net : Module
    windows : Windows or other BatchSource
    config : TrainingConfig
    run : Run, optional
        Its objective and its processes count.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import NLinearNet
    >>> from skscale.training import SeriesBuffer, TrainingConfig, Windows, evaluate
    >>> one = torch.ones(1, 1)
    >>> buffer = SeriesBuffer(torch.arange(12.0)[:, None], torch.tensor([0, 12]), 0 * one, one)
    >>> windows = Windows(buffer, 4, 2, torch.tensor([4]), torch.tensor([10]))
    >>> loss = evaluate(NLinearNet(4, 2, 1), windows, TrainingConfig(loss="mae"))
    >>> loss > 0
    True
    """
    run = run or Run()
    runtime, objective = run.runtime_on(windows.device), run.objective_of(config)
    net.eval()
    total = torch.zeros((), dtype=torch.float64, device=windows.device)
    chosen = spread_indices(windows, config.validation_windows)
    count, gaps = 0, _has_gaps(windows)
    for index in chosen.split(_evaluation_batch(windows, config)):
        if gaps:
            index = index[windows.observed(index) > 0]
            if not len(index):
                continue
        count += len(index)
        part, weight = runtime.share(index, windows)
        total += objective(net, windows.batch(part)) * (weight * len(index))
    return float(runtime.mean(total)) / max(count, 1)


@torch.no_grad()
def series_errors(
    net: nn.Module, windows: Windows, config: TrainingConfig
) -> tuple[Tensor, Tensor]:
    """Mean absolute error of every series over all ``windows``, or ``config``'s number of them.

    Returns
    -------
    errors, counts : float64 Tensor of shape (n_series, n_channels)
        In scaled units, and over how many values, each with its weight; zero where nothing was
        forecast, or a channel is constant.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import DLinearNet
    >>> from skscale.training import SeriesBuffer, TrainingConfig, Windows, series_errors
    >>> one = torch.ones(1, 1)
    >>> buffer = SeriesBuffer(torch.arange(12.0)[:, None], torch.tensor([0, 12]), 0 * one, one)
    >>> windows = Windows(buffer, 4, 2, torch.tensor([4]), torch.tensor([10]))
    >>> errors, counts = series_errors(DLinearNet(4, 2, 1), windows, TrainingConfig())
    >>> counts
    tensor([[14.]], dtype=torch.float64)
    """
    net.eval()
    size = (len(windows.buffer.lengths), windows.n_channels)
    totals = torch.zeros(2, *size, dtype=torch.float64, device=windows.device)
    chosen = spread_indices(windows, config.validation_windows)
    for index in chosen.split(_evaluation_batch(windows, config)):
        batch = windows.batch(index)
        error = (forward(net, batch) - batch.y).abs().to(torch.float64)
        counts = (batch.counts * (batch.scale > 0)).to(torch.float64)
        both = torch.stack([(error * counts).sum(1), counts.sum(1)])
        totals.index_add_(1, windows.series_of(index), both)
    return totals[0] / torch.where(totals[1] > 0, totals[1], 1.0), totals[1]


@torch.no_grad()
def predict(net: nn.Module, windows: Windows, batch_size: int = 256) -> Tensor:
    """Forecasts of all ``windows``, (n_windows, prediction_length, n_channels), scaled units.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import DLinearNet
    >>> from skscale.training import SeriesBuffer, Windows, predict
    >>> one = torch.ones(1, 1)
    >>> buffer = SeriesBuffer(torch.arange(12.0)[:, None], torch.tensor([0, 12]), 0 * one, one)
    >>> windows = Windows(buffer, 4, 2, torch.tensor([4]), torch.tensor([10]))
    >>> predict(DLinearNet(4, 2, 1), windows).shape
    torch.Size([7, 2, 1])
    """
    net.eval()
    indices = spread_indices(windows, None).split(batch_size)
    with threads_for(min(len(windows), batch_size) * windows.sample_size):
        return torch.cat([forward(net, windows.batch(index)) for index in indices])


def _has_gaps(windows: BatchSource) -> bool:
    """Whether some windows may have no target that counts."""
    return isinstance(windows, Windows) and windows.buffer.has_gaps


def _evaluation_batch(windows: BatchSource, config: TrainingConfig) -> int:
    """Windows of a pass without gradients: more than of a step, unless they are large."""
    return max(config.batch_size, min(256, _VALUES_AT_ONCE // windows.sample_size))
