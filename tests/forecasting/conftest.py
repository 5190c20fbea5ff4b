"""Every forecaster goes through the same tests."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from skscale.forecasting import all_forecasters
from skscale.forecasting._parameters import NetworkParameters


def small(forecaster):
    """Sizes of a quick network: what its own test parameters say beside the shared ones."""
    first = forecaster.get_test_params()[0]
    shared = {field.name for field in fields(NetworkParameters)}
    return {name: value for name, value in first.items() if name not in shared}


@pytest.fixture(params=all_forecasters(), ids=lambda forecaster: forecaster.__name__)
def make(request):
    """Build the forecaster under test: ``make(**parameters)``."""

    def build(**parameters):
        # What a test is about is passed on top. The prior of trained weights would decide on
        # so few data; it has tests of its own.
        defaults = {"max_epochs": 2, "random_state": 0, "pretrained": None}
        return request.param(**{**defaults, **small(request.param), **parameters})

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
