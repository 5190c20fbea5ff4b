"""New data that begin after a gap: an unbroken context to look back, everything to learn from."""

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.model_evaluation import evaluate
from sktime.split import ExpandingWindowSplitter, SlidingWindowSplitter

from skscale.evaluation import backtest

from .conftest import wave

SIZES = {"context_length": 12, "prediction_length": 2}


def test_the_context_begins_behind_a_gap(make, series):
    forecaster = make(**SIZES).fit(series[:30])
    found = forecaster.update(series[40:55], update_params=False).predict([1, 2])
    whole = make(**SIZES).fit(series[:30]).update(series[30:55], update_params=False)
    pd.testing.assert_frame_equal(found.to_frame(), whole.predict([1, 2]).to_frame())


def test_the_network_learns_from_what_lies_before_a_gap(make):
    """Twelve points behind the gap tell nothing of the process; the 400 before it do."""
    rng = np.random.default_rng(0)
    values = np.zeros(500)
    for i in range(1, 500):
        values[i] = -0.9 * values[i - 1] + rng.normal()
    y = pd.Series(values)
    forecaster = make(context_length=6, prediction_length=1, learning_rate=0.01, max_epochs=10)
    forecaster.fit(y[:400])
    cv = ExpandingWindowSplitter([1], 1)
    errors = []
    for update_params in (True, False):
        updated = forecaster.clone().fit(y[:400]).update(y[420:432], update_params=update_params)
        found = updated.update_predict(y[432:], cv, update_params=False)
        errors.append(np.abs(found - y).mean())
    assert errors[0] < 1.2 * errors[1]


@pytest.mark.parametrize(
    "index",
    [
        pd.bdate_range("2020-01-01", periods=70),
        pd.date_range("2020-01-01", periods=70, freq="MS"),
        pd.period_range("2000-01", periods=70, freq="2M"),
    ],
    ids=["business days", "months", "two months"],
)
def test_the_step_is_known_behind_a_gap(make, index):
    y = pd.Series(wave(70), index=index)
    forecaster = make(context_length=2, prediction_length=2).fit(y[:40])
    behind = pd.Series(y[50:52].to_numpy(), index=y.index[50:52])
    found = forecaster.update(behind, update_params=False).predict([1, 2])
    assert list(found.index) == list(y.index[52:54])


def test_batched_predictions_behind_a_gap(make, series):
    forecaster = make(**SIZES).fit(series[:30])
    cv = ExpandingWindowSplitter(fh=[1], initial_window=13, step_length=5)
    batched = forecaster.update_predict(series[40:], cv, update_params=False)
    assert batched.index[0] == series.index[53]
    assert np.isfinite(batched).all()


def test_a_point_between_the_steps_is_no_gap(make):
    hours = pd.date_range("2020-01-01", periods=60, freq="h")
    y = pd.Series(wave(60), index=hours)
    between = pd.DatetimeIndex([*hours[40:50], hours[49] + pd.Timedelta("30min"), *hours[50:]])
    new = pd.Series(np.arange(21.0), index=between)
    with pytest.raises(ValueError, match="not evenly spaced"):
        make(context_length=4, prediction_length=1).fit(y[:40]).update(new, update_params=False)


def test_too_little_behind_a_gap(make, series):
    forecaster = make(**SIZES).fit(series[:30])
    before = forecaster.predict([1])
    with pytest.raises(ValueError, match=r"goes on at 2003-05, after a gap .* 2002-06"):
        forecaster.update(series[40:51], update_params=False)
    pd.testing.assert_series_equal(forecaster.predict([1]), before)


def test_other_series_of_a_panel_keep_their_past(make, panel):
    forecaster = make(**SIZES).fit(panel.loc[["q", "r"]])
    days = pd.date_range("2020-02-01", periods=100, freq="D")[80:]
    late = pd.DataFrame(panel.loc["q"].to_numpy()[:20], index=days, columns=panel.columns)
    gap = pd.concat({"q": late}, names=panel.index.names)
    found = forecaster.update(gap, update_params=False).predict([1])
    assert found.loc["q"].index[0] == days[-1] + pd.Timedelta(days=1)
    fresh = make(**SIZES).fit(panel.loc[["q", "r"]]).predict([1])
    pd.testing.assert_frame_equal(found.loc[["r"]], fresh.loc[["r"]])


@pytest.mark.parametrize("strategy", ["no-update_params", "update"])
def test_splits_with_gaps(make, series, strategy):
    cv = SlidingWindowSplitter(fh=[1, 2], window_length=14, step_length=20)
    table = evaluate(make(**SIZES), cv, series, strategy=strategy, error_score="raise")
    assert np.isfinite(table.iloc[:, 0]).all()


