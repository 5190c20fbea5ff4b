"""What every forecaster does for its user."""

import copy
import os
import pickle
import signal
import time
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
import torch
from sktime.forecasting.base import ForecastingHorizon
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.split import ExpandingWindowSplitter, SingleWindowSplitter
from sktime.utils._testing.hierarchical import _make_hierarchical

from .conftest import wave


def indices(n):
    dates = pd.date_range("2020-01-01", periods=n, freq="MS")
    return {
        "range": pd.RangeIndex(n),
        "integers": pd.Index(np.arange(5, n + 5)),
        "months": pd.period_range("2020-01", periods=n, freq="M"),
        "quarters": pd.period_range("2020Q1", periods=n, freq="Q"),
        "dates": dates,
        "dates without freq": pd.DatetimeIndex(dates, freq=None),
        "business days": pd.date_range("2020-01-01", periods=n, freq="B"),
        "zoned hours": pd.date_range("2020-01-01", periods=n, freq="h", tz="Europe/Berlin"),
    }


@pytest.mark.parametrize("kind", indices(3))
def test_forecast_continues_the_index(make, kind):
    index = indices(48)[kind]
    y = pd.Series(wave(46), index=index[:46])
    found = make().fit(y, fh=[1, 2]).predict()
    assert list(found.index) == list(index[46:])
    absolute = (
        make(prediction_length=2).fit(y).predict(ForecastingHorizon(index[46:], is_relative=False))
    )
    pd.testing.assert_series_equal(found, absolute)


def test_absolute_horizon_counts_from_each_series_own_end(make, panel):
    forecaster = make(context_length=12, prediction_length=3).fit(panel)
    time = pd.Timestamp("2021-01-03")
    found = forecaster.predict(ForecastingHorizon(pd.DatetimeIndex([time]), is_relative=False))
    assert (found.index.get_level_values("time") == time).all()
    for name in "pqr":
        steps = (time - panel.loc[name].index[-1]).days
        # Products of few rows round by their number: series that roll on longer leave fewer.
        alone = forecaster.predict([steps]).loc[name]
        np.testing.assert_allclose(found.loc[name], alone, rtol=1e-8)


def test_horizon_between_the_steps(make):
    y = pd.Series(wave(30), index=pd.date_range("2020-01-06", periods=30, freq="W-MON"))
    between = ForecastingHorizon(pd.DatetimeIndex(["2020-08-04"]), is_relative=False)
    with pytest.raises(ValueError, match="2020-08-04"):
        make().fit(y).predict(between)


NUMBER_TYPES = ["int32", "int64", "float32", "float64", "bool", "Float64", "boolean"]
NUMBER_TYPES += ["bool[pyarrow]", "double[pyarrow]"] if find_spec("pyarrow") else []


@pytest.mark.parametrize("dtype", NUMBER_TYPES)
def test_number_types(make, dtype):
    y = pd.Series((20 * wave(40)).astype(int) % 2 if "bool" in dtype else 20 * wave(40))
    found = (
        make()
        .fit(y.astype("int64" if "int" in dtype else "float64").astype(dtype), fh=[1])
        .predict()
    )
    assert np.isfinite(found.astype(float)).all()


def test_fit_without_horizon_and_any_horizon_after(make, series):
    forecaster = make(prediction_length=4).fit(series)
    whole = forecaster.predict(range(-59, 13))
    assert len(whole) == 72
    assert np.isfinite(whole).all()
    some = forecaster.predict([-7, 0, 3, 12])
    pd.testing.assert_series_equal(some, whole[some.index])


def test_rolling_forward_feeds_forecasts_back(make, series):
    forecaster = make(prediction_length=4).fit(series)
    eight = forecaster.predict(range(1, 9))
    continued = pd.concat([series, eight[:4]])
    again = forecaster.update(continued[-4:], update_params=False).predict(range(1, 5))
    # Windows are centred on float32 numbers: equal up to their rounding.
    np.testing.assert_allclose(again, eight[4:], rtol=1e-5)


def test_in_sample_is_one_step_ahead(make, series):
    forecaster = make(prediction_length=4).fit(series[:-2])
    ahead = forecaster.predict([1])
    inside = forecaster.update(series[-2:], update_params=False).predict([-1])
    pd.testing.assert_series_equal(inside, ahead, rtol=1e-6)


