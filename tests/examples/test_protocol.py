"""The long-term protocol on small slices: borders, scaling, windows, errors, resumption."""

import csv
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import torch

from examples.paper import long_term, models, runs
from examples.paper.protocol import (
    SOURCES,
    Benchmark,
    fitted_forecast,
    load,
    score,
    seven_one_two,
    split,
)
from examples.paper.results import ResultTable, settings_text
from skscale import SigmaForecaster
from skscale.forecasting import NetworkForecaster, _fitting
from skscale.nn import ForecastNet
from skscale.training import History
from tests.examples.series import walk


@pytest.mark.parametrize(
    ("n_rows", "borders"),
    [
        (7_588, (5_311, 6_071, 7_588)),
        (52_696, (36_887, 42_157, 52_696)),
        (966, (676, 773, 966)),
    ],
)
def test_seven_one_two_rounds_as_the_literature(n_rows, borders):
    assert seven_one_two(n_rows) == borders


@pytest.mark.parametrize(
    ("dataset", "horizon", "n_channels", "n_windows"),
    [
        ("ETTh1", 96, 7, 2_880 - 95),
        ("ETTm2", 720, 7, 11_520 - 719),
        ("Exchange", 720, 8, 1_517 - 719),
        ("Weather", 192, 21, 10_539 - 191),
    ],
)
def test_real_sets_have_the_published_number_of_test_windows(
    shared, dataset, horizon, n_channels, n_windows
):
    data = load(dataset, shared / "data")
    assert len(data.test_cuts(horizon)) == n_windows
    assert data.values.shape[1] == n_channels
    # The forecaster holds out validation_fraction of what it is given, rounded.
    held_out = round(data.validation_fraction * len(data.known))
    assert held_out == data.valid_end - data.train_end


def test_rows_behind_the_last_border_are_dropped(tmp_path):
    (tmp_path / "ett").mkdir()
    walk(15_000).to_csv(tmp_path / "ett" / "ETTh1.csv")
    data = load("ETTh1", tmp_path)
    assert (data.train_end, data.valid_end, len(data.values)) == (8_640, 11_520, 14_400)


def test_only_training_rows_set_the_scale():
    raw = walk(100)
    changed = raw.copy()
    changed.iloc[70:] += 1e3
    data, other = split(raw, (70, 80, 100)), split(changed, (70, 80, 100))
    pd.testing.assert_frame_equal(data.values.iloc[:70], other.values.iloc[:70])
    train = data.values.to_numpy()[:70]
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(train.std(axis=0), 1)


def test_a_set_that_is_missing_or_unknown_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="ETTh1"):
        load("ETTh1", tmp_path)
    with pytest.raises(ValueError, match="dataset must be one of"):
        load("ETTh3", tmp_path)


def test_errors_count_every_window_and_every_step():
    # 301 windows: no multiple of any block, so a dropped rest would show.
    data = split(walk(700), (300, 395, 700))
    errors = score(lambda cuts: np.zeros((len(cuts), 5, 2)), data, 5)
    values = data.values.to_numpy()
    targets = np.stack([values[cut : cut + 5] for cut in range(395, 696)])
    assert errors.n_windows == 301
    assert errors.mse == pytest.approx((targets**2).mean())
    assert errors.mae == pytest.approx(np.abs(targets).mean())


def test_errors_by_hand():
    index = pd.date_range("2020-01-01", periods=5, freq="D")
    data = Benchmark(pd.DataFrame({"y": [9.0, 9.0, 1.0, 2.0, 4.0]}, index), 1, 2)
    # Targets (1, 2) and (2, 4), forecasts (0, 0): squares 1, 4, 4, 16.
    errors = score(lambda cuts: np.zeros((len(cuts), 2, 1)), data, 2)
    assert errors == (25 / 4, 9 / 4, 2)


def test_a_forecast_of_the_wrong_shape_is_refused():
    data = split(walk(100), (70, 80, 100))
    with pytest.raises(ValueError, match=r"shape \(16, 5\)"):
        score(lambda cuts: np.zeros((len(cuts), 5)), data, 5)


def test_a_horizon_beyond_the_test_part_is_refused():
    data = split(walk(100), (70, 80, 100))
    with pytest.raises(ValueError, match="prediction_length=21"):
        data.test_cuts(21)


