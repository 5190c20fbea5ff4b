import os
import sys
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import loguniform
from sktime.exceptions import FitFailedWarning
from sktime.forecasting.compose import TransformedTargetForecaster
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.forecasting.naive import NaiveForecaster
from sktime.performance_metrics.forecasting import (
    GeometricMeanAbsoluteError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
)
from sktime.performance_metrics.forecasting.probabilistic import PinballLoss
from sktime.split import ExpandingWindowSplitter
from sktime.transformations.series.boxcox import LogTransformer

from skscale.evaluation import backtest
from skscale.forecasting import (
    DLinearForecaster,
    SCINetForecaster,
    SigmaForecaster,
    _fitting,
    all_forecasters,
)
from skscale.training import Callback
from skscale.tuning import AutoMultiScale, ForecastingSearchCV

from ..forecasting.conftest import series, wave  # noqa: F401

CV = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=36, step_length=6)
GRID = {"pretrained": ["auto", None], "context_length": [6, 12]}


def quick(**parameters):
    return DLinearForecaster(max_epochs=2, random_state=0, **parameters)


def sktime_search(forecaster, grid, y, X=None, scoring=None, strategy="no-update_params"):
    options = {"strategy": strategy, "backend": None, "error_score": "raise"}
    return ForecastingGridSearchCV(forecaster, CV, grid, scoring, **options).fit(y, X)


def assert_equal(found, expected):
    assert found.best_params_ == expected.best_params_
    assert found.best_index_ == expected.best_index_
    columns = list(expected.cv_results_.columns)
    # Of metrics of quantiles, sktime keeps no time of the forecasts.
    assert [name for name in found.cv_results_ if name in columns] == columns
    for name in (name for name in columns if not name.endswith("_time")):
        if name == "params":
            assert list(found.cv_results_[name]) == list(expected.cv_results_[name])
        else:
            np.testing.assert_allclose(
                found.cv_results_[name], expected.cv_results_[name].astype(float), rtol=1e-5
            )
    np.testing.assert_allclose(found.best_score_, expected.best_score_, rtol=1e-5)
    fh = [1, 4]
    np.testing.assert_allclose(found.predict(fh), expected.predict(fh), rtol=1e-5)


@pytest.mark.parametrize(
    "scoring", [None, MeanAbsoluteError(), GeometricMeanAbsoluteError(), PinballLoss()], ids=repr
)
def test_equals_the_grid_search_of_sktime(series, scoring):  # noqa: F811
    found = ForecastingSearchCV(quick(), CV, GRID, scoring).fit(series)
    assert_equal(found, sktime_search(quick(), GRID, series, scoring=scoring))


def test_equals_it_with_a_fit_at_every_cutoff(series):  # noqa: F811
    grid = {"pretrained": ["auto", None]}
    found = ForecastingSearchCV(quick(), CV, grid, strategy="refit").fit(series)
    assert_equal(found, sktime_search(quick(), grid, series, strategy="refit"))


def test_equals_it_on_a_panel_with_columns():
    frames = {name: pd.DataFrame({"y": wave(60, seed=i)}) for i, name in enumerate("ba")}
    y = pd.concat(frames, names=["instance", "time"])
    X = pd.DataFrame({"x": np.random.default_rng(0).normal(size=len(y))}, index=y.index)
    y["y"] += X["x"]
    grid = {"pretrained": ["auto", None]}
    metric = MeanAbsoluteError()
    found = ForecastingSearchCV(quick(), CV, grid, metric).fit(y, X)
    expected = sktime_search(quick(), grid, y, X, metric)
    np.testing.assert_allclose(
        found.cv_results_["mean_test_MeanAbsoluteError"],
        expected.cv_results_["mean_test_MeanAbsoluteError"].astype(float),
        rtol=1e-5,
    )


def test_equals_it_in_a_pipeline(series):  # noqa: F811
    pipe = TransformedTargetForecaster([("log", LogTransformer()), ("net", quick())])
    grid = {"net__pretrained": ["auto", None], "log__offset": [0.0, 5.0]}
    found = ForecastingSearchCV(pipe, CV, grid).fit(series)
    assert_equal(found, sktime_search(pipe, grid, series))


def test_default_spaces_reach_through_pipelines(series):  # noqa: F811
    pipe = TransformedTargetForecaster([("log", LogTransformer()), ("net", quick())])
    found = ForecastingSearchCV(pipe, CV).fit(series)
    space = DLinearForecaster.param_space()
    assert len(found.cv_results_) == np.prod([len(values) for values in space.values()])
    assert set(found.best_params_) == {f"net__{name}" for name in space}