def test_panel_is_one_model_with_its_own_cutoffs(make, panel):
    forecaster = make(context_length=12, prediction_length=3).fit(panel)
    found = forecaster.predict([1, 2])
    ends = panel.reset_index("time").groupby("instance")["time"].max()
    for name in "pqr":
        expected = pd.date_range(ends[name], periods=3, freq="D")[1:]
        assert list(found.loc[name].index) == list(expected)
    assert list(found.columns) == ["a", "b"]
    assert isinstance(forecaster.network_, torch.nn.Module)


def test_a_series_forecast_does_not_depend_on_its_panel(make, panel):
    forecaster = make(context_length=12, prediction_length=3).pretrain(panel)
    together = forecaster.fit(panel).predict([1, 2, 3])
    for name in "pqr":
        alone = forecaster.fit(panel.loc[[name]]).predict([1, 2, 3])
        np.testing.assert_allclose(alone, together.loc[[name]], rtol=1e-6)


def test_the_order_of_a_panel_does_not_matter_and_is_kept(make):
    """Instances T1, T2, T11 stay in this order, and get the forecasts they get in any other."""
    names = ["T1", "T2", "T11"]
    days = pd.date_range("2022-07-01", periods=43)
    one = {k: pd.DataFrame({"y": wave(43, 7, i) + 100 * i}, days) for i, k in enumerate(names)}

    def forecasts(order, update_params):
        y = pd.concat({k: one[k] for k in order}, names=["id", "t"])
        early = y.index.get_level_values("t") < days[40]
        forecaster = make().fit(y[early], fh=[1, 2, 3])
        first = forecaster.predict()
        second = forecaster.update(y[~early], update_params=update_params).predict()
        for found in (first, second):
            assert list(found.index.get_level_values("id").unique()) == order
        return first, second

    for update_params in (False, True):
        expected = forecasts(names, update_params)
        for found, other in zip(forecasts(names[::-1], update_params), expected, strict=True):
            pd.testing.assert_frame_equal(found.loc[other.index], other, rtol=0, atol=0)


def test_hierarchical(make):
    y = _make_hierarchical((2, 3), min_timepoints=24, max_timepoints=24, random_state=0)
    found = make().fit(y, fh=[1, 2]).predict()
    assert found.index.names == y.index.names
    assert len(found) == 12


def test_unseen_series_after_pretraining(make, panel):
    forecaster = make(context_length=12, prediction_length=3).pretrain(panel.loc[["p", "q"]])
    weights = copy.deepcopy(forecaster.pretrained_.network.state_dict())
    new = panel.loc["r"]
    found = forecaster.clone().fit(new, fh=[1, 2]).predict()
    assert list(found.index) == list(pd.date_range(new.index[-1], periods=3)[1:])
    tuned = make(context_length=12, prediction_length=3, fine_tune=True).pretrain(
        panel.loc[["p", "q"]]
    )
    tuned.fit(panel.loc["q"][:60], fh=[1, 2])
    assert any(
        not torch.equal(a, b)
        for a, b in zip(tuned.network_.state_dict().values(), weights.values(), strict=True)
    )
    for name, value in tuned.pretrained_.network.state_dict().items():
        assert torch.equal(value, weights[name])


def test_unseen_series_through_update(make, panel):
    forecaster = make(context_length=12, prediction_length=3).fit(panel.loc[["p", "q"]])
    found = forecaster.update(panel.loc[["r"]], update_params=False).predict([1])
    assert list(found.index.get_level_values(0)) == ["p", "q", "r"]


@pytest.mark.parametrize("update_params", [True, False])
def test_update(make, series, update_params):
    # Without validation the last weights stay, better or not.
    forecaster = make(validation_fraction=0.0).fit(series[:50], fh=[1, 2])
    before = copy.deepcopy(forecaster.network_.state_dict())
    forecaster.update(series[50:], update_params=update_params)
    assert list(forecaster.predict().index) == list(pd.period_range("2005-01", periods=2, freq="M"))
    after = forecaster.network_.state_dict()
    changed = any(not torch.equal(before[name], after[name]) for name in before)
    assert changed == update_params