class FirstPoint(ForecastNet):
    """Repeats the first point of its context, plus the first of its calendar features."""

    future_groups = ()

    def _forecast(self, x, past_features, future_features, mask):
        assert mask is None
        first = x[:, :1] if past_features is None else x[:, :1] + past_features[:, :1, :1]
        return first.expand(-1, self.prediction_length, -1)


@dataclass(kw_only=True, eq=False, repr=False)
class FirstPointForecaster(NetworkForecaster):
    _network: ClassVar = FirstPoint


@pytest.mark.parametrize("calendar", [False, True])
def test_a_window_reaches_back_its_context_and_no_further(calendar, monkeypatch):
    data = split(walk(60), (30, 40, 60))
    sizes = {"context_length": 12, "prediction_length": 3, "linear_base": False}
    monkeypatch.setattr(
        _fitting, "train", lambda *arguments: History()
    )  # there is nothing to train
    forecaster = FirstPointForecaster(**sizes, time_features=calendar).fit(data.known)
    first = data.values.to_numpy()[28:31]
    if calendar:
        first = first + (data.values.index[28:31].dayofweek.to_numpy() / 6 - 0.5)[:, None]
    expected = np.repeat(first[:, None], 3, axis=1)
    found = fitted_forecast(forecaster, data)(range(40, 43))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_the_forecaster_trains_on_the_literatures_windows(monkeypatch):
    """9 training and 7 validation windows: 20 and 10 rows, context 8, horizon 4."""
    data = split(walk(60), (20, 30, 60))
    settings = models.sigma_settings("ETTh1") | {"max_epochs": 1}
    forecaster = SigmaForecaster(
        context_length=8,
        prediction_length=4,
        validation_fraction=data.validation_fraction,
        random_state=0,
        **settings,
    )
    seen = []

    def train(network, windows, config, validation, *rest):
        seen.extend((windows, validation))
        return real(network, windows, config, validation, *rest)

    real = _fitting.train
    monkeypatch.setattr(_fitting, "train", train)
    forecaster.fit(data.known)
    assert [len(windows) for windows in seen] == [20 - 8 - 4 + 1, 10 - 4 + 1]
    values = data.values.to_numpy(dtype=np.float32)
    targets = [windows.batch(torch.tensor([0, len(windows) - 1])).y for windows in seen]
    for found, (first, last) in zip(targets, [(8, 16), (20, 26)], strict=True):
        np.testing.assert_allclose(found[0], values[first : first + 4], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found[1], values[last : last + 4], rtol=1e-5, atol=1e-6)


KEYS, VALUES = ("model", "seed"), ("mse",)
NAIVE = "sktime.forecasting.naive:NaiveForecaster"


NAME = 'ä "b", c'


def test_a_row_that_was_cut_off_anywhere_is_run_again(tmp_path):
    table = ResultTable(tmp_path / "new" / "table.csv", KEYS, VALUES)
    table.append({"model": NAME, "seed": 0, "mse": 0.5})
    first = len(table.path.read_bytes())
    table.append({"model": NAME, "seed": 1, "mse": 0.25})
    whole = table.path.read_bytes()
    for length in range(len(whole)):
        table.path.write_bytes(whole[:length])
        assert [row["seed"] for row in table.rows()] == ["0"] * (length >= first)
        for seed, mse in ((0, 0.5), (1, 0.25)):
            row = table.row({"model": NAME, "seed": seed}, lambda mse=mse: {"mse": mse})
            assert row == {"model": NAME, "seed": str(seed), "mse": str(mse)}
        assert table.path.read_bytes() == whole


def test_a_run_that_another_process_has_finished_meanwhile_is_not_added_twice(tmp_path):
    table = ResultTable(tmp_path / "table.csv", KEYS, VALUES)
    key = {"model": "a", "seed": 0}

    def run():
        table.append({**key, "mse": 0.5})
        return {"mse": 0.25}

    assert table.row(key, run)["mse"] == "0.5"
    assert len(table.rows()) == 1


