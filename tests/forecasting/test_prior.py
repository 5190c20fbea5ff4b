"""Trained weights beside what is learned from the data."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sktime.datasets import load_airline

from skscale import SigmaForecaster
from skscale.evaluation import backtest
from skscale.forecasting._prior import Prior
from skscale.pretrained import load
from skscale.training import Batch

from .conftest import wave

HORIZON = range(1, 13)


@pytest.fixture
def auto(make):
    """Build the forecaster under test with trained weights, its default."""
    return lambda **parameters: make(**{"pretrained": "auto", **parameters})


def test_a_short_series_is_forecast_without_training(auto):
    y = load_airline()[:-12]
    forecaster = auto().fit(y, fh=HORIZON)
    assert forecaster.history_["train_loss"] == []
    assert "the network was not trained" in forecaster.history_["notes"][0]
    shorter = auto().fit(y[:20], fh=HORIZON)
    assert "nothing was trained" in shorter.history_["notes"][0]
    loaded = "forecasts with the trained weights"
    assert forecaster.history_["notes"][-1] == f"{loaded} 'seasonal-12'"
    assert shorter.history_["notes"][-1] == f"{loaded} 'seasonal-1'"  # less than two seasons
    weights = forecaster.weights_
    assert weights.shape[0] == 1
    assert weights.to_numpy().sum() == pytest.approx(1.0)
    assert weights["net"].item() > 0.5
    error = np.abs(forecaster.predict() - load_airline()[-12:]).mean()
    assert error < 25  # passengers; the seasonal naive forecast is 48 off


def test_the_network_of_a_long_panel_is_trained_and_weighed(auto):
    long = pd.concat({f"s{i}": pd.DataFrame({"y": wave(5_000, seed=i)}) for i in range(4)})
    forecaster = auto(max_epochs=1, season_length=12, fine_tune=False).fit(long, fh=[1])
    assert len(forecaster.history_["train_loss"]) == 1
    weights = forecaster.weights_
    assert list(weights.index) == [f"s{i}" for i in range(4)]
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    assert 0 < weights["ridge"].iloc[0] < 1


def test_without_weights_everything_is_learned(make, series):
    forecaster = make(pretrained=None).fit(series, fh=[1])
    assert {"ridge", "network"} <= set(forecaster.weights_.columns)
    assert not {"net", "damped"} & set(forecaster.weights_.columns)
    assert len(forecaster.history_["train_loss"]) == 2


def test_weights_by_name(auto, series):
    name = "seasonal-12"
    by_name = auto(pretrained=name).fit(series, fh=HORIZON).predict()
    pd.testing.assert_series_equal(by_name, auto().fit(series, fh=HORIZON).predict())
    with pytest.raises(ValueError, match=r"pretrained must be .*auto.*got 'unknown'"):
        auto(pretrained="unknown").fit(series, fh=[1])


def test_a_season_that_no_weights_know(auto):
    y = pd.Series(wave(60, period=11))
    forecaster = auto(season_length=11).fit(y, fh=HORIZON)
    assert "net" not in forecaster.weights_
    assert np.isfinite(forecaster.predict()).all()


def test_units_do_not_matter(auto, series):
    forecast = auto().fit(series, fh=HORIZON).predict()
    other = auto().fit(1e6 * series, fh=HORIZON).predict()
    np.testing.assert_allclose(other, 1e6 * forecast, rtol=1e-4)


def test_forecasts_far_ahead_stay_near_the_history(auto):
    for seed in range(10):
        noise = 100 + np.random.default_rng(seed).normal(size=6)
        y = pd.Series(noise, index=pd.period_range("2000", periods=6, freq="Y"))
        found = auto().fit(y, fh=range(1, 25)).predict()
        assert (found - y.mean()).abs().max() < 3 * np.ptp(noise)


def test_short_series_of_a_panel_take_what_the_long_ones_teach(auto):
    """Twelve months hold a season that one series of five years tells from a slope."""
    end = pd.Period("2020-12", "M")

    def one(n, seed):
        t = np.arange(-n, 0)
        values = 100 + 20 * np.sin(np.pi * t / 6) + np.random.default_rng(seed).normal(0, 1, n)
        return pd.DataFrame({"y": values}, index=pd.period_range(end - n + 1, end, freq="M"))

    lengths = [60] + [12] * 30
    y = pd.concat({f"s{i:02d}": one(n, i) for i, n in enumerate(lengths)}, names=["id", "t"])
    truth = 100 + 20 * np.sin(np.pi * np.arange(12) / 6)
    found = auto().fit(y, fh=HORIZON).predict()["y"].to_numpy().reshape(-1, 12)
    errors = np.abs(found - truth).mean(axis=1)
    assert errors[0] < 1.5
    assert errors[1:].mean() < 3


def test_backtest_pickle_and_update(auto, series):
    from sktime.forecasting.model_evaluation import evaluate
    from sktime.split import ExpandingWindowSplitter

    cv = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=40, step_length=5)
    options = {"strategy": "no-update_params", "return_data": True, "error_score": "raise"}
    looped = evaluate(auto(), cv, series, **options)["y_pred"]
    batched = backtest(auto(), series, cv, return_data=True)["y_pred"]
    for one, other in zip(looped, batched, strict=True):
        np.testing.assert_allclose(np.ravel(one), np.ravel(other), rtol=1e-4)
    forecaster = auto().fit(series[:-3], fh=[1, 2, 3])
    again = pickle.loads(pickle.dumps(forecaster))
    pd.testing.assert_series_equal(again.predict(), forecaster.predict())
    at_once = auto().fit(series, fh=[1, 2, 3]).predict()
    updated = forecaster.update(series[-3:], update_params=False).predict()
    np.testing.assert_allclose(updated, at_once, rtol=1e-4)


def test_the_forecast_is_that_of_the_weights_and_the_damped_line():
    import torch

    from skscale.ops import damped_line

    y = load_airline()[:48]
    net = load("seasonal-12")
    x = torch.tensor(y.to_numpy())[None]
    mask = torch.ones_like(x, dtype=torch.bool)
    median = net.quantiles(x, steps=12)[0, :, net.quantile_levels.index(0.5)]
    damped = damped_line(x[:, -net.history_length :], mask[:, -net.history_length :], 12, 12)[0]
    forecaster = SigmaForecaster().fit(y, fh=HORIZON)
    shares = forecaster.weights_.iloc[0]
    expected = shares["net"] * median + shares["damped"] * damped
    np.testing.assert_allclose(forecaster.predict(), expected, rtol=1e-4)


def test_a_panel_too_short_for_the_season_to_come_is_named(make):
    months = pd.period_range("2000-01", periods=20, freq="M")
    short = pd.concat(
        {k: pd.DataFrame({"y": wave(20, seed=i)}, months) for i, k in enumerate("ab")}
    )
    pretrained = make().pretrain(short, fh=[1])
    with pytest.warns(UserWarning, match=r"season of 12 points, .* too short .* season of 1"):
        pretrained.fit(load_airline())


@pytest.mark.parametrize(
    "values", [100.0 + np.arange(60), np.tile([1.0, 5, 2, 8, 3, 9, 4, 7, 6, 2, 1, 3], 10)]
)
def test_what_is_exact_in_the_data_is_learned_from_them(auto, values):
    """A line, and a season without noise."""
    months = pd.period_range("2000-01", periods=len(values), freq="M")
    y = pd.Series(values, index=months)
    found = auto().fit(y[:-12], fh=HORIZON).predict()
    np.testing.assert_allclose(found, y[-12:], atol=0.02 * np.ptp(values))


@pytest.mark.parametrize("season", [12, 11])
@pytest.mark.parametrize("size", [20, 1e6])
def test_one_wrong_value_changes_little(auto, season, size):
    """With weights for the season, and without: the textbook forecasts are as careful."""
    y = pd.Series(wave(23, period=season))
    expected = auto(season_length=season).fit(y, fh=HORIZON).predict()
    y[17] += size * np.ptp(y)
    found = auto(season_length=season).fit(y, fh=HORIZON).predict()
    np.testing.assert_allclose(found, expected, atol=1.0)


def test_fine_tuning_trains_whatever_the_data(auto, series):
    panel = pd.concat({k: series.to_frame("y") for k in "ab"}, names=["id", "t"])
    forecaster = auto(fine_tune=True).pretrain(panel, fh=[1]).fit(series, fh=[1])
    assert forecaster.history_["train_loss"]


@pytest.mark.parametrize("name", ["seasonal-12", "seasonal-1"])
def test_missing_last_values_are_a_longer_horizon(name):
    """Behind five missing months the first step is the sixth; intervals are as wide as there."""
    y = load_airline()[:22].astype(float)
    late = y.copy()
    late.iloc[-5:] = np.nan
    settings = {"season_length": int(name[9:]), "pretrained": name, "random_state": 0}
    found, expected = (
        SigmaForecaster(**settings).fit(values, fh=fh)
        for values, fh in ((late, range(1, 8)), (y[:-5], range(6, 13)))
    )
    pd.testing.assert_series_equal(found.predict(), expected.predict(), rtol=1e-6)
    # The weights' own: those held out are another matter.
    for forecaster in (found, expected):
        forecaster.model_.spread.n_windows = 0.0
        forecaster.model_.spread.trained_factor.fill_(1.0)
    ends = (f.predict_interval(coverage=0.8).to_numpy() for f in (found, expected))
    np.testing.assert_allclose(*ends, rtol=1e-5)


def test_channels_that_end_earlier_are_forecast_from_where_they_end():
    """Each channel, and each series of a panel, goes its own way."""
    y = load_airline()[:22].astype(float)
    late = y.copy()
    late.iloc[-5:] = np.nan
    fh = range(1, 8)
    both = pd.DataFrame({"a": y, "b": late})
    found = SigmaForecaster(random_state=0).fit(both, fh=fh).predict()
    for column in both:
        alone = SigmaForecaster(random_state=0).fit(both[column], fh=fh).predict()
        np.testing.assert_allclose(found[column], alone, rtol=1e-6)


@pytest.mark.parametrize("fill", [0.0, 1e6])
def test_forecasts_from_gappy_windows_do_not_depend_on_what_stands_in_a_hole(fill):
    x = torch.arange(1.0, 37.0).reshape(1, 36, 1)
    mask = torch.ones(1, 36, 1, dtype=torch.bool)
    mask[:, [4, 20, 21, 34, 35]] = False
    one = torch.ones(1, 1, 1)
    prior = Prior(12, load("seasonal-12"))

    def forecasts(values):
        batch = Batch(values, values, mask, None, None, None, 0 * one, one)
        return prior.with_offsets(batch, 20)

    for found, expected in zip(forecasts(x.masked_fill(~mask, fill)), forecasts(x), strict=True):
        assert torch.equal(found, expected)