def test_exogenous_columns_matter(make):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=220), "noise": rng.normal(size=220)})
    y = 3 * X["a"] + 0.01 * rng.normal(size=220)
    forecaster = make(
        max_epochs=40, learning_rate=0.02, context_length=8, prediction_length=4, patience=40
    ).fit(y[:200], X=X[:200])
    fh = range(1, 21)
    known = forecaster.predict(fh, X=X[200:])
    correlation = np.corrcoef(known, y[200:])[0, 1]
    assert correlation > 0.9
    other = X[200:].assign(a=-X["a"])
    assert np.corrcoef(forecaster.predict(fh, X=other), y[200:])[0, 1] < -0.9


def test_calendar_features_change_the_forecast_of_networks_that_read_features(make):
    y = pd.Series(wave(80), index=pd.date_range("2020-01-01", periods=80, freq="h"))
    plain, dated = (
        make(time_features=flag, linear_base=False).fit(y, fh=[1, 2]) for flag in (False, True)
    )
    reads_features = dated.network_.n_past_features > 0
    assert reads_features != np.allclose(plain.predict(), dated.predict())


def test_same_seed_same_weights_and_global_generator_untouched(make, series):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    settings = {"linear_base": False}
    settings |= {"dropout": 0.1} if "dropout" in make().get_params() else {}
    first, second = (make(**settings).fit(series) for _ in range(2))
    assert torch.equal(torch.rand(3), expected)
    for a, b in zip(
        first.network_.state_dict().values(), second.network_.state_dict().values(), strict=True
    ):
        assert torch.equal(a, b)
    third = make(**settings, random_state=1).fit(series)
    assert not np.allclose(first.predict([1, 2]), third.predict([1, 2]))


def test_copies_and_pickles_forecast_the_same(make, panel):
    forecaster = make(context_length=12).fit(panel, fh=[1, 2])
    expected = forecaster.predict()
    for other in (copy.deepcopy(forecaster), pickle.loads(pickle.dumps(forecaster))):
        pd.testing.assert_frame_equal(other.predict(), expected)
    assert not forecaster.clone().is_fitted


def test_history(make, series):
    history = make(max_epochs=3, patience=3).fit(series).history_
    assert len(history["train_loss"]) == len(history["valid_loss"]) == 3
    assert -1 <= history["best_epoch"] < 3  # -1: no epoch was better than the start


def test_best_epoch_is_restored(make, series):
    settings = {"learning_rate": 0.1, "lr_schedule": "constant", "patience": 6, "loss": "mse"}
    settings["linear_base"] = False  # the start is no good forecast: some epoch is better
    forecaster = make(max_epochs=6, **settings).fit(series)
    best = int(np.argmin(forecaster.history_["valid_loss"]))
    assert forecaster.history_["best_epoch"] == best
    shorter = make(max_epochs=best + 1, **settings).fit(series)
    for a, b in zip(
        forecaster.network_.state_dict().values(),
        shorter.network_.state_dict().values(),
        strict=True,
    ):
        assert torch.equal(a, b)


def test_progress_bar_only_on_demand(make, series, capfd):
    make().fit(series)
    assert capfd.readouterr().err == ""
    make(verbose=1).fit(series)
    assert "loss=" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda y: y * 0 + 7, lambda f: 7.0),
        (lambda y: y * 0 + 0.1, lambda f: 0.1),
        (lambda y: y * 1e12, lambda f: f * 1e12),
        (lambda y: y * 1e-12, lambda f: f * 1e-12),
        (lambda y: y + 1e9, lambda f: f + 1e9),
    ],
    ids=["constant 7", "constant 0.1", "1e12", "1e-12", "1e9 and unit variation"],
)
def test_scale_and_location_do_not_matter(make, series, change, expected):
    plain = make().fit(series, fh=[1, 2, 3]).predict()
    found = make().fit(change(series), fh=[1, 2, 3]).predict()
    wanted = np.broadcast_to(expected(plain), 3)
    # The data themselves are rounded at 1e9; nothing else may be lost.
    np.testing.assert_allclose(found - wanted, 0, atol=1e-5 * max(1e-6, np.abs(wanted).min() / 1e4))


@pytest.mark.parametrize("size", [1e-200, 1e-160, 1e153, 1e200])
def test_sizes_at_the_ends_of_float64(make, series, size):
    plain = make().fit(series, fh=[1, 2, 3]).predict()
    found = make().fit(series * size, fh=[1, 2, 3]).predict()
    np.testing.assert_allclose(found / size, plain, rtol=1e-5)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_very_short_series(make, n):
    found = make().fit(pd.Series(wave(n)), fh=range(1, 13)).predict()
    assert len(found) == 12
    assert np.isfinite(found).all()


