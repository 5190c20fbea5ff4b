"""Every forecaster goes through the same tests."""

import numpy as np
import pandas as pd
import pytest

from skscale import forecasting

# Small and quick; what a test is about is passed on top.
SMALL = {
    "MultiScaleAutoencoderForecaster": {"latent_size": 2, "hidden_size": 4},
    "SigmaForecaster": {"d_model": 4, "d_ff": 4},
    "TimeMixerForecaster": {"d_model": 4, "d_ff": 4, "n_layers": 1, "moving_avg": 5},
}


@pytest.fixture(params=sorted(SMALL))
def make(request):
    """Build the forecaster under test: ``make(**parameters)``."""

    def build(**parameters):
        defaults = {"max_epochs": 2, "random_state": 0, "pretrained": None, **SMALL[request.param]}
        return getattr(forecasting, request.param)(**{**defaults, **parameters})

    return build


def wave(n=60, period=12, seed=0):
    """A season, a trend and a little noise."""
    t = np.arange(n)
    noise = np.random.default_rng(seed).normal(0, 0.1, n)
    return 10 + 0.05 * t + np.sin(2 * np.pi * t / period) + noise


@pytest.fixture
def series():
    return pd.Series(wave(), index=pd.period_range("2000-01", periods=60, freq="M"), name="y")


@pytest.fixture
def panel():
    """Three series of unequal length and different ends, two channels."""
    frames = {
        name: pd.DataFrame(
            {"a": wave(n, seed=n), "b": 100 * wave(n, seed=n + 1)},
            index=pd.date_range(start, periods=n, freq="D"),
        )
        for name, n, start in [
            ("p", 50, "2020-01-01"),
            ("q", 70, "2020-02-01"),
            ("r", 6, "2021-01-01"),
        ]
    }
    return pd.concat(frames, names=["instance", "time"])