def test_every_fit_is_one_backtest(series, monkeypatch):  # noqa: F811
    """One fit for each candidate and one of the best on all data."""
    lengths = []
    fit = _fitting.trained

    def counted(forecaster, model, parts, evidence, run):
        lengths.append(evidence.n_values)
        return fit(forecaster, model, parts, evidence, run)

    monkeypatch.setattr(_fitting, "trained", counted)
    ForecastingSearchCV(quick(), CV, GRID).fit(series)
    assert lengths == [36, 36, 36, 36, 60]


def test_random_draws_from_lists_and_distributions(series):  # noqa: F811
    grid = {"learning_rate": loguniform(1e-4, 1e-1), "pretrained": [None]}
    options = {"method": "random", "n_iter": 3}
    one, same, other = (
        ForecastingSearchCV(quick(), CV, grid, random_state=seed, **options).fit(series)
        for seed in (0, 0, 1)
    )
    rates = [[row["learning_rate"] for row in s.cv_results_["params"]] for s in (one, same, other)]
    assert rates[0] == rates[1] != rates[2]
    assert len(rates[0]) == 3
    assert all(1e-4 <= rate <= 1e-1 for rate in rates[0])


def test_halving_gives_more_epochs_to_fewer_candidates(series):  # noqa: F811
    grid = {"context_length": [4, 6, 8, 10, 12, 14, 16, 18, 20]}
    forecaster = DLinearForecaster(max_epochs=9, random_state=0, pretrained=None)
    search = ForecastingSearchCV(forecaster, CV, grid, method="halving").fit(series)
    found = search.cv_results_
    assert found["iter"].tolist() == [0] * 9 + [1] * 3 + [2]
    assert found["n_resources"].tolist() == [1] * 9 + [3] * 3 + [9]
    score, rank = "mean_test_MeanAbsolutePercentageError", "rank_test_MeanAbsolutePercentageError"
    first = found[found["iter"] == 0].nsmallest(3, score)
    kept = found.loc[found["iter"] == 1, "params"]
    assert kept.tolist() == first["params"].tolist()
    assert search.best_index_ == 12
    assert sorted(found[rank]) == list(range(1, 14))
    last = backtest(forecaster.clone().set_params(**search.best_params_), series, CV)
    assert search.best_score_ == pytest.approx(last.iloc[:, 0].mean())
    assert search.best_forecaster_.max_epochs == 9


class Counting(Callback):
    """Counts the epochs that all fits of a process train."""

    trained = 0

    def on_epoch_end(self, progress):
        Counting.trained += 1


def test_halving_carries_weights_on(series, monkeypatch):  # noqa: F811
    """A candidate that goes on has the scores of one that was trained from its first epoch."""
    monkeypatch.setattr(Counting, "trained", 0)
    grid = {"context_length": [4, 6, 8, 10, 12, 14, 16, 18, 20]}
    forecaster = DLinearForecaster(
        max_epochs=18,
        lr_schedule="halving",
        pretrained=None,
        callbacks=[Counting()],
        random_state=0,
    )
    options = {"method": "halving", "refit": False}
    found = ForecastingSearchCV(forecaster, CV, grid, **options).fit(series).cv_results_
    assert found["n_resources"].tolist() == [2] * 9 + [6] * 3 + [18]
    assert Counting.trained == 9 * 2 + 3 * 4 + 12
    for row in found.to_dict("records"):
        anew = forecaster.clone().set_params(**row["params"], max_epochs=row["n_resources"])
        scores = backtest(anew, series, CV).iloc[:, 0]
        assert row["mean_test_MeanAbsolutePercentageError"] == scores.mean()


def test_halving_carries_on_in_processes_pipelines_and_at_every_fit(series):  # noqa: F811
    inner = DLinearForecaster(max_epochs=6, lr_schedule="constant", pretrained=None, random_state=0)
    pipe = TransformedTargetForecaster([("log", LogTransformer()), ("net", inner)])
    grid = {"net__context_length": [4, 6, 8]}
    options = {"method": "halving", "resource": "net__max_epochs", "refit": False, "strategy": 2}
    for n_jobs in (None, 2):
        search = ForecastingSearchCV(pipe, CV, grid, n_jobs=n_jobs, **options).fit(series)
        last = search.cv_results_.iloc[-1]
        anew = pipe.clone().set_params(**last["params"])
        scores = backtest(anew, series, CV, refit=2).iloc[:, 0]
        assert last["mean_test_MeanAbsolutePercentageError"] == pytest.approx(scores.mean())


