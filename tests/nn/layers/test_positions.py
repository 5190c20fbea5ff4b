import math

import pytest
import torch

from skscale.nn.layers.positions import sinusoid


@pytest.mark.parametrize("d_model", [1, 2, 5, 8])
def test_columns_are_sines_and_cosines(d_model):
    table = sinusoid(30, d_model)
    assert table.shape == (30, d_model)
    assert table.dtype == torch.float32
    place = torch.arange(30, dtype=torch.float64)
    for column in range(d_model):
        angle = place * 10000 ** (-(column - column % 2) / d_model)
        expected = angle.cos() if column % 2 else angle.sin()
        torch.testing.assert_close(table[:, column].double(), expected, rtol=0, atol=1e-5)


def test_positions_are_multiplied_in_float32():
    """Published weights know the table with these roundings, which grow with the position."""
    table = sinusoid(1000, 6)
    frequency = torch.tensor(2 * -(math.log(10000.0) / 6)).exp()
    angle = torch.arange(1000, dtype=torch.float32) * frequency
    assert torch.equal(table[:, 2], angle.sin())
    exact = torch.arange(1000, dtype=torch.float64) * frequency.double()
    assert (table[:, 2] - exact.sin()).abs().max() > 1e-6


@pytest.mark.parametrize("sizes", [(0, 4), (4, 0), (2.5, 4), (4, None)])
def test_sizes_are_positive_integers(sizes):
    with pytest.raises(ValueError, match=r"(length|d_model) must be an integer >= 1"):
        sinusoid(*sizes)
