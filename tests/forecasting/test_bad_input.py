"""Each wrong input raises one clear error before training, and leaves nothing half-fitted."""

import numpy as np
import pandas as pd
import pytest
from sktime.exceptions import NotFittedError

from skscale.training import NonFiniteLossError

from .conftest import wave

Y = pd.Series(wave(40), name="y")
X = pd.DataFrame({"a": np.arange(50.0), "b": np.arange(50.0) ** 2})


def changed(values, at, value):
    result = values.copy()
    result.iloc[at] = value
    return result


def indexed(index):
    return pd.Series(wave(len(index)), index=index)


BAD_Y = {
    "all missing": (Y * np.nan, ValueError, "column 'y' of y has no values"),
    "inf": (changed(Y, 5, -np.inf), ValueError, "column 'y' of y holds -inf at 5"),
    "object": (Y.astype(object), TypeError, "of y has dtype object"),
    "text": (pd.Series(list("abcdef")), TypeError, "of y has dtype"),
    "complex": (Y.astype(complex), TypeError, "of y has dtype complex128"),
    "empty": (Y[:0], ValueError, "y is empty"),
    "one point": (Y[:1], ValueError, "1 time point; at least 2"),
    "repeated": (indexed([0, 1, 2, 2, 3]), ValueError, "index of y repeats 2"),
    "unsorted": (indexed([0, 2, 1, 3]), ValueError, "1 stands behind 2"),
    "integer gap": (indexed([0, 1, 2, 3, 9]), ValueError, "3 is followed by 9"),
    "every second": (indexed(range(0, 20, 2)), ValueError, "must count in ones, but 0 is .* by 2"),
    "dates in a column": (
        pd.DataFrame({"day": pd.date_range("2020", periods=9), "y": 1.0}),
        TypeError,
        r"column 'day' of y holds dates, .* y.set_index\('day'\)",
    ),
    "missing day": (
        indexed(pd.date_range("2020", periods=11).delete(4)),
        ValueError,
        r"2020-01-04 00:00:00 is followed by 2020-01-06.*asfreq",
    ),
    "missing month": (
        indexed(pd.period_range("2020", periods=11, freq="M").delete(4)),
        ValueError,
        "2020-04 is followed by 2020-06",
    ),
    "durations": (
        indexed(pd.timedelta_range("1h", periods=9, freq="h")),
        TypeError,
        "integers, periods or dates",
    ),
    "two columns of one name": (
        pd.DataFrame(np.ones((9, 2)), columns=["a", "a"]),
        ValueError,
        "more than one column named 'a'",
    ),
}


@pytest.mark.parametrize("case", BAD_Y)
def test_y(make, case):
    y, error, message = BAD_Y[case]
    forecaster = make()
    with pytest.raises(error, match=message):
        forecaster.fit(y, fh=[1])
    assert not forecaster.is_fitted
    assert not hasattr(forecaster, "model_")


BAD_X = {
    "too short": (X[:30], X[40:], "X has no row for 30; it must cover y"),
    "inf": (changed(X[:40], 7, np.inf), X[40:], "column 'a' of X holds inf at 7"),
    "text": (X[:40].astype(str), X[40:], "column 'a' of X holds numbers"),
    "complex": (X[:40].astype(complex), X[40:], "column 'a' of X has dtype complex128"),
    "future too short": (X[:40], X[40:42], "X has no row for 42; it must cover the horizon"),
    "future inf": (X[:40], changed(X[40:], 1, np.inf), "column 'a' of X holds inf at 41"),
    "future missing": (X[:40], None, r"X is needed.*\['a', 'b'\]"),
    "other order": (X[:40], X[["b", "a"]][40:], "in the same order"),
    "column lost": (X[:40], X[["a"]][40:], r"X has the columns \['a'\]"),
    "other index": (
        X[:40].set_index(pd.period_range("2001", periods=40, freq="M")),
        X[40:],
        r"X has an index of period\[M\], but y has an index of integers",
    ),
}


@pytest.mark.parametrize("case", BAD_X)
def test_x(make, case):
    past, future, message = BAD_X[case]
    with pytest.raises((ValueError, TypeError), match=message):
        make().fit(Y, X=past, fh=[1, 2, 3]).predict(X=future)


BAD_PARAMETERS = [
    ("context_length", 0),
    ("context_length", 2.5),
    ("prediction_length", -1),
    ("season_length", "weekly"),
    ("max_epochs", 0),
    ("batch_size", 2.5),
    ("learning_rate", -1.0),
    ("learning_rate", float("nan")),
    ("weight_decay", -1.0),
    ("gradient_clip", -1.0),
    ("gradient_clip", None),
    ("learning_rate", "fast"),
    ("weight_decay", True),
    ("fine_tune", "no"),
    ("patience", 0),
    ("validation_fraction", 1.0),
    ("loss", "mean"),
    ("lr_schedule", "linear"),
    ("device", "tpu"),
    ("time_features", "yes"),
]


@pytest.mark.parametrize(("name", "value"), BAD_PARAMETERS)
def test_parameter(make, name, value):
    forecaster = make(**{name: value})
    with pytest.raises(ValueError, match=rf"{name}.*{value}"):
        forecaster.fit(Y, fh=[1])
    assert not forecaster.is_fitted


def test_horizon_longer_than_any_series_allows(make):
    with pytest.raises(ValueError, match=r"prediction_length=100 .* at most 39"):
        make(prediction_length=100).fit(Y)


def test_calendar_without_dates(make):
    with pytest.raises(ValueError, match="time_features=True needs dates"):
        make(time_features=True).fit(Y)


def test_predict_before_fit_and_without_horizon(make):
    with pytest.raises(NotFittedError, match="has not been fitted"):
        make().predict([1])
    with pytest.raises(ValueError, match="fh"):
        make().fit(Y).predict()


def test_before_the_first_point(make):
    with pytest.raises(ValueError, match="before the first point"):
        make().fit(Y).predict([-40])


def test_exploding_loss_names_epoch_and_step(make):
    forecaster = make(learning_rate=1e30, loss="mse", max_epochs=5)
    with pytest.raises(NonFiniteLossError, match=r"epoch \d+, step \d+; learning_rate=1e\+30"):
        forecaster.fit(Y, fh=[1])
    assert not forecaster.is_fitted
    assert not hasattr(forecaster, "model_")


def test_a_panel_without_order(make):
    frame = pd.concat({name: pd.DataFrame({"y": wave(20)}) for name in "ab"})
    mixed = frame.iloc[np.r_[0:10, 20:30, 10:20, 30:40]]
    with pytest.raises((ValueError, TypeError)):
        make().fit(mixed, fh=[1])
