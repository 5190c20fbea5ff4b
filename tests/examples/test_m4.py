"""M4: the competition's errors, groups, panels, and runs on a small copy of its files."""

import numpy as np
import pandas as pd
import pytest
import torch

from examples.paper import m4, m4_recipes, m4_zero_shot
from examples.paper.m4_data import (
    FREQUENCIES,
    GROUPS,
    M4Errors,
    errors,
    load_m4,
    mase,
    owa,
    panel_frame,
    pooled,
    smape,
)
from skscale.ops import damped_line
from skscale.pretrained import load, shares
from skscale.pretrained._net import QUANTILES


def test_smape_by_hand():
    forecast, target = np.array([[1.0, 3.0], [0.0, 0.0]]), np.array([[3.0, 3.0], [0.0, 2.0]])
    # 200 * mean(2 / 4, 0) and 200 * mean(0, 1); two zeros count as no error.
    np.testing.assert_allclose(smape(forecast, target), [50.0, 100.0])


@pytest.mark.parametrize(("season", "expected"), [(1, 2 / 1.5), (2, 2 / 1.0)])
def test_mase_by_hand(season, expected):
    train = [np.array([1.0, 2.0, 0.0, 1.5])]  # steps 1, 2, 1.5; two apart 1, 0.5
    if season == 2:
        train = [np.array([1.0, 2.0, 0.0, 1.0])]
    forecast, target = np.array([[1.0, 5.0]]), np.array([[3.0, 3.0]])
    np.testing.assert_allclose(mase(forecast, target, train, season), [expected])


def test_owa_by_hand():
    assert owa(M4Errors(5.0, 1.0), M4Errors(10.0, 2.0)) == pytest.approx(0.5)
    assert owa(M4Errors(10.0, 1.0), M4Errors(10.0, 2.0)) == pytest.approx(0.75)


def test_a_group_counts_series_not_frequencies():
    found = [M4Errors(8.0, 2.0), M4Errors(2.0, 4.0), M4Errors(5.0, 1.0)]
    assert pooled(found, [1, 2, 1]) == M4Errors(17 / 4, 11 / 4)


# From the README of the benchmark data: computed from these files, and the competition's own.
NAIVE2 = {
    "Yearly": (23_000, 16.342, 3.974),
    "Quarterly": (24_000, 11.012, 1.371),
    "Monthly": (48_000, 14.427, 1.063),
    "Weekly": (359, 9.161, 2.777),
    "Daily": (4_227, 3.045, 3.278),
    "Hourly": (414, 18.383, 2.395),
}


@pytest.mark.slow
def test_naive2_has_its_published_errors(shared):
    found, counts = [], []
    for name, (n_series, *expected) in NAIVE2.items():
        data = load_m4(name, shared / "data")
        found.append(errors(data.naive2, data))
        counts.append(len(data.names))
        assert counts[-1] == n_series
        np.testing.assert_allclose(found[-1], expected, atol=6e-4)
    np.testing.assert_allclose(pooled(found, counts), (13.564, 1.912), atol=6e-4)


@pytest.fixture
def folder(tmp_path):
    """A copy of the competition's files with 12 hourly series of two lengths."""
    rng = np.random.default_rng(0)
    day = 10 + np.sin(np.arange(400) * 2 * np.pi / 24)
    series = [
        day[: 300 + 40 * (i % 2)] * (i + 1) + rng.normal(size=300 + 40 * (i % 2)) for i in range(12)
    ]
    names = [f"H{i + 1}" for i in range(12)]
    train, test = [values[:-48] for values in series], [values[-48:] for values in series]
    naive2 = [np.full(48, values[-1]) for values in train]
    (tmp_path / "m4").mkdir()
    for file, rows in (
        ("Hourly-train", train),
        ("Hourly-test", test),
        ("submission-Naive2", naive2),
    ):
        pd.DataFrame(rows, index=names).to_csv(tmp_path / "m4" / f"{file}.csv", index_label="id")
    return tmp_path


def test_series_of_different_lengths_become_a_panel(folder):
    data = load_m4("Hourly", folder)
    assert data.names == [f"H{i + 1}" for i in range(12)]
    assert {len(values) for values in data.train} == {252, 292}
    frame = panel_frame(data.names, data.recent(260))
    assert frame.loc["H1"].index.tolist() == list(range(252))
    np.testing.assert_array_equal(frame.loc["H10", "y"], data.train[9][-260:])


def test_forecasts_come_back_in_the_order_of_the_series(folder):
    data = load_m4("Hourly", folder)
    settings = {"recent": 260, "context_length": 48, "max_epochs": 1}
    values, history = m4.forecast(settings, data, 0)
    level = np.array([train.mean() for train in data.train])
    np.testing.assert_allclose(values.mean(axis=1), level, rtol=0.2)
    assert len(history["train_loss"]) == 1


def test_zero_shot_forecasts_are_those_of_every_series_alone(folder, tmp_path, monkeypatch):
    data = load_m4("Hourly", folder)
    net = load("seasonal-24")
    monkeypatch.setattr(m4_zero_shot, "_AT_ONCE", 5)
    found = m4_zero_shot.forecast(net, data)
    assert found.shape == (12, 48)
    for row, train in zip(found, data.train, strict=True):
        series = torch.as_tensor(train)[None]
        median = net.quantiles(series, steps=48)[0, :, QUANTILES.index(0.5)]
        damped = damped_line(series, torch.ones_like(series, dtype=torch.bool), 24, 48)[0]
        told = shares(24, len(train))
        np.testing.assert_allclose(row, told["net"] * median + told["damped"] * damped, rtol=1e-4)


