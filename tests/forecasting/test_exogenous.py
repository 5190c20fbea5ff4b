"""The linear effect of exogenous columns."""

import numpy as np
import pandas as pd
import pytest
import torch
from sktime.forecasting.model_evaluation import evaluate
from sktime.split import ExpandingWindowSplitter

from skscale.evaluation import backtest
from skscale.forecasting._exogenous import exogenous_effect
from skscale.training import SeriesBuffer

from .conftest import wave

N = 80
TIMES = pd.date_range("2020-01-01", periods=N, freq="D")


def columns(seed=0):
    rng = np.random.default_rng(seed)
    promotion = (rng.random(N) < 0.3).astype(float)
    return pd.DataFrame({"promotion": promotion, "price": rng.normal(size=N)}, index=TIMES)


def buffer(series, features, scale=1.0):
    lengths = [len(values) for values in series]
    values = torch.tensor(np.concatenate(series), dtype=torch.float32)
    one = torch.ones(len(series), values.shape[1])
    return SeriesBuffer(
        values,
        torch.tensor([0, *np.cumsum(lengths)]),
        0 * one,
        scale * one,
        torch.tensor(np.concatenate(features), dtype=torch.float32),
    )


def test_the_effect_of_a_column_is_found_beside_trend_and_season():
    X = [columns(seed).to_numpy() for seed in (1, 2)]
    truth = np.array([[2.0, 0.0], [0.5, -1.0]])
    series = [np.column_stack([wave(N), 3 * wave(N, seed=5)]) + x @ truth for x in X]
    found = exogenous_effect(buffer(series, X), 2, np.array([60, 60]), 12)
    np.testing.assert_allclose(found, truth, atol=0.2)
    # Further features are no columns, and a constant is not explained.
    more = [np.column_stack([x, np.arange(N)]) for x in X]
    np.testing.assert_allclose(
        exogenous_effect(buffer(series, more), 2, np.array([60, 60]), 12), found, rtol=1e-6
    )
    constant = exogenous_effect(buffer(series, X, scale=0.0), 2, np.array([60, 60]), 12)
    np.testing.assert_array_equal(constant, np.zeros((2, 2)))


def test_held_out_data_that_do_not_confirm_an_effect_leave_none():
    x = columns().to_numpy()[:, :1]
    y = wave(N)[:, None] + np.where(np.arange(N)[:, None] < 60, 2.0, -2.0) * x
    assert exogenous_effect(buffer([y], [x]), 1, np.array([60]), 1).item() == 0.0
    assert exogenous_effect(buffer([y], [x]), 1, np.array([N]), 1).item() > 0.3


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
    without = make(max_epochs=1, linear_base=False).fit(y[:-10], X=X[:-10], fh=[1])
    assert without.model_.effect is None


def test_backtest_with_columns_equals_evaluate(make):
    X = columns()
    y = pd.DataFrame({"a": wave(N) + X["promotion"], "b": wave(N, seed=3) - X["price"]}, TIMES)
    cv = ExpandingWindowSplitter(fh=[1, 2, 7], initial_window=60, step_length=6)
    options = {"strategy": "no-update_params", "return_data": True, "error_score": "raise"}
    looped = evaluate(make(), cv, y, X, **options)["y_pred"]
    batched = backtest(make(), y, cv, X, return_data=True)["y_pred"]
    for one, other in zip(looped, batched, strict=True):
        pd.testing.assert_frame_equal(one, other, rtol=1e-4)
