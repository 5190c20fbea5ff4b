"""The linear effect of exogenous columns."""

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.model_evaluation import evaluate
from sktime.split import ExpandingWindowSplitter

from skscale.evaluation import backtest

from .conftest import wave

N = 80
TIMES = pd.date_range("2020-01-01", periods=N, freq="D")


def columns(seed=0):
    rng = np.random.default_rng(seed)
    promotion = (rng.random(N) < 0.3).astype(float)
    return pd.DataFrame({"promotion": promotion, "price": rng.normal(size=N)}, index=TIMES)


def gain(forecaster, X, column, step=2):
    """What one more unit of a column adds to the forecast of its step."""
    other = X.copy()
    other.iloc[step, X.columns.get_loc(column)] += 1.0
    return (forecaster.predict(X=other) - forecaster.predict(X=X)).iloc[step]


@pytest.mark.parametrize("validation_fraction", ["auto", 0.0])
@pytest.mark.parametrize("slope", [0.0, 0.5, 2.0])
def test_the_effect_of_a_column_is_right_under_a_trend(make, slope, validation_fraction):
    x = np.random.default_rng(1).normal(size=126)
    index = pd.period_range("2000-01", periods=126, freq="M")
    y = pd.Series(100 + slope * np.arange(126) + 5 * x, index=index)
    y += np.random.default_rng(2).normal(0, 0.3, 126)
    X = pd.DataFrame({"x": x}, index=index)
    forecaster = make(validation_fraction=validation_fraction, max_epochs=20)
    forecaster.fit(y[:120], X=X[:120], fh=range(1, 7))
    assert gain(forecaster, X[120:], "x") == pytest.approx(5.0, rel=0.05)


@pytest.mark.parametrize("growing", [100 * 1.02 ** np.arange(150), 300.0 * (np.arange(150) >= 118)])
def test_the_effect_is_right_where_the_series_leaves_its_scale(make, growing):
    x = np.random.default_rng(0).normal(size=150)
    y = pd.Series(growing + 30 * x + np.random.default_rng(1).normal(size=150))
    X = pd.DataFrame({"x": x})
    forecaster = make(max_epochs=1).fit(y[:144], X=X[:144], fh=range(1, 7))
    assert gain(forecaster, X[144:], "x") == pytest.approx(30.0, rel=0.1)


def test_columns_in_other_units_for_every_series(make):
    """Prices of six series in six currencies say what prices in one currency say."""
    index = pd.period_range("2005-01", periods=126, freq="M")
    ahead = index[120:]

    def errors(units):
        Y, X = {}, {}
        for i, unit in enumerate(units):
            rng = np.random.default_rng(i)
            price = 1 + 0.1 * rng.normal(size=126)
            values = 400 - 300 * price + rng.normal(0, 1, 126)
            Y[f"s{i}"] = pd.DataFrame({"y": values}, index=index)
            X[f"s{i}"] = pd.DataFrame({"price": price * unit}, index=index)
        Y, X = (pd.concat(frames, names=["id", "t"]) for frames in (Y, X))
        late = Y.index.get_level_values("t").isin(ahead)
        forecaster = make(max_epochs=1).fit(Y[~late], X=X[~late], fh=range(1, 7))
        found = forecaster.predict(X=X[late])
        return (found - Y[late]).abs().groupby(level=0).mean()["y"].to_numpy()

    same, mixed = errors([1] * 6), errors([1, 3, 10, 100, 1_000, 10_000])
    assert same.max() < 3
    np.testing.assert_array_less(mixed, 1.3 * same + 0.3)


def test_series_with_effects_of_their_own(make):
    """Two series follow a column in opposite directions."""
    index = pd.period_range("2005-01", periods=126, freq="M")
    frames = {}
    for i, effect in enumerate((5.0, -5.0)):
        rng = np.random.default_rng(i)
        x = rng.normal(size=126)
        values = 100 + effect * x + rng.normal(0, 0.3, 126)
        frames[f"s{i}"] = pd.DataFrame({"y": values, "x": x}, index=index)
    both = pd.concat(frames, names=["id", "t"])
    late = both.index.get_level_values("t").isin(index[120:])
    forecaster = make(max_epochs=1).fit(
        both.loc[~late, ["y"]], X=both.loc[~late, ["x"]], fh=range(1, 7)
    )
    found = forecaster.predict(X=both.loc[late, ["x"]])
    assert (found["y"] - both.loc[late, "y"]).abs().mean() < 1.5