def test_evaluate_and_grid_search_with_loky(make, series):
    cv = ExpandingWindowSplitter(initial_window=40, step_length=12, fh=[1, 2, 3])
    table = evaluate(make(), cv, series, error_score="raise", backend="loky")
    assert np.isfinite(table["test_MeanAbsolutePercentageError"]).all()
    search = ForecastingGridSearchCV(
        make(),
        SingleWindowSplitter(fh=[1, 2, 3]),
        {"context_length": [6, 12]},
        backend="loky",
        error_score="raise",
    ).fit(series)
    assert search.best_params_["context_length"] in (6, 12)


def test_update_predict_single_and_moving_cutoff(make, series):
    forecaster = make().fit(series[:40], fh=[1])
    cv = ExpandingWindowSplitter(initial_window=2, step_length=6, fh=[1])
    found = forecaster.update_predict(series[40:], cv=cv, update_params=False)
    assert np.isfinite(np.asarray(found, dtype=float)).all()


def test_bfloat16_trains_close_to_float32(make):
    pytest.importorskip("lightning_fabric")
    y = wave()
    exact, half = (
        make(linear_base=False, precision=precision).fit(y, fh=[1, 2, 3]).history_["train_loss"]
        for precision in ("fp32", "bf16")
    )
    assert half == pytest.approx(exact, rel=0.05)
    assert half != exact


def test_unknown_precision(make):
    with pytest.raises(ValueError, match="precision must be one of"):
        make(precision="fp8").fit(wave())
    with pytest.raises(ValueError, match="compile must be True or False"):
        make(compile="yes").fit(wave())


def test_constant_exogenous_column(make):
    """Nothing was learned about changes of a column that never changed in fit."""
    y, index = wave(), pd.RangeIndex(60)
    X = pd.DataFrame({"u": 0.1 + 1e-17 * np.arange(60)}, index=index)
    forecaster = make().fit(pd.Series(y), X=X, fh=[1])
    same, changed = (forecaster.predict(X=pd.DataFrame({"u": [u]}, index=[60])) for u in (0.1, 9.0))
    pd.testing.assert_series_equal(same, changed)


def test_numpy_numbers_are_numbers(make):
    settings = {"max_epochs": np.int64(1), "batch_size": np.int64(8)}
    make(**settings, validation_fraction=np.float32(0.2)).fit(wave(), fh=[1])


@pytest.mark.parametrize("context", [torch.no_grad, None])
def test_fits_whatever_torch_is_set_to(make, context):
    expected = make().fit(wave(), fh=[1]).predict()
    if context is None:
        torch.set_default_dtype(torch.float64)
        try:
            found = make().fit(wave(), fh=[1]).predict()
        finally:
            torch.set_default_dtype(torch.float32)
    else:
        with context():
            found = make().fit(wave(), fh=[1]).predict()
    np.testing.assert_allclose(found, expected, rtol=1e-2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_predicts_in_a_forked_child(make, panel):
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        forecaster = make().fit(panel, fh=[1, 2])
        (torch.rand(400, 400) @ torch.rand(400, 400)).exp()  # OpenMP's threads are there now
        forecaster.predict()
        child = os.fork()
        if child == 0:
            forecaster.predict()
            os._exit(0)
        end = time.monotonic() + 60
        while not (found := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < end:
            time.sleep(0.02)
        if not found[0]:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    finally:
        torch.set_num_threads(threads)
    assert found[0], "the child hangs"
    assert os.waitstatus_to_exitcode(found[1]) == 0


@pytest.mark.parametrize("freq", ["D", "W-MON"])
def test_a_time_zone_makes_no_difference_to_forecasts_with_a_calendar(make, freq):
    """The clock changes within the horizon, on the last Sunday of March."""
    y = pd.Series(wave(60), pd.date_range(end="2024-03-28", periods=60, freq=freq))
    plain = make(time_features=True).fit(y, fh=range(1, 8)).predict()
    zoned = make(time_features=True).fit(y.tz_localize("Europe/Berlin"), fh=range(1, 8)).predict()
    np.testing.assert_allclose(zoned, plain)
    assert (zoned.index.tz_localize(None) == plain.index).all()