def test_halving_tells_functions_of_one_name_apart(series):  # noqa: F811
    losses = [lambda f, batch, p=p: (f - batch.y).abs().pow(p).mean() for p in (1, 2, 4)]
    forecaster = quick(pretrained=None, lr_schedule="constant")
    options = {"method": "halving", "refit": False}
    search = ForecastingSearchCV(forecaster, CV, {"loss": losses}, **options).fit(series)
    found = search.cv_results_["mean_test_MeanAbsolutePercentageError"].iloc[-1]
    anew = forecaster.clone().set_params(**search.best_params_)
    assert found == backtest(anew, series, CV).iloc[:, 0].mean()


def test_halving_of_another_resource_begins_anew(series, monkeypatch):  # noqa: F811
    monkeypatch.setattr(Counting, "trained", 0)
    forecaster = quick(pretrained=None, callbacks=[Counting()], batch_size=90)
    options = {"method": "halving", "resource": "batch_size", "refit": False}
    ForecastingSearchCV(forecaster, CV, {"context_length": [4, 6, 8]}, **options).fit(series)
    assert Counting.trained == 2 * (3 + 1)


def test_higher_is_better_where_the_metric_says_so(series):  # noqa: F811
    class Closeness(MeanAbsoluteError):
        _tags = {"lower_is_better": False}

        def _evaluate(self, y_true, y_pred, **options):
            return -super()._evaluate(y_true, y_pred, **options)

    grid = {"season_length": [1, 12]}
    found = ForecastingSearchCV(quick(), CV, grid, Closeness()).fit(series)
    expected = ForecastingSearchCV(quick(), CV, grid, MeanAbsoluteError()).fit(series)
    assert found.best_params_ == expected.best_params_ == {"season_length": 12}
    assert found.best_score_ == pytest.approx(-expected.best_score_)


def test_processes_give_the_same_scores(series):  # noqa: F811
    grid = {"pretrained": ["auto", None]}
    one, two = (ForecastingSearchCV(quick(), CV, grid, n_jobs=n).fit(series) for n in (None, 2))
    name = "mean_test_MeanAbsolutePercentageError"
    np.testing.assert_allclose(one.cv_results_[name], two.cv_results_[name], rtol=1e-5)


class Spy(DLinearForecaster):
    """Writes down process and threads of every fit, and refuses a context of 7."""

    seen = []

    def _fit(self, y, X, fh):
        self.seen.append((os.getpid(), torch.get_num_threads()))
        return super()._fit(y, X, fh)


def test_candidates_beside_others_take_one_core(series, monkeypatch):  # noqa: F811
    from joblib import parallel_config

    monkeypatch.setattr(Spy, "seen", [])
    before = torch.get_num_threads()
    with parallel_config("sequential"):
        search = ForecastingSearchCV(Spy(max_epochs=1), CV, {"pretrained": [None]}, n_jobs=2)
        search.set_params(refit=False).fit(series)
    assert Spy.seen == [(os.getpid(), 1)]
    assert torch.get_num_threads() == before


def test_a_candidate_that_fails_is_named_and_the_others_count(series):  # noqa: F811
    grid = {"max_epochs": [0, 1]}
    with pytest.warns(FitFailedWarning, match="'max_epochs': 0} failed: ValueError: max_epochs"):
        found = ForecastingSearchCV(quick(), CV, grid).fit(series)
    assert found.best_params_ == {"max_epochs": 1}
    assert found.cv_results_.iloc[0, 0:3].isna().all()
    with pytest.raises(ValueError, match="max_epochs must be"):
        ForecastingSearchCV(quick(), CV, grid, error_score="raise").fit(series)
    with pytest.raises(ValueError, match=r"all 1 candidates failed, the first with .*max_epochs"):
        ForecastingSearchCV(quick(), CV, {"max_epochs": [0]}).fit(series)


def test_a_failed_search_leaves_nothing_behind(series):  # noqa: F811
    search = ForecastingSearchCV(quick(), CV, {"max_epochs": [0]})
    with pytest.raises(ValueError, match="failed"):
        search.fit(series)
    assert not any(name.endswith("_") and not name.startswith("_") for name in vars(search))


def test_without_a_last_fit_there_are_parameters_alone(series):  # noqa: F811
    search = ForecastingSearchCV(quick(), CV, GRID, refit=False).fit(series)
    assert search.best_params_["pretrained"] in ("auto", None)
    assert search.get_fitted_params()["best_score"] == search.best_score_
    with pytest.raises(RuntimeError, match="refit must be True to predict"):
        search.predict([1])


