"""Kinds of columns: categorical, known of the past only, constant for each series."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sktime.forecasting.model_evaluation import evaluate
from sktime.performance_metrics.forecasting import MeanAbsoluteError
from sktime.split import ExpandingWindowSplitter

from skscale.evaluation import backtest
from skscale.forecasting import DLinearForecaster, SigmaForecaster, TimeMixerForecaster

from .conftest import wave

N, SEEN = 84, 78
TIMES = pd.date_range("2024-01-01", periods=N, freq="D")
AHEAD = range(1, N - SEEN + 1)
STATES = np.array(["closed", "half", "open"])
STATE = STATES[np.random.default_rng(0).integers(0, 3, N)]
TEXT = pd.DataFrame({"state": STATE}, index=TIMES)
ADDED = pd.Series({"closed": 0.0, "half": 2.0, "open": 6.0})
Y = pd.Series(wave(N, 7) + ADDED[STATE].to_numpy(), index=TIMES, name="y")
NUMBERS = pd.DataFrame({level: np.equal(STATE, level).astype(float) for level in STATES[1:]}, TIMES)


def quick(**parameters):
    defaults = {"max_epochs": 1, "random_state": 0, "pretrained": None, "context_length": 14}
    return DLinearForecaster(**{**defaults, **parameters})


def fitted(forecaster, X, y=Y):
    return forecaster.fit(y[:SEEN], X=X[:SEEN], fh=AHEAD)


def forecast(X, ahead=None, forecaster=None):
    forecaster = fitted(quick() if forecaster is None else forecaster, X)
    return forecaster.predict(X=X[SEEN:] if ahead is None else ahead)


def test_a_categorical_column_acts_as_columns_of_zeros_and_ones(make):
    found = forecast(TEXT, forecaster=make(max_epochs=1))
    expected = forecast(NUMBERS, forecaster=make(max_epochs=1))
    pd.testing.assert_series_equal(found, expected)


def test_forecasts_follow_a_level():
    forecaster = fitted(quick(), TEXT)
    shut = TEXT[SEEN:].assign(state="closed")
    for level in STATES[1:]:
        gain = forecaster.predict(X=shut.assign(state=level)) - forecaster.predict(X=shut)
        np.testing.assert_allclose(gain, ADDED[level], rtol=0.1)


@pytest.mark.parametrize(
    "dtype", ["category", "string", object, pd.ArrowDtype(pa.string()), "dictionary"]
)
def test_types_of_text_make_no_difference(dtype):
    if dtype == "dictionary":
        dtype = pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))
    pd.testing.assert_series_equal(forecast(TEXT.astype(dtype)), forecast(TEXT))


def test_the_order_of_categories_and_unused_ones_make_no_difference():
    other = pd.CategoricalDtype(["open", "unused", "closed", "half"])
    pd.testing.assert_series_equal(forecast(TEXT.astype(other)), forecast(TEXT))


NULLABLE = {
    "integer": ([3, 1, None], "Int64"),
    "float": ([3.5, 1.0, None], "Float64"),
    "boolean": ([True, False, None], "boolean"),
    "pyarrow's integer": ([3, 1, None], pd.ArrowDtype(pa.int32())),
    "pyarrow's Boolean": ([True, False, None], pd.ArrowDtype(pa.bool_())),
    "pyarrow's decimal": (
        [Decimal("3.25"), Decimal(1), None],
        pd.ArrowDtype(pa.decimal128(5, 2)),
    ),
    "decimal": ([Decimal("3.25"), Decimal(1), None], object),
    "Booleans as objects": ([True, False, None], object),
}


@pytest.mark.parametrize("case", NULLABLE)
def test_types_of_numbers_make_no_difference(case):
    values, dtype = NULLABLE[case]
    place = np.random.default_rng(1).integers(0, 3, N)
    plain = np.array([np.nan if v is None else float(v) for v in values])[place]
    typed = pd.DataFrame({"x": pd.Series([values[i] for i in place], TIMES, dtype=dtype)})
    expected = forecast(pd.DataFrame({"x": plain}, TIMES))
    pd.testing.assert_series_equal(forecast(typed), expected)


def test_y_in_decimals_of_pyarrow():
    y = Y.round(2)
    decimals = y.map(str).map(Decimal).astype(pd.ArrowDtype(pa.decimal128(9, 2)))
    found, expected = (quick().fit(values, fh=AHEAD).predict() for values in (decimals, y))
    pd.testing.assert_series_equal(found, expected)


def test_a_level_not_seen_in_fit_counts_as_the_mean_of_the_levels():
    unknown = TEXT[SEEN:].copy()
    unknown.iloc[1] = "a feast"
    mean = NUMBERS[SEEN:].copy()
    mean.iloc[1] = NUMBERS[:SEEN].mean()
    found, expected = forecast(TEXT, unknown), forecast(NUMBERS, mean)
    pd.testing.assert_series_equal(found, expected)


@pytest.mark.parametrize("dtype", ["category", object])
def test_a_missing_level_is_a_missing_value_of_its_columns(dtype):
    rows = [5, 6, SEEN + 2]
    gaps = np.isin(np.arange(N), rows)[:, None]
    levels = TEXT.mask(gaps).astype(dtype)
    numbers = NUMBERS.mask(np.broadcast_to(gaps, NUMBERS.shape))
    for one, other in (((TEXT, levels), (NUMBERS, numbers)), ((levels, TEXT), (numbers, NUMBERS))):
        found, expected = (forecast(seen, ahead[SEEN:]) for seen, ahead in (one, other))
        pd.testing.assert_series_equal(found, expected)


def test_a_level_that_was_the_only_one_says_nothing():
    one = TEXT.assign(state="open")
    pd.testing.assert_series_equal(forecast(one), forecast(one, TEXT[SEEN:]))


@pytest.mark.parametrize("dtype", [object, "string", "category", "float64", "Int64"])
def test_a_column_without_any_value_says_nothing(dtype):
    X = NUMBERS.assign(empty=pd.Series([None] * N, TIMES).astype(dtype))
    pd.testing.assert_series_equal(forecast(X), forecast(NUMBERS), rtol=1e-4)


BAD = {
    "too many levels": (
        TEXT.assign(state=[f"day {i}" for i in range(N)]),
        None,
        "column 'state' of X has 78 levels, such as 'day 0'; at most 50",
    ),
    "text and numbers": (
        TEXT.assign(state=["a", 1] * (N // 2)),
        None,
        "column 'state' of X has dtype object.* must hold numbers, or nothing but text",
    ),
    "numbers ahead": (
        TEXT,
        TEXT[SEEN:].assign(state=1.0),
        "column 'state' of X holds numbers, dtype float64, .* fitted with levels",
    ),
    "levels ahead": (
        TEXT.assign(state=1.0),
        TEXT[SEEN:],
        "column 'state' of X holds levels, .* fitted with numbers",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_levels_are_named(case):
    X, ahead, message = BAD[case]
    with pytest.raises((ValueError, TypeError), match=message):
        forecast(X, ahead)


def test_y_is_never_categorical():
    with pytest.raises(TypeError, match="column 'y' of y has dtype category"):
        quick().fit(pd.Series(STATE, TIMES, name="y").astype("category"), fh=[1])


def test_backtest_with_levels_equals_evaluate(make):
    X = TEXT.astype("category").assign(x=np.random.default_rng(3).normal(size=N))
    y = Y.to_frame()
    cv = ExpandingWindowSplitter(fh=[1, 2, 5], initial_window=66, step_length=6)
    options = {"strategy": "no-update_params", "return_data": True, "error_score": "raise"}
    looped = evaluate(make(max_epochs=1), cv, y, X, **options)["y_pred"]
    batched = backtest(make(max_epochs=1), y, cv, X, return_data=True)["y_pred"]
    for one, other in zip(looped, batched, strict=True):
        pd.testing.assert_frame_equal(one, other, rtol=1e-4)


def test_update_takes_levels_of_another_type():
    forecaster = fitted(quick(), TEXT.astype("category"))
    forecaster.update(Y[SEEN : SEEN + 2], X=TEXT[SEEN : SEEN + 2].astype(object))
    assert np.isfinite(forecaster.predict([1, 2], X=TEXT[SEEN + 2 :].astype("category"))).all()


LEAD = np.random.default_rng(5).normal(size=N)
LATER = pd.Series(10 + 3 * np.roll(LEAD, 1), TIMES, name="y")  # follows the lead a step behind
BOTH = pd.DataFrame({"lead": LEAD, "known": np.random.default_rng(6).normal(size=N)}, TIMES)


def test_the_future_of_past_columns_changes_nothing(make):
    """Neither ahead, nor in-sample, nor where the forecast rolls on."""
    forecaster = make(past_columns=["lead"], prediction_length=2)
    forecaster.fit(LATER[:SEEN], X=BOTH[:SEEN])
    other = BOTH.assign(lead=BOTH["lead"].where(TIMES[SEEN] > TIMES, 1e6))
    fh = [-2, 0, 1, 2, 5]
    found = forecaster.predict(fh, X=BOTH[SEEN:])
    for X in (other[SEEN:], BOTH[["known"]][SEEN:]):
        pd.testing.assert_series_equal(forecaster.predict(fh, X=X), found)
    quantiles = forecaster.predict_quantiles(fh, X=BOTH[["known"]][SEEN:], alpha=[0.1])
    pd.testing.assert_frame_equal(
        quantiles, forecaster.predict_quantiles(fh, X=other[SEEN:], alpha=[0.1])
    )


def test_the_past_of_past_columns_is_learned():
    """The next value follows from the last row of the column, and from nothing else."""
    n, cv = 400, ExpandingWindowSplitter(fh=[1], initial_window=350)
    X = pd.DataFrame({"lead": np.random.default_rng(7).normal(size=n)})
    y = pd.Series(10 + 3 * np.roll(X["lead"], 1))
    settings = {"context_length": 4, "linear_base": False, "max_epochs": 15, "random_state": 0}

    def error(X, past_columns):
        forecaster = SigmaForecaster(past_columns=past_columns, **settings)
        return backtest(forecaster, y, cv, X, MeanAbsoluteError()).iloc[:, 0].mean()

    assert error(X, ["lead"]) < 0.5 * error(None, "auto")


def test_x_may_be_left_out_where_all_columns_are_of_the_past(make):
    forecaster = make(past_columns=("lead", "known"), max_epochs=1)
    forecaster.fit(LATER[:SEEN], X=BOTH[:SEEN], fh=AHEAD)
    pd.testing.assert_series_equal(forecaster.predict(), forecaster.predict(X=BOTH[SEEN:]))


def test_past_columns_have_no_linear_effect():
    X = NUMBERS.assign(lead=ADDED[STATE].to_numpy())
    of_all = fitted(quick(), X).model_.effects.known[0, :, 0]
    assert of_all[2] > 0.1
    *known, past = fitted(quick(past_columns=["lead"]), X).model_.effects.known[0, :, 0]
    np.testing.assert_allclose(known, ADDED[["half", "open"]], rtol=0.1)
    assert past == 0


@pytest.mark.parametrize("columns", [["lead"], ["lead", "state"]])
def test_backtest_with_past_columns_equals_evaluate(make, columns):
    X = BOTH.join(TEXT)
    y = LATER.to_frame()
    cv = ExpandingWindowSplitter(fh=[1, 2, 5], initial_window=66, step_length=6)
    options = {"strategy": "no-update_params", "return_data": True, "error_score": "raise"}
    settings = {"max_epochs": 1, "past_columns": columns, "prediction_length": 2}
    looped = evaluate(make(**settings), cv, y, X, **options)["y_pred"]
    batched = backtest(make(**settings), y, cv, X, return_data=True)["y_pred"]
    for one, other in zip(looped, batched, strict=True):
        pd.testing.assert_frame_equal(one, other, rtol=1e-4)


def test_missing_values_of_past_columns():
    X = BOTH.copy()
    X.iloc[SEEN - 2 : SEEN, 0] = np.nan
    forecaster = SigmaForecaster(max_epochs=1, random_state=0, past_columns=["lead"])
    found = fitted(forecaster, X, LATER).predict(X=BOTH[["known"]][SEEN:])
    assert np.isfinite(found).all()


def test_columns_left_out_ahead_are_named_with_what_to_do():
    forecaster = fitted(quick(), BOTH)
    with pytest.raises(ValueError, match=r"name those .* past_columns=\[\.\.\.\]"):
        forecaster.predict(X=BOTH[["known"]][SEEN:])
    with pytest.raises(ValueError, match=r"X is needed: .*past_columns"):
        forecaster.predict()
    some = fitted(quick(past_columns=["lead"]), BOTH)
    with pytest.raises(ValueError, match=r"X is needed: .* the columns \['known'\]"):
        some.predict()
    with pytest.raises(ValueError, match=r"X has the columns \['lead'\]"):
        some.update(LATER[SEEN:], X=BOTH[["lead"]][SEEN:])


@pytest.mark.parametrize("X", [None, BOTH])
def test_past_columns_that_x_lacks_are_named(X):
    with pytest.raises(ValueError, match="past_columns must name columns of X, got 'led'"):
        quick(past_columns=["led"]).fit(LATER, X=X, fh=[1])


def shops(n=60):
    """Series that follow the last row of a column, every other one in the opposite direction."""
    rng, frames = np.random.default_rng(0), {}
    for i in range(6):
        size, place = (3.0, "town") if i % 2 else (-3.0, "coast")
        x, y = rng.normal(size=n), rng.normal(10, 0.3, size=n)
        y[1:] += size * x[:-1]
        frames[f"shop {i}"] = pd.DataFrame({"y": y, "x": x, "size": size, "place": place})
    both = pd.concat(frames, names=["shop", "time"])
    return both[["y"]], both.drop(columns="y")


FOLLOWING = {"past_columns": ["x"], "context_length": 4, "prediction_length": 1}
FOLLOWING |= {"linear_base": False, "max_epochs": 30, "random_state": 0}


def test_columns_constant_in_every_series_are_static():
    y, X = shops()
    X["changes"] = np.arange(len(X)) % 60
    X["same everywhere"] = 1.0
    X["once missing"] = X["size"].mask(np.arange(len(X)) == 3)
    columns = quick(context_length=4).fit(y, X=X, fh=[1]).model_.columns
    assert list(columns.encoder.static) == ["size", "place", "once missing"]
    assert columns.sizes == {"exogenous": 3, "calendar": 0, "static": 3, "past": 0}
    of_one = quick(context_length=4).fit(y.loc["shop 0"], X=X.loc["shop 0"], fh=[1])
    assert of_one.model_.columns.encoder.static.empty


@pytest.mark.parametrize("column", ["size", "place"])
def test_a_network_learns_from_static_columns(column):
    """The direction in which a series follows ``x`` is that of its static column."""
    y, X = shops(80)
    cv = ExpandingWindowSplitter(fh=[1], initial_window=60)

    def error(X):
        forecaster = TimeMixerForecaster(**FOLLOWING)
        return backtest(forecaster, y, cv, X, MeanAbsoluteError()).iloc[:, 0].mean()

    assert error(X[["x", column]]) < 0.7 * error(X[["x"]])


def test_static_columns_have_no_linear_effect(make):
    y, X = shops()
    forecaster = make(max_epochs=1).fit(y + 9 * X[["x"]].to_numpy(), X=X, fh=[1, 2])
    effects = forecaster.model_.effects.known
    assert (effects[:, 0] > 1).all()
    assert (effects[:, 1:] == 0).all()


def test_static_columns_may_be_left_out_ahead(make):
    y, X = shops()
    late = y.index.get_level_values("time") >= 55
    settings = {"max_epochs": 1, "context_length": 4, "prediction_length": 2}
    forecaster = make(**settings).fit(y[~late], X=X[~late])
    found = forecaster.predict(range(1, 6), X=X[late])
    pd.testing.assert_frame_equal(forecaster.predict(range(1, 6), X=X.loc[late, ["x"]]), found)


def test_series_that_fit_did_not_see_bring_static_columns_of_their_own():
    y, X = shops(80)
    seen = y.index.get_level_values("shop") < "shop 4"
    trained = TimeMixerForecaster(**FOLLOWING).pretrain(y[seen], X=X[seen])
    new, columns = y.loc["shop 5"], X.loc["shop 5"].copy()
    columns.iloc[-1, columns.columns.get_loc("x")] = 2.0

    def found(**static):
        return trained.fit(new, X=columns.assign(**static)).predict([1]).to_numpy().item()

    assert found() - found(size=-3.0, place="coast") > 1.5
    assert np.isfinite(found(size=1e9, place="moon"))
    assert np.isfinite(found(size=np.nan, place=None))


def test_backtest_with_static_columns_equals_evaluate(make):
    y, X = shops()
    cv = ExpandingWindowSplitter(fh=[1, 2, 5], initial_window=48, step_length=6)
    options = {"strategy": "no-update_params", "return_data": True, "error_score": "raise"}
    settings = {"max_epochs": 1, "prediction_length": 2, "context_length": 6}
    looped = evaluate(make(**settings), cv, y, X, **options)["y_pred"]
    batched = backtest(make(**settings), y, cv, X, return_data=True)["y_pred"]
    for one, other in zip(looped, batched, strict=True):
        pd.testing.assert_frame_equal(one, other, rtol=1e-4)


def test_static_columns_of_any_size():
    y, X = shops()
    small, huge = (
        SigmaForecaster(context_length=4, max_epochs=1, random_state=0)
        .fit(y, X=X[["size"]] * unit, fh=[1])
        .predict()
        for unit in (1.0, 1e299)
    )
    pd.testing.assert_frame_equal(small, huge)