def test_splits_with_gaps_as_in_backtest(make, series):
    cv = SlidingWindowSplitter(fh=[1, 2], window_length=14, step_length=20)
    options = {"strategy": "no-update_params", "return_data": True, "error_score": "raise"}
    looped = evaluate(make(**SIZES), cv, series, **options)["y_pred"]
    batched = backtest(make(**SIZES), series, cv, return_data=True)["y_pred"]
    assert len(looped) == 3
    for one, other in zip(looped, batched, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(one), other, rtol=1e-4)


@pytest.mark.parametrize("update_params", [False, True])
def test_update_with_other_columns_is_refused_and_changes_nothing(make, panel, update_params):
    whole = panel.loc["p"]
    forecaster = make(**SIZES).fit(whole[:-5], X=whole[:-5] ** 2, fh=[1])
    before, new = forecaster.cutoff, whole[-5:]
    for y, X, message in (
        (new[["a"]], new**2, r"y has the columns \['a'\], but .* fitted with \['a', 'b'\]"),
        (new.rename(columns={"a": "c"}), new**2, r"y has the columns \['c', 'b'\]"),
        (new, new[["a"]], r"X has the columns \['a'\]"),
        (new, None, "X is needed"),
    ):
        with pytest.raises(ValueError, match=message):
            forecaster.update(y, X=X, update_params=update_params)
        assert forecaster.cutoff.equals(before)
    found = forecaster.update(new[["b", "a"]], X=new**2, update_params=False)
    expected = make(**SIZES).fit(whole[:-5], X=whole[:-5] ** 2, fh=[1])
    expected.update(new, X=new**2, update_params=False)
    later = pd.DataFrame({"a": [1.0], "b": [2.0]}, index=whole.index[-1:] + pd.Timedelta(1, "D"))
    pd.testing.assert_frame_equal(found.predict(X=later), expected.predict(X=later))


@pytest.mark.parametrize("name", [None, "other"])
def test_one_series_may_change_its_name(make, series, name):
    forecaster, expected = (make(**SIZES).fit(series[:-5], fh=[1, 2]) for _ in range(2))
    forecaster.update(series[-5:].rename(name), update_params=False)
    expected.update(series[-5:], update_params=False)
    np.testing.assert_array_equal(forecaster.predict(), expected.predict())
    cv = SlidingWindowSplitter(fh=[1, 2], window_length=10, step_length=5)
    looped, batched = (
        make(**SIZES)
        .fit(series[:-30], fh=[1, 2])
        .update_predict(y, cv, update_params=False, reset_forecaster=reset)
        for y, reset in ((series[-30:], False), (series[-30:].rename(name), True))
    )
    np.testing.assert_allclose(batched, looped, rtol=1e-4)


def test_what_was_constant_in_fit_may_change(make, series):
    values = pd.DataFrame({"a": series, "b": series})
    values.iloc[:30, 0] = 5.0
    forecaster = make(**SIZES).fit(values[:24], fh=[1])
    assert forecaster.update(values[24:28], update_params=False).predict()["a"].item() == 5.0
    found = forecaster.update(values[28:], update_params=False).predict()["a"].item()
    assert found != 5.0
    at_once = make(**SIZES).fit(values[:24], fh=[1]).update(values[24:], update_params=False)
    assert at_once.predict()["a"].item() == pytest.approx(found)
    cv = ExpandingWindowSplitter(fh=[1, 2], initial_window=24, step_length=3)
    options = {"strategy": "no-update_params", "return_data": True, "error_score": "raise"}
    looped = evaluate(make(**SIZES), cv, values, **options)["y_pred"]
    batched = backtest(make(**SIZES), values, cv, return_data=True)["y_pred"]
    for one, other in zip(looped, batched, strict=True):
        pd.testing.assert_frame_equal(one, other, rtol=1e-4)
    assert batched[1]["a"].tolist() == [5.0, 5.0]
    assert 5.0 not in batched.iloc[-1]["a"].tolist()


def test_update_in_another_form(make, series, panel):
    with pytest.raises(ValueError, match=r"1 instance levels .* those seen before an index"):
        make(**SIZES).fit(panel.loc["p", ["a"]]).update(panel[["a"]], update_params=False)


def test_update_of_a_panel_in_any_order(make, panel):
    forecaster = make(**SIZES).fit(panel.loc[["p", "q"]])
    days = pd.date_range("2020-04-11", periods=2, freq="D")
    rows = [("q", days[0]), ("p", pd.Timestamp("2020-02-20")), ("q", days[1])]
    index = pd.MultiIndex.from_tuples(rows, names=panel.index.names)
    y = pd.DataFrame(1.0, index=index, columns=panel.columns)
    found = forecaster.update(y, update_params=False).predict([1])
    assert found.loc["q"].index[0] == pd.Timestamp("2020-04-13")


@pytest.mark.parametrize("index", [pd.period_range("2001", periods=2, freq="Q"), pd.RangeIndex(2)])
def test_update_with_another_time(make, series, index):
    with pytest.raises(ValueError, match=r"the new data have an index of .*"):
        make(**SIZES).fit(series).update(pd.Series([1.0, 2.0], index=index), update_params=False)