WRONG = {
    "forecaster": [(NaiveForecaster(), "NaiveForecaster")],
    "cv": [(None, "cv must be a splitter")],
    "param_grid": [
        ("none", 'param_grid must be "light", "full" or .*, got \'none\''),
        ({"nonsense": [1]}, "nonsense"),
        ({"max_epochs": 3}, "param_grid must be .* got {'max_epochs': 3}"),
    ],
    "scoring": [
        ("mae", "scoring must be"),
        ([MeanAbsoluteError(), MeanAbsolutePercentageError()], "scoring must be one metric"),
        (MeanAbsoluteError(multioutput="raw_values"), "scoring must give one number"),
    ],
    "method": [("all", "method must be one of"), (None, "method must be one of")],
    "n_iter": [(0, "n_iter must be")],
    "factor": [(1, "factor must be")],
    "strategy": [("update", "strategy must be"), (0, "strategy must be"), (None, "strategy must")],
    "refit": [(None, "refit must be True or False")],
    "error_score": [("nan", "error_score must be"), (None, "error_score must be")],
    "n_jobs": [(0, "n_jobs must be"), (1.5, "n_jobs must be")],
    "random_state": [("seed", "random_state must be"), (-1, "random_state must be")],
    "verbose": [(-1, "verbose must be")],
}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [(name, *case) for name, cases in WRONG.items() for case in cases],
    ids=str,
)
def test_wrong_parameters_are_named_before_training(name, value, message, series, monkeypatch):  # noqa: F811
    if "one number" not in message:
        monkeypatch.setattr(DLinearForecaster, "fit", None)
    given = {"forecaster": quick(), "cv": CV, "param_grid": {"max_epochs": [1]}, name: value}
    with pytest.raises((TypeError, ValueError), match=message):
        ForecastingSearchCV(**given).fit(series)


@pytest.mark.parametrize("resource", ["nonsense", "loss", "max_epochs"])
def test_a_resource_that_cannot_grow_is_named(resource, series, monkeypatch):  # noqa: F811
    monkeypatch.setattr(DLinearForecaster, "fit", None)
    grid = {"max_epochs": [1, 2]}
    search = ForecastingSearchCV(quick(), CV, grid, method="halving", resource=resource)
    with pytest.raises(ValueError, match=r"(resource|loss) must be"):
        search.fit(series)


def test_infinite_values_are_named():
    y = pd.Series(wave(60))
    y[50] = np.inf
    with pytest.raises(ValueError, match="holds inf at 50"):
        ForecastingSearchCV(quick(), CV, GRID).fit(y)


@pytest.mark.skipif(find_spec("optuna") is not None, reason="Optuna is installed")
@pytest.mark.parametrize("one", [ForecastingSearchCV(quick(), CV), AutoMultiScale()], ids=repr)
def test_what_is_no_probability_is_named(one):
    with pytest.raises(ValueError, match=r"coverage must be a number between 0 and 1.*got 95"):
        one.predict_interval(coverage=95)
    with pytest.raises(ValueError, match=r"alpha must be a number between 0 and 1.*got 5; 5 % is"):
        one.predict_quantiles(alpha=5)


def test_optuna_is_asked_for_where_it_is_missing(series, monkeypatch):  # noqa: F811
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ImportError, match="needs Optuna"):
        ForecastingSearchCV(quick(), CV, GRID, method="optuna").fit(series)


def test_optuna_proposes(series):  # noqa: F811
    distributions = pytest.importorskip("optuna").distributions
    grid = {
        "learning_rate": distributions.FloatDistribution(1e-4, 1e-1, log=True),
        "pretrained": ["auto", None],
    }
    options = {"method": "optuna", "n_iter": 4, "random_state": 0}
    one, same = (ForecastingSearchCV(quick(), CV, grid, **options).fit(series) for _ in range(2))
    assert list(one.cv_results_["params"]) == list(same.cv_results_["params"])
    assert len(one.cv_results_) == 4
    assert one.best_score_ == one.cv_results_.iloc[:, 0].min()


@pytest.mark.parametrize("kind", all_forecasters(), ids=lambda kind: kind.__name__)
def test_spaces_hold_the_defaults_and_sizes_that_networks_take(kind, series):  # noqa: F811
    for size in ("light", "full"):
        space, defaults = kind.param_space(size), kind().get_params()
        assert all(defaults[name] in values for name, values in space.items())
    few = {"max_epochs": 1, "steps_per_epoch": 1, "pretrained": None, "linear_base": False}
    for name in {"d_model", "d_ff", "hidden_size"} & set(space):
        for value in space[name]:
            kind(**few, context_length=24, **{name: value}).fit(series, fh=[1])


def test_the_larger_space_has_half_and_twice_the_size():
    assert SigmaForecaster.param_space("full")["d_model"] == [4, 8, 16]
    assert SCINetForecaster.param_space("full")["hidden_size"] == [0.5, 1.0, 2.0]
    with pytest.raises(ValueError, match="kind must be one of"):
        SigmaForecaster.param_space("all")
