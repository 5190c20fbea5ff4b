"""Any sktime forecaster through the long-term protocol, by name."""

import numpy as np
import pandas as pd
import pytest
import torch
from sktime.forecasting.ltsf import LTSFDLinearForecaster
from sktime.forecasting.naive import NaiveForecaster

from examples.paper import long_term, models, rolling
from examples.paper.protocol import score, split
from tests.examples.series import walk

pytestmark = pytest.mark.filterwarnings("ignore:.*remember_data:FutureWarning")


@pytest.fixture
def data():
    return split(walk(60), (30, 40, 60))


def test_the_last_season_is_repeated():
    data = split(walk(60), (30, 40, 60))
    values = data.values.to_numpy()
    found = rolling.last_season_forecast(3, data, 5)(range(40, 50))
    expected = [values[cut - 3 + np.array([0, 1, 2, 0, 1])] for cut in range(40, 50)]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("sp", [1, 3])
def test_quick_ways_equal_update_and_predict(data, sp):
    naive = NaiveForecaster(strategy="last", sp=sp).fit(data.known, fh=range(1, 5))
    quick = rolling.rolled_forecast(naive, data, 4)
    assert quick.__qualname__.startswith("last_season")
    slow = rolling.updated_forecast(naive, data)
    np.testing.assert_allclose(quick(range(40, 56, 5)), slow(range(40, 56, 5)))


def test_a_network_of_sktime_forecasts_all_windows_at_once(data):
    net = LTSFDLinearForecaster(8, 4, num_epochs=1, in_channels=2).fit(data.known, fh=range(1, 5))
    quick = rolling.rolled_forecast(net, data, 4)
    assert quick.__qualname__.startswith("network")
    slow = rolling.updated_forecast(net, data)
    cuts = range(40, 56, 5)
    np.testing.assert_allclose(quick(cuts), slow(cuts), rtol=1e-5, atol=1e-5)


def test_other_forecasters_see_the_rows_before_each_cut(data):
    mean = NaiveForecaster(strategy="mean", window_length=2).fit(data.known, fh=[1, 2, 3])
    found = rolling.rolled_forecast(mean, data, 3)(range(40, 58, 4))
    values = data.values.to_numpy()
    expected = [values[cut - 2 : cut].mean(axis=0) for cut in range(40, 58, 4)]
    np.testing.assert_allclose(found, np.repeat(np.stack(expected)[:, None], 3, axis=1))


def test_a_quick_way_that_is_wrong_is_noticed(data, monkeypatch):
    naive = NaiveForecaster(strategy="last", sp=3).fit(data.known, fh=range(1, 5))
    monkeypatch.setattr(
        rolling, "last_season_forecast", lambda *_: lambda c: np.ones((len(c), 4, 2))
    )
    with pytest.raises(RuntimeError, match=r"differs from sktime's own"):
        rolling.rolled_forecast(naive, data, 4)


def test_a_stride_scores_every_so_many_windows(data):
    values = data.values.to_numpy()
    errors = score(lambda cuts: np.zeros((len(cuts), 4, 2)), data, 4, stride=5)
    targets = np.stack([values[cut : cut + 4] for cut in (40, 45, 50, 55)])
    assert errors == (pytest.approx((targets**2).mean()), pytest.approx(abs(targets).mean()), 4)


@pytest.fixture
def arguments(tiny_exchange):
    return [*tiny_exchange, "--seeds", "0"]


def rows(tmp_path):
    return pd.read_csv(tmp_path / "out.csv")


def test_a_forecaster_of_sktime_is_found_by_name(arguments, tmp_path):
    name = "sktime.forecasting.naive:NaiveForecaster"
    long_term.main([*arguments, "--model", name, "--set", "strategy=last", "sp=7"])
    long_term.main([*arguments, "--model", name, "--set", "strategy=mean", "--stride", "6"])
    found = rows(tmp_path)
    assert list(found["windows"]) == [37, 7]
    assert list(found["settings"]) == [
        '{"sp": 7, "strategy": "last"}',
        '{"strategy": "mean", "stride": 6}',
    ]


def test_sizes_and_seed_reach_a_network_of_sktime(arguments, tmp_path):
    flags = ["--model", "sktime.forecasting.ltsf:LTSFDLinearForecaster", "--set", "num_epochs=1"]
    state = torch.random.get_rng_state()
    long_term.main([*arguments, *flags])
    long_term.main([*arguments, *flags, "--out", str(tmp_path / "again.csv")])
    assert torch.equal(torch.random.get_rng_state(), state)
    again = pd.read_csv(tmp_path / "again.csv")
    assert rows(tmp_path)["mse"].item() == again["mse"].item()
    assert rows(tmp_path)["windows"].item() == 37


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sigmma", "one of"),
        ("sktime.forecasting.naive:Naive", "cannot be imported"),
        ("sktime.forecasting.nave:NaiveForecaster", "cannot be imported"),
        ("pathlib:Path", "of an sktime forecaster"),
    ],
)
def test_a_model_that_is_none_is_refused(name, message):
    with pytest.raises(ValueError, match=message):
        models.find_model(name)
