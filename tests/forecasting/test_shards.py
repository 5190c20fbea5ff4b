"""Fits to several panels, one at a time; against memory in tests/distributed/test_fit.py."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from skscale.forecasting import DLinearForecaster
from skscale.forecasting._fitting import fit_network
from skscale.forecasting._panel import Panel
from skscale.forecasting._shards import fit_network_to_shards

QUICK = {"max_epochs": 1, "steps_per_epoch": 3, "random_state": 0, "pretrained": None}


def series(seed, n):
    t, rng = np.arange(n), np.random.default_rng(seed)
    wave = 5 + np.sin(2 * np.pi * t / 7) + 0.1 * rng.normal(size=n)
    day = pd.date_range("2024-01-01", periods=n, name="day")
    return pd.DataFrame({"a": wave, "b": 10 * wave}, index=day)


def panel(**lengths):
    frames = {name: series(int(name[1:]), n) for name, n in lengths.items()}
    return Panel.from_frames(pd.concat(frames, names=["series"]))


def state(model):
    return {**model.forecast.state_dict(), **model.spread.state_dict()}


def test_the_order_within_a_shard_makes_no_difference():
    one, other = (
        fit_network_to_shards(DLinearForecaster(**QUICK), [first, panel(s3=50)], 3)
        for first in (panel(s1=40, s2=60), panel(s2=60, s1=40))
    )
    for name, value in state(one).items():
        assert torch.equal(value, state(other)[name])


@pytest.mark.parametrize("place", [0, 1])
def test_the_longest_series_decides_on_sizes(place):
    """Twelve weeks show three seasons of context, three weeks one: the order changes nothing."""
    shards = [panel(s1=21, s2=20)]
    shards.insert(place, panel(s3=84))
    found = fit_network_to_shards(DLinearForecaster(**QUICK), shards, 3).layout
    alone = fit_network(DLinearForecaster(**QUICK), panel(s3=84), 3, None).layout
    short = fit_network(DLinearForecaster(**QUICK), panel(s1=21, s2=20), 3, None).layout
    assert found == alone
    assert found != short


def test_a_series_without_values_is_named():
    whole = panel(s1=40, s2=60)
    values = whole.values.copy()
    values[whole.offsets[1] :, 0] = np.nan
    empty = replace(whole, values=values)
    with pytest.raises(ValueError, match="'a' of y has no value of 's2'"):
        fit_network_to_shards(DLinearForecaster(**QUICK), [panel(s3=50), empty], 3)


def test_panels_of_other_steps_are_refused():
    monthly = series(1, 30).set_axis(pd.date_range("2024-01-01", periods=30, freq="MS", name="day"))
    other = Panel.from_frames(pd.concat({"s4": monthly}, names=["series"]))
    with pytest.raises(ValueError, match="the network was trained on"):
        fit_network_to_shards(DLinearForecaster(**QUICK), [panel(s3=50), other], 3)
