"""Blocks of steps against steps one by one."""

from itertools import product

import numpy as np
import pytest
import torch

from skscale.ops import exponential
from skscale.ops.exponential import smooth

GRID = tuple(product((0.1, 0.5, 1.0), (0.0, 0.3), (0.8, 0.98)))


def step_by_step(x, first, alpha, beta, damping):
    """Level, slope and sum of squared errors of one series."""
    level, slope, errors = x[0], 0.0, 0.0
    for now, start in zip(x[1:], first[:-1], strict=True):
        slope = damping * (slope + start)
        error = now - level - slope
        level, slope = level + slope + alpha * error, slope + alpha * beta * error
        errors += error**2
    return level, slope, errors


@pytest.mark.parametrize("steps", [8, 64], ids=["in a pass", "in a graph"])
@pytest.mark.parametrize("length", [1, 2, 9, 40, 130])
@pytest.mark.parametrize("with_first", [False, True])
def test_blocks_equal_single_steps(steps, length, with_first, monkeypatch):
    monkeypatch.setattr(exponential, "_STEPS", steps)
    rng = np.random.default_rng(length)
    x, first = rng.normal(size=(3, length)).cumsum(1), np.zeros((3, length))
    if with_first:
        first[[0, 1], [0, length // 2]] = 1.5, -0.7
    tensors = torch.from_numpy(x), GRID, torch.from_numpy(first) if with_first else None
    found = [part.numpy() for part in smooth(*tensors)]
    for row, (column, point) in product(range(3), enumerate(GRID)):
        expected = step_by_step(x[row], first[row], *point)
        got = [part[row, column] for part in found]
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)


def test_padding_by_the_first_value_makes_no_errors():
    x = torch.full((1, 50), 0.1, dtype=torch.float64)
    level, slope, errors = smooth(x, GRID)
    assert torch.equal(level, torch.full_like(level, 0.1))
    assert (slope == 0).all()
    assert (errors == 0).all()
    x[:, -1] = 1.1
    _, _, errors = smooth(x, GRID)
    np.testing.assert_allclose(errors, np.ones((1, len(GRID))))
