"""Forecasters on an accelerator, pretended where there is none: the CPU's numbers."""

import pickle

import numpy as np
import pytest
from sktime.datasets import load_airline
from sktime.split import ExpandingWindowSplitter

from skscale.evaluation import backtest
from tests.pretend import accelerator, lies_there


def numbers(forecaster, X=None):
    """Forecasts of every kind."""
    found = [forecaster.predict(fh=range(1, 9), X=X), forecaster.predict(fh=[-3, 0], X=X)]
    found.append(forecaster.predict_quantiles(fh=range(1, 9), X=X, alpha=[0.1, 0.5, 0.9]))
    return [np.asarray(part) for part in found]


def assert_same(found, expected):
    # Some networks take another way to the same numbers on a CPU; training magnifies the rounding.
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-4 * np.abs(other).max())


@pytest.fixture
def airline():
    return load_airline().iloc[:60]


@pytest.mark.parametrize("pretrained", [None, "auto"])
@pytest.mark.parametrize("intervals", ["conformal", "network"])
def test_a_fit_there(make, airline, pretrained, intervals, monkeypatch):
    settings = {"pretrained": pretrained, "intervals": intervals}
    expected = numbers(make(**settings).fit(airline, fh=range(1, 7)))
    with accelerator(monkeypatch):
        forecaster = make(**settings).fit(airline, fh=range(1, 7))
        assert lies_there(forecaster.network_)
        assert_same(numbers(forecaster), expected)


def test_missing_values_there(make, airline, monkeypatch):
    airline.iloc[[0, 7, 30, 31, 59]] = np.nan
    expected = numbers(make().fit(airline, fh=range(1, 7)))
    with accelerator(monkeypatch):
        assert_same(numbers(make().fit(airline, fh=range(1, 7))), expected)


def test_a_panel_with_columns_there(make, panel, monkeypatch):
    panel = panel.drop("r", level=0)
    seen = panel.groupby(level=0, group_keys=False).apply(lambda one: one.iloc[:-8])
    X = panel[["b"]] ** 2

    def forecasts():
        forecaster = make(time_features=True).fit(seen[["a"]], X=X.loc[seen.index], fh=range(1, 9))
        return numbers(forecaster, X)

    expected = forecasts()
    with accelerator(monkeypatch):
        assert_same(forecasts(), expected)


@pytest.mark.parametrize("update_params", [False, True])
def test_an_update_there(make, airline, update_params, monkeypatch):
    def updated():
        forecaster = make().fit(airline.iloc[:50], fh=range(1, 7))
        return numbers(forecaster.update(airline.iloc[50:], update_params=update_params))

    expected = updated()
    with accelerator(monkeypatch):
        assert_same(updated(), expected)


def test_a_pretrained_panel_there(make, panel, airline, monkeypatch):
    def tuned():
        forecaster = make(fine_tune=True).pretrain(panel[["a"]], fh=range(1, 7))
        one = panel.loc["q"][["a"]].asfreq("D")
        return numbers(forecaster.fit(one, fh=range(1, 7)))

    expected = tuned()
    with accelerator(monkeypatch):
        assert_same(tuned(), expected)


def test_a_backtest_there(make, airline, monkeypatch):
    cv = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=48, step_length=3)
    expected = backtest(make(), airline, cv)
    with accelerator(monkeypatch):
        found = backtest(make(), airline, cv)
    errors = [name for name in expected if name.startswith("test_")]
    assert_same([found[errors].to_numpy(float)], [expected[errors].to_numpy(float)])


def test_what_was_fitted_there_forecasts_here(make, airline, monkeypatch):
    with accelerator(monkeypatch):
        forecaster = make(device="auto").fit(airline, fh=range(1, 7))
        expected = numbers(forecaster)
        kept = pickle.dumps(forecaster)
    monkeypatch.undo()
    assert_same(numbers(pickle.loads(kept)), expected)
