"""What a training step minimises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from skscale.training.buffers import Batch
from skscale.training.losses import Loss, get_loss

__all__ = ["Objective", "as_read_by", "forecast_objective", "forward"]

# From a network and a batch; ``net.training`` tells steps from validation.
Objective = Callable[[Any, Any], Tensor]


def forward(net: Any, batch: Batch) -> Tensor:
    """Forecast of a batch, in scaled units.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import DLinearNet
    >>> from skscale.training import SeriesBuffer, Windows, forward
    >>> one = torch.ones(1, 1)
    >>> buffer = SeriesBuffer(torch.arange(12.0)[:, None], torch.tensor([0, 12]), 0 * one, one)
    >>> windows = Windows(buffer, 4, 2, torch.tensor([4]), torch.tensor([10]))
    >>> forward(DLinearNet(4, 2, 1), windows.batch(torch.tensor([0, 3]))).shape
    torch.Size([2, 2, 1])
    """
    batch = as_read_by(net, batch)
    return net(batch.x, batch.past_features, batch.future_features, batch.mask)


def as_read_by(net: Any, batch: Batch) -> Batch:
    """The batch with the features that a network reads.

    It may read fewer than there are, or none: it gets the first ``net.n_past_features`` and
    ``net.n_future_features`` columns.
    """
    return batch._replace(
        past_features=_first(batch.past_features, net.n_past_features),
        future_features=_first(batch.future_features, net.n_future_features),
    )


def _first(features: Tensor | None, n_columns: int) -> Tensor | None:
    return None if features is None or not n_columns else features[..., :n_columns]


def forecast_objective(loss: str | Loss) -> Objective:
    """Loss of the forecast of a batch, see `get_loss`.

    Examples
    --------
    >>> import torch
    >>> from skscale.nn import DLinearNet
    >>> from skscale.training import SeriesBuffer, Windows, forecast_objective
    >>> one = torch.ones(1, 1)
    >>> buffer = SeriesBuffer(torch.arange(12.0)[:, None], torch.tensor([0, 12]), 0 * one, one)
    >>> windows = Windows(buffer, 4, 2, torch.tensor([4]), torch.tensor([10]))
    >>> objective = forecast_objective("mae")
    >>> objective(DLinearNet(4, 2, 1), windows.batch(torch.tensor([0]))).shape
    torch.Size([])
    """
    of = get_loss(loss)
    return lambda net, batch: of(forward(net, batch), batch)
