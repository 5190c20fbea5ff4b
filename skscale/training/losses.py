"""Losses of a forecast against a batch of windows."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature

import torch
from torch import Tensor
from torch.nn.functional import huber_loss

from skscale.ops import begun, beside_values, fill_holes, masked_mean
from skscale.training.buffers import Batch

__all__ = ["LOSSES", "Loss", "get_loss"]

Loss = Callable[[Tensor, Batch], Tensor]


def mse(forecast: Tensor, batch: Batch) -> Tensor:
    """Mean squared error, in scaled units."""
    return _mean((forecast - batch.y).square(), batch)


def mae(forecast: Tensor, batch: Batch) -> Tensor:
    """Mean absolute error, in scaled units."""
    return _mean((forecast - batch.y).abs(), batch)


def huber(forecast: Tensor, batch: Batch) -> Tensor:
    """Huber loss, quadratic within one scaled unit."""
    return _mean(huber_loss(forecast, batch.y, reduction="none"), batch)


def smape(forecast: Tensor, batch: Batch) -> Tensor:
    """Symmetric mean absolute percentage error in original units, 0 to 2."""
    forecast = forecast * batch.scale + batch.location
    target = batch.y * batch.scale + batch.location
    size = (forecast.abs() + target.abs()).clamp(min=torch.finfo(target.dtype).tiny)
    return _mean(2 * (forecast - target).abs() / size, batch)


def mase(forecast: Tensor, batch: Batch) -> Tensor:
    """Mean absolute error over the mean step of the context (a window-wise MASE).

    A step leads from one observed value to the next. It is bounded below by a hundredth of the
    series' unit, or flat windows would outweigh all others; a context of one point has no steps,
    and counts as flat.
    """
    if batch.mask is None:
        steps = batch.x.diff(dim=1).abs()
        size = steps.sum(dim=1, keepdim=True) / max(steps.shape[1], 1)
    else:
        mask = beside_values(batch.mask)
        steps = fill_holes(batch.x, mask).diff(dim=1).abs() * begun(mask)[:, :-1]
        size = steps.sum(dim=1, keepdim=True) / (mask.sum(1, keepdim=True) - 1).clamp(min=1)
    return _mean((forecast - batch.y).abs() / size.clamp(min=0.01), batch)


def _mean(error: Tensor, batch: Batch) -> Tensor:
    if batch.weight is not None:
        error = error * batch.weight
    return masked_mean(error, batch.y_mask, dim=None)


LOSSES: dict[str, Loss] = {"mse": mse, "mae": mae, "huber": huber, "smape": smape, "mase": mase}


def get_loss(loss: str | Loss) -> Loss:
    """Look a loss up by name, or take a function of a forecast and its batch.

    Raises
    ------
    ValueError
        If ``loss`` is neither; lists the names.
    TypeError
        If the function does not take a forecast and its batch; from what is returned, if it gives
        anything but a Tensor of one number, or one without a gradient in training.
    RuntimeError
        From what is returned, if the function raises an error.
    """
    if isinstance(loss, str) and loss in LOSSES:
        return LOSSES[loss]
    if isinstance(loss, str | type) or not callable(loss):
        raise ValueError(
            f"loss must be one of {sorted(LOSSES)} or a function of a forecast and its batch, "
            f"got {loss!r}"
        )

    _check_arguments(loss)

    def checked(forecast: Tensor, batch: Batch) -> Tensor:
        try:
            value = loss(forecast, batch)
        except Exception as error:
            raise RuntimeError(
                f"loss raised {type(error).__name__}: {error}; forecast and batch.y have the shape "
                f"{tuple(forecast.shape)}"
            ) from error
        if not isinstance(value, Tensor) or value.ndim:
            found = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise TypeError(f"loss must return a Tensor of one number, shape (), got {found}")
        if forecast.requires_grad and not value.requires_grad:
            raise TypeError("loss must have a gradient, got one that does not follow the forecast")
        return value

    return checked


def _check_arguments(loss: Loss) -> None:
    """Raise TypeError unless a function takes two arguments, as far as it tells."""
    try:
        taken = signature(loss)
    except ValueError:  # such as functions that are not written in Python
        return
    try:
        taken.bind(None, None)
    except TypeError as error:
        raise TypeError(
            f"loss must take two arguments, a forecast and its batch, got one that takes {taken}"
        ) from error