def test_the_whole_of_m4_is_the_mean_over_all_series():
    row = {"smape": 4, "mase": 1, "naive2_smape": 8, "naive2_mase": 4, "n_series": 3, "seconds": 1}
    found = m4_zero_shot.whole([row, row | {"smape": 8, "n_series": 1, "seconds": 2}])
    assert (found["smape"], found["mase"], found["naive2_smape"]) == ("5.0000", "1.0000", "8.0000")
    assert (found["n_series"], found["seconds"]) == (4, "3.0")


def test_a_missing_file_or_frequency_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Hourly-train\.csv"):
        load_m4("Hourly", tmp_path)
    with pytest.raises(ValueError, match="frequency must be one of"):
        load_m4("Minutely", tmp_path)


def test_test_points_are_never_seen(folder, monkeypatch):
    data = load_m4("Hourly", folder)
    seen = []
    monkeypatch.setattr(
        m4, "panel_frame", lambda names, series: seen.append(series) or panel_frame(names, series)
    )
    m4.forecast({"recent": 1000, "context_length": 48, "max_epochs": 1}, data, 0)
    (series,) = seen
    for used, train in zip(series, data.train, strict=True):
        np.testing.assert_array_equal(used, train)


def test_a_rehearsal_ends_one_horizon_earlier(folder):
    data = load_m4("Hourly", folder)
    earlier = data.rehearsal()
    np.testing.assert_array_equal(earlier.test[3], data.train[3][-48:])
    np.testing.assert_array_equal(earlier.train[3], data.train[3][:-48])
    np.testing.assert_array_equal(earlier.naive2[3], np.tile(data.train[3][-72:-48], 2))


def test_the_leak_keeps_the_epoch_that_is_best_on_test(folder):
    data = load_m4("Hourly", folder)
    settings = m4_recipes.paper_settings("Hourly") | {
        "max_epochs": 3,
        "steps_per_epoch": 2,
        "recent": 252,
    }
    values, history = m4.chosen_on_test(settings, data, 0)
    scores = []
    for epochs in (1, 2, 3):
        own, _ = m4.forecast(settings | {"validation_fraction": 0, "max_epochs": epochs}, data, 0)
        scores.append(errors(own, data).smape)
    assert errors(values, data).smape == min(scores)
    assert history["best_epoch"] == int(np.argmin(scores))
    with pytest.raises(ValueError, match="lr_schedule"):
        m4.chosen_on_test(settings | {"lr_schedule": "onecycle"}, data, 0)


def test_recipes_whose_schedule_looks_ahead_cannot_leak(folder, capsys):
    flags = ["--data", str(folder), "--choose", "test", "--recipe", "paper", "default"]
    with pytest.raises(SystemExit):
        m4.main([*flags, "--frequency", "Hourly"])
    assert "--choose test: the schedule of 'default' depends on" in capsys.readouterr().err


def test_runs_are_recorded_and_not_repeated(folder, monkeypatch, capsys):
    arguments = ["--frequency", "Hourly", "--recipe", "paper", "--max-epochs", "1"]
    arguments += ["--data", str(folder), "--out", str(folder / "m4.csv")]
    arguments += ["--forecasts", str(folder / "kept")]
    m4.main([*arguments, "--seeds", "0"])
    first = (folder / "m4.csv").read_text()
    m4.main([*arguments, "--seeds", "0", "1"])
    monkeypatch.setattr(m4, "run", None)
    m4.main([*arguments, "--seeds", "0", "1"])
    assert (folder / "m4.csv").read_text().startswith(first)
    rows = pd.read_csv(folder / "m4.csv")
    assert list(rows["seed"]) == ["0", "1", "0+1"]
    assert list(rows["recipe"]) == ["paper", "paper", "paper, averaged"]
    assert set(rows["n_series"]) == {12}
    assert "OWA" in capsys.readouterr().out
    data = load_m4("Hourly", folder)
    mean = np.mean([np.load(file) for file in (folder / "kept").iterdir()], axis=0)
    assert errors(mean, data).smape == pytest.approx(rows["smape"][2], abs=1e-4)


def test_the_owa_of_a_group_is_a_mean_over_frequencies_or_pooled():
    row = {"smape": 4, "mase": 1, "naive2_smape": 8, "naive2_mase": 4, "n_series": 3}
    weekly = row | {"frequency": "Weekly"}
    daily = row | {"frequency": "Daily", "smape": 8, "n_series": 1}
    hourly = row | {"frequency": "Hourly", "naive2_smape": 4, "n_series": 4}
    # OWAs 0.375, 0.625, 0.625; pooled sMAPE 4.5 over 6, MASE 1 over 4.
    found = m4.group_errors([weekly, daily, hourly], "Others")
    assert found == pytest.approx((4.5, 1, (3 * 0.375 + 5 * 0.625) / 8, (0.75 + 0.25) / 2))
    assert m4.group_errors([weekly, daily], "Others") is None


@pytest.mark.parametrize("recipe", m4.RECIPES)
@pytest.mark.parametrize("name", FREQUENCIES)
def test_recipes_are_parameters_of_the_forecaster(recipe, name):
    settings = m4.RECIPES[recipe](name)
    assert set(settings) - {"recent"} <= set(m4.SigmaForecaster.get_param_names())
    assert settings["recent"] >= settings["context_length"] + 2 * FREQUENCIES[name].horizon


def test_the_average_has_all_frequencies():
    assert set(GROUPS["Average"]) == set(FREQUENCIES)
