"""Forecasts beyond the network's horizon: fed back, and near the range of their data."""

import numpy as np
import pandas as pd
import pytest
import torch

from skscale.forecasting._rolling import roll_forward
from skscale.nn import ForecastNet
from skscale.training import Batch


class Times(ForecastNet):
    """The last value, times a factor at every step."""

    past_groups = future_groups = ()

    def __init__(self, factor, context_length=24):
        super().__init__(context_length, 2, 1)
        self.factor = factor

    def _forecast(self, x, past_features, future_features, mask):
        return x[:, -1:] * self.factor ** torch.arange(1.0, 3.0).unsqueeze(1)


def batch(x, mask=None):
    one = torch.ones(len(x), 1, x.shape[2])
    return Batch(x, one, mask, None, None, None, 0 * one, one)


def test_blocks_are_fed_back():
    x = torch.tensor([[[1.0], [4.0]]])
    found = roll_forward(Times(0.5, 2), Times(0.5, 2), batch(x), 5)
    torch.testing.assert_close(found.flatten(), 4 * 0.5 ** torch.arange(1.0, 6.0))
    once = roll_forward(Times(0.5, 2), Times(0.5, 2), batch(x), 1)
    torch.testing.assert_close(once, found[:, :1])


def test_an_explosive_network_stays_near_the_range_of_its_context():
    x = torch.linspace(-1, 1, 24).reshape(1, 24, 1)
    found = roll_forward(Times(1.0), Times(3.0), batch(x), 400)
    assert found.isfinite().all()
    # The range is 2; one range beyond it at once, and two more at the most for 24 points.
    assert found.max() <= 1 + 2 * (1 + 2)


def test_padding_does_not_widen_the_range():
    x = torch.linspace(-1, 1, 24).reshape(1, 24, 1).clone()
    x[:, :8] = 1e6
    mask = torch.arange(24).unsqueeze(0) >= 8
    found = roll_forward(Times(1.0), Times(3.0), batch(x, mask), 100)
    assert found.max() < 10


@pytest.mark.parametrize("seed", [1, 2])
def test_a_noisy_line_goes_on_as_a_line(make, seed):
    """One more unit a step: 600 steps on it is near 600, not at 1e12."""
    y = pd.Series(np.arange(120.0) + np.random.default_rng(seed).normal(0, 3, 120))
    found = make().fit(y, fh=range(1, 13)).predict([1, 12, 50, 600])
    assert np.isfinite(found).all()
    assert abs(found[131] - 131) < 15
    assert -700 < found[719] < 1500
