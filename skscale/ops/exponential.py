"""Exponential smoothing of many series on a grid of parameters, some steps at a time."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from skscale.ops.tracing import exporting

__all__ = ["Grid", "smooth"]

Grid = tuple[tuple[float, float, float], ...]

# Steps that are one product. One at a time takes three times as long for a single series, sixteen
# half again as long for five hundred, whose errors then leave the cache.
_STEPS = 8
_STEPS_OF_A_GRAPH = 64  # recording takes milliseconds for every operation


def smooth(x: Tensor, grid: Grid, first: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Smooth with level and damped slope, for each point of a grid of parameters.

    What level, slope and errors are after some steps is linear in the values and in level and
    slope before them. So steps are not taken one by one: a matrix takes several at once.

    Parameters
    ----------
    x : Tensor of shape (batch, length)
        Values. The level begins at the first of them, and the slope at zero.
    grid : tuple of (level, trend, damping)
        Smoothing parameters, and the factor of the slope from one step to the next. A trend of
        zero is simple exponential smoothing.
    first : Tensor of shape (batch, length), optional
        Slope that is added at a point, such as where a series begins behind its padding.

    Returns
    -------
    level, slope : Tensor of shape (batch, n_grid)
        After the last value.
    errors : Tensor of shape (batch, n_grid)
        Sum of the squared one-step errors.

    Examples
    --------
    >>> import torch
    >>> from skscale.ops.exponential import smooth
    >>> level, slope, errors = smooth(torch.tensor([[2.0, 4.0, 4.0]]), ((0.5, 0.0, 1.0),))
    >>> level, errors
    (tensor([[3.5000]]), tensor([[5.]]))
    """
    steps = _STEPS_OF_A_GRAPH if exporting() else _STEPS
    start = x[:, :1]  # taken away, so that padding that repeats it makes no errors at all
    inputs = _blocks(x[:, 1:] - start, steps)
    if first is not None:
        inputs = torch.cat((inputs, _blocks(first[:, :-1], steps)), dim=2)
    responses = _responses(grid, steps, first is not None)
    found = torch.from_numpy(responses).to(x.dtype).to(x.device)
    of_inputs, of_level, of_slope = found[:-2].flatten(1), found[-2], found[-1]
    level = slope = x.new_zeros(x.shape[0], 1, len(grid))
    errors = level.squeeze(1)
    for block in inputs.unbind(1):
        out = (block @ of_inputs).unflatten(1, of_level.shape)
        out = out.addcmul_(level, of_level).addcmul_(slope, of_slope)
        error, level, slope = out.split([steps, 1, 1], dim=1)
        errors = errors + error.square().sum(1)
    return level.squeeze(1) + start, slope.squeeze(1), errors


def _blocks(x: Tensor, steps: int) -> Tensor:
    """(batch, length) as (batch, n_blocks, steps), zeros in front."""
    return pad(x, (-x.shape[1] % steps, 0)).unflatten(1, (-1, steps))


@cache
def _responses(grid: Grid, steps: int, with_first: bool) -> np.ndarray:
    """What a block of steps makes of a one in each input, (n_inputs, steps + 2, n_grid).

    Inputs are the values, the slopes added where there are some, and level and slope before the
    block; results are the errors, and level and slope behind it. In numpy, so that it is a
    constant of a graph that is recorded.
    """
    alpha, beta, damping = (np.array(one) for one in zip(*grid, strict=True))
    ones = np.eye(steps * (2 if with_first else 1) + 2)[:, :, None]
    level, slope = ones[-2], ones[-1]
    errors = []
    for step in range(steps):
        started = ones[steps + step] if with_first else 0.0
        slope = damping * (slope + started)
        error = ones[step] - level - slope
        level, slope = level + slope + alpha * error, slope + alpha * beta * error
        errors.append(error)
    return np.stack([*errors, level, slope], axis=1)
