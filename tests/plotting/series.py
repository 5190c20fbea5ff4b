"""Series and quick forecasters to draw."""

from functools import cache

import numpy as np
import pandas as pd

from skscale import SigmaForecaster


def wave(n=60):
    t = np.arange(n)
    values = 20 + 0.1 * t + 3 * np.sin(2 * np.pi * t / 12)
    return pd.Series(values, pd.period_range("2000-01", periods=n, freq="M"), name="sales")


def hierarchy():
    frames = {}
    for i, key in enumerate([("north", "tea"), ("north", "milk"), ("south", "tea")]):
        frame = wave(40 + i).to_frame()
        frames[key] = frame.assign(cost=2 * frame["sales"])
    return pd.concat(frames, names=["region", "goods", "month"]).sort_index()


@cache
def fitted(kind=SigmaForecaster, **parameters):
    small = {**kind.get_test_params()[0], "context_length": 24, "pretrained": None}
    return kind(**{**small, **parameters}).fit(wave(), fh=range(1, 7))


def lines(axis):
    """Every line of ``axis`` by its label."""
    return {line.get_label(): line for line in axis.get_lines()}