def test_rows_of_x_that_belong_to_no_row_of_y_say_nothing(make):
    X = columns()
    y = pd.Series(wave(N) + 5 * X["promotion"] + 2 * X["price"], name="y")
    times = pd.date_range("2019-12-01", periods=31, freq="D")
    older = pd.DataFrame({"promotion": 0.0, "price": -9_999.0}, index=times)
    ahead = range(1, 11)
    expected = make().fit(y[:-10], X=X[:-10], fh=ahead).predict(X=X[-10:])
    for more in (X, pd.concat([older, X])):
        found = make().fit(y[:-10], X=more, fh=ahead).predict(X=X[-10:])
        pd.testing.assert_series_equal(found, expected)


def test_held_out_data_that_do_not_confirm_an_effect_leave_none(make):
    """The effect turns its sign before the held-out part begins."""
    x = np.random.default_rng(0).normal(size=90)
    y = pd.Series(wave(90) + np.where(np.arange(90) < 60, 2.0, -2.0) * x)
    X = pd.DataFrame({"x": x})
    settings = {"max_epochs": 1, "learning_rate": 1e-6}  # the network itself learns nothing

    def found(fraction):
        forecaster = make(validation_fraction=fraction, **settings)
        return gain(forecaster.fit(y[:84], X=X[:84], fh=range(1, 7)), X[84:], "x")

    assert abs(found(0.3)) < 0.2
    assert found(0.0) > 0.3


def test_columns_given_in_one_call_alone_are_an_error(make, panel):
    X = columns()
    y = pd.Series(wave(N), index=TIMES)
    with pytest.raises(ValueError, match=r"X has the columns .* fitted without X"):
        make(max_epochs=1).fit(y[:-10], fh=[1]).predict(X=X[-10:])
    with pytest.raises(ValueError, match="X is needed"):
        make(max_epochs=1).fit(y[:-10], X=X[:-10], fh=[1]).predict()
    pretrained = make(max_epochs=1, context_length=4).pretrain(panel, X=panel, fh=[1])
    with pytest.raises(ValueError, match="X is needed"):
        pretrained.fit(panel.loc[["p"]])
    pretrained = make(max_epochs=1, context_length=4).pretrain(panel, fh=[1])
    for fine_tune in (False, True):
        pretrained.set_params(fine_tune=fine_tune)
        pretrained.pretrain(panel, fh=[1])
        with pytest.raises(ValueError, match=r"y has the columns \['a'\]"):
            pretrained.fit(panel.loc[["p"], ["a"]])


def test_columns_of_y_are_matched_by_name_after_pretrain(make, panel):
    pretrained = make(max_epochs=1, context_length=4, prediction_length=2).pretrain(panel)
    straight = pretrained.fit(panel.loc["p"]).predict([1, 2])
    swapped = pretrained.fit(panel.loc["p"][["b", "a"]]).predict([1, 2])
    assert list(swapped.columns) == ["b", "a"]
    pd.testing.assert_frame_equal(swapped[["a", "b"]], straight)


def test_another_step_after_pretrain_is_an_error(make, panel):
    pretrained = make(max_epochs=1, context_length=4).pretrain(panel, fh=[1])
    weekly = panel.loc["p"].set_axis(pd.date_range("2020-01-05", periods=50, freq="W"))
    with pytest.raises(ValueError, match=r"y has steps of .*Week.* trained on steps of .*Day"):
        pretrained.fit(weekly)


def test_forecasts_follow_a_column_however_short_the_training(make):
    X = columns()
    y = pd.Series(wave(N) + 5 * X["promotion"] + 2 * X["price"], name="y")
    forecaster = make(max_epochs=1).fit(y[:-10], X=X[:-10], fh=range(1, 6))
    ahead = X[-10:].copy()
    ahead["promotion"] = 0.0
    other = ahead.copy()
    other.iloc[[1, 7], 0] = 1.0  # the second within the horizon, the other behind it
    steps = range(1, 11)
    gain = forecaster.predict(steps, X=other) - forecaster.predict(steps, X=ahead)
    assert gain.iloc[[1, 7]].to_numpy() == pytest.approx([5, 5], abs=1.5)
    inside = forecaster.predict([-3, -2, -1, 0], X=X[:-10])
    assert np.abs(inside - y[-14:-10]).mean() < np.abs(y[-14:-10] - y[:-10].mean()).mean()


def test_backtest_with_columns_equals_evaluate(make):
    X = columns()
    y = pd.DataFrame({"a": wave(N) + X["promotion"], "b": wave(N, seed=3) - X["price"]}, TIMES)
    cv = ExpandingWindowSplitter(fh=[1, 2, 7], initial_window=60, step_length=6)
    options = {"strategy": "no-update_params", "return_data": True, "error_score": "raise"}
    looped = evaluate(make(), cv, y, X, **options)["y_pred"]
    batched = backtest(make(), y, cv, X, return_data=True)["y_pred"]
    for one, other in zip(looped, batched, strict=True):
        pd.testing.assert_frame_equal(one, other, rtol=1e-4)
