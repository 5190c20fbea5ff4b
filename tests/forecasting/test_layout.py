"""Sizes that adapt to the data."""

import numpy as np
import pandas as pd
import pytest

from skscale.forecasting._layout import choose_layout
from skscale.forecasting._panel import Panel

from .conftest import wave


def layout(index, context_length="auto", season_length="auto", values=None):
    values = np.zeros(len(index)) if values is None else values
    panel = Panel.from_frames(pd.DataFrame({"y": values}, index=index))
    return choose_layout(panel, 0, context_length, "auto", season_length)


def dates(n, freq):
    return pd.date_range("2024-01-01", periods=n, freq=freq)


@pytest.mark.parametrize(
    ("freq", "season", "context"),
    [("100ms", 10, 190), ("s", 60, 180), ("10s", 360, 360), ("30s", 120, 120), ("min", 60, 180),
     ("5min", 288, 288), ("15min", 96, 192), ("h", 24, 168), ("D", 7, 21), ("MS", 12, 36)],
)  # fmt: skip
def test_season_and_context_of_a_long_series(freq, season, context):
    found = layout(dates(2000, freq))
    assert (found.season_length, found.context_length) == (season, context)


@pytest.mark.parametrize("freq", ["7s", "ms"])
def test_a_context_has_a_bound_whatever_the_step(freq):
    assert 6 <= layout(dates(3000, freq)).context_length <= 400


def test_a_context_has_a_bound_whatever_season_is_asked_for():
    found = layout(dates(6000, "min"), season_length=1440)
    assert (found.season_length, found.context_length) == (1440, 192)
    assert layout(dates(6000, "min"), context_length=1440).context_length == 1440


def test_less_than_two_seasons_are_none():
    assert layout(dates(23, "MS")).season_length == 1
    assert layout(dates(24, "MS")).season_length == 12
    assert layout(dates(119, "min")).season_length == 1


def test_without_dates_all_columns_and_series_tell_the_season():
    noise = np.random.default_rng(77).normal(size=60).cumsum()
    frame = pd.DataFrame({"noise": noise, "a": wave(), "b": wave(seed=1)})
    panel = Panel.from_frames(frame)
    assert choose_layout(panel, 0, "auto", "auto", "auto").season_length == 12
    rows = pd.concat({k: frame[[k]].set_axis(["y"], axis=1) for k in frame}, names=["id", "t"])
    panel = Panel.from_frames(rows)
    assert choose_layout(panel, 0, "auto", "auto", "auto").season_length == 12