def test_a_table_of_other_columns_is_not_mixed(tmp_path):
    path = tmp_path / "table.csv"
    ResultTable(path, KEYS, VALUES).append({"model": "a", "seed": 0, "mse": 0.5})
    with pytest.raises(ValueError, match="has the columns"):
        ResultTable(path, KEYS, ("mae",)).rows()


def test_settings_text_ignores_order():
    assert settings_text({"b": 1, "a": None}) == settings_text({"a": None, "b": 1})


@pytest.fixture
def arguments(tiny_exchange):
    """Sigma, small, on the tiny set."""
    return [*tiny_exchange, "--max-epochs", "1", "--set", "d_model=4", "d_ff=4"]


def test_a_run_is_scored_on_all_windows_and_recorded(arguments, tmp_path, capsys):
    long_term.main([*arguments, "--seeds", "0", "1"])
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["seed"] for row in rows] == ["0", "1"]
    assert {row["windows"] for row in rows} == {str(40 - 3)}
    assert rows[0]["mse"] != rows[1]["mse"]
    assert '"d_model": 4' in rows[0]["settings"]
    assert "torch" in rows[0]["versions"]
    assert "mean of 2" in capsys.readouterr().out


def test_finished_runs_are_not_repeated(arguments, tmp_path, monkeypatch):
    long_term.main([*arguments, "--seeds", "0"])
    seeds = []
    run = runs.run

    def counted(estimator, settings, key, *rest):
        seeds.append(key["seed"])
        return run(estimator, settings, key, *rest)

    monkeypatch.setattr(runs, "run", counted)
    long_term.main([*arguments, "--seeds", "0", "1"])
    assert seeds == [1]
    long_term.main([*arguments, "--seeds", "0", "1", "--set", "d_model=4", "d_ff=8"])
    assert seeds == [1, 0, 1]


KILLED = """
import os, signal, sys
from examples.paper import long_term, runs
run = runs.run
def killed(estimator, settings, key, *rest):
    if key["seed"] == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return run(estimator, settings, key, *rest)
runs.run = killed
long_term.main(sys.argv[1:])
"""


@pytest.mark.slow
def test_a_kill_loses_no_finished_run(arguments, tmp_path, monkeypatch):
    command = [sys.executable, "-c", KILLED, *arguments, "--seeds", "0", "1"]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    before = (tmp_path / "out.csv").read_text()
    long_term.main([*arguments, "--seeds", "0", "1"])
    after = (tmp_path / "out.csv").read_text()
    assert after.startswith(before)
    assert len(after.splitlines()) == len(before.splitlines()) + 1 == 3


def test_a_setting_the_forecaster_lacks_is_refused(arguments):
    with pytest.raises(SystemExit, match=r"sigma: .*d_modle=4"):
        long_term.main([*arguments, "--set", "d_modle=4"])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--model", "sigma", NAIVE, "--max-epochs", "1"], "NaiveForecaster: .*max_epochs=1"),
        (["--model", "sigma", "magic"], "magic: model must be one of"),
        (["--horizon", "4", "41"], "Exchange: prediction_length=41 is longer than the test part"),
        (["--dataset", "Exchange", "ETTh1"], "must hold ett/ETTh1.csv"),
    ],
)
def test_mistakes_show_before_any_run(tiny_exchange, tmp_path, flags, message):
    quick = ["--seeds", "0", "--set", "d_model=4"] if "ETTh1" in flags else []
    with pytest.raises(SystemExit, match=message):
        long_term.main([*tiny_exchange, *quick, *flags])
    assert not (tmp_path / "out.csv").exists() or "ETTh1" in flags


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--stride", "0"], "--stride: must be at least 1, got 0"),
        (["--data", "nowhere"], "--data: no such folder: nowhere"),
        (["--horizon", "-4"], "--horizon: must be at least 1, got -4"),
    ],
)
def test_options_out_of_range_are_named(tiny_exchange, capsys, flags, message):
    with pytest.raises(SystemExit):
        long_term.main([*tiny_exchange, *flags])
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("model", models.MODELS.values())
@pytest.mark.parametrize("dataset", SOURCES)
def test_settings_are_parameters_of_the_forecaster(model, dataset):
    for horizon in (96, 192, 336, 720):
        settings = model.settings_at(dataset, horizon)
        assert set(settings) <= set(model.estimator.get_param_names())
        model.estimator(**settings)
