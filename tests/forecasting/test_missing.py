"""Missing values in y and X: everything goes by what was observed."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from sktime.forecasting.model_evaluation import evaluate
from sktime.performance_metrics.forecasting import (
    MeanAbsoluteError,
    MeanAbsoluteScaledError,
    MedianAbsoluteError,
)
from sktime.split import ExpandingWindowSplitter

from skscale.evaluation import backtest
from skscale.forecasting import NLinearForecaster
from skscale.forecasting._season import detect_season
from skscale.training import Windows

from .conftest import wave

N, H = 72, 6
INDEX = pd.period_range("2000-01", periods=N, freq="M")


def frame():
    return pd.DataFrame({"a": wave(N), "b": 100 + 50 * wave(N, seed=1)}, index=INDEX)


def some(missing):
    """Take the cells of a pattern out of the frame."""
    y = frame()
    for rows, columns in missing:
        y.iloc[rows, columns] = np.nan
    return y


PATTERNS = {
    "points": [([3, 20, 21, 50, 70], [0]), ([5, 33, 60], [1])],
    "a block": [(slice(30, 48), [0])],
    "the beginning": [(slice(0, 9), [1])],
    "the end": [(slice(-7, None), [0])],
    "whole rows": [([0, 10, 11, 40, N - 1], [0, 1])],
    "the held-out part": [(slice(50, None), [0])],
    "every second point": [(slice(0, None, 2), [0]), (slice(1, None, 2), [1])],
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_forecasts_are_near_those_of_the_whole_series(make, pattern):
    whole = make().fit(frame(), fh=range(1, H + 1)).predict()
    forecaster = make().fit(some(PATTERNS[pattern]), fh=range(1, H + 1))
    found = forecaster.predict()
    assert found.index.equals(whole.index)
    spread = frame().max() - frame().min()
    assert ((found - whole).abs() < 0.6 * spread).all(axis=None)
    assert np.isfinite(forecaster.predict(fh=[-3, 0, 40]).to_numpy()).all()


def test_behind_a_context_without_values_the_last_one_goes_on(make):
    y = some([(slice(20, N), [1])])
    found = make().fit(y, fh=range(1, H + 1)).predict()["b"]
    assert (found - y["b"].iloc[19]).abs().max() < 0.01 * y["b"].std()


def test_the_scale_does_not_matter(make):
    y = some(PATTERNS["points"])
    found = make().fit(y, fh=[1, 2, 20]).predict()
    moved = make().fit(1000 * y - 5, fh=[1, 2, 20]).predict()
    np.testing.assert_allclose(moved, 1000 * found - 5, rtol=1e-3)


def test_a_channel_that_stops_leaves_the_others_alone(make):
    """Scales and linear parts are of each channel: one without gaps is scaled as ever."""
    scale = make().fit(some(PATTERNS["a block"]), fh=[1])._context.scale
    whole = make().fit(frame(), fh=[1])._context.scale
    assert scale.location[0, 1] == whole.location[0, 1]
    assert scale.location[0, 0] == pytest.approx(some(PATTERNS["a block"])["a"].mean())
    assert scale.scale[0, 0] == pytest.approx(some(PATTERNS["a block"])["a"].std(ddof=0))


def test_a_constant_stays_one(make):
    y = frame()
    y["b"] = 7.0
    y.iloc[::3, 1] = np.nan
    assert (make().fit(y, fh=range(1, H + 1)).predict()["b"] == 7).all()


def test_panels(make, panel):
    y = panel.copy()
    y.iloc[[0, 1, 30, 49, 60, 61, 62, 119, 121], [0]] = np.nan
    y.iloc[[52, 125], [1]] = np.nan
    found = make().fit(y, fh=[1, 2, 3]).predict()
    assert np.isfinite(found.to_numpy()).all()
    shuffled = pd.concat([y.loc[[name]] for name in ("r", "p", "q")])
    again = make().fit(shuffled, fh=[1, 2, 3]).predict()
    pd.testing.assert_frame_equal(again.loc[found.index], found)


def test_columns_without_values_are_named(make, panel):
    y = frame()
    y["b"] = np.nan
    with pytest.raises(ValueError, match="column 'b' of y has no values, the rest is missing"):
        make().fit(y, fh=[1])
    y.iloc[4, 1] = 3.0
    with pytest.raises(ValueError, match=r"column 'b' of y has 1 value, .* at least 2 are needed"):
        make().fit(y, fh=[1])
    y.iloc[5, 1] = 4.0
    assert np.isfinite(make().fit(y, fh=[1]).predict().to_numpy()).all()
    panel.loc["r", "b"] = np.nan
    with pytest.raises(ValueError, match="column 'b' of y has no value of 'r'; fill it"):
        make().fit(panel, fh=[1])
    panel["a"] = np.nan
    with pytest.raises(ValueError, match="column 'a' of y has no values in any series"):
        make().pretrain(panel)


def test_a_failed_update_leaves_the_forecaster(make, series):
    forecaster = make().fit(series, fh=[1, 2])
    before = forecaster.predict()
    with pytest.raises(ValueError, match="infinite"):
        forecaster.update(pd.Series([np.inf], index=[series.index[-1] + 1], name="y"))
    pd.testing.assert_series_equal(forecaster.predict(), before)


def test_update_with_missing_values_alone_moves_the_cutoff(make, series):
    forecaster = make().fit(series, fh=[1, 2])
    ahead = pd.period_range(series.index[-1] + 1, periods=2, freq="M")
    nothing = pd.Series([np.nan, np.nan], index=ahead, name="y")
    for update_params in (False, True):
        later = forecaster.clone().fit(series, fh=[1, 2])
        found = later.update(nothing, update_params=update_params).predict()
        assert list(found.index) == [ahead[-1] + 1, ahead[-1] + 2]
        assert np.isfinite(found).all()


def test_pretrained_networks_meet_gaps(make, panel):
    panel.iloc[::7, 0] = np.nan
    forecaster = make().pretrain(panel, fh=[1, 2, 3])
    one = panel.loc["q"].asfreq("D")
    one.iloc[-3:, 1] = np.nan
    assert np.isfinite(forecaster.fit(one).predict([1, 2, 3]).to_numpy()).all()


def exogenous(n, seed=0):
    rng = np.random.default_rng(seed)
    index = pd.RangeIndex(n)
    X = pd.DataFrame({"x": rng.normal(size=n).cumsum(), "flag": rng.integers(0, 2, n)}, index=index)
    return X, pd.Series(100 + 2.0 * np.arange(n) + 5.0 * X["x"] + rng.normal(0, 0.1, n), name="y")


def test_the_effect_of_a_column_is_found_between_gaps(make):
    X, y = exogenous(150)
    gappy, columns = y.copy(), X.astype(float)
    gappy.iloc[5::6] = np.nan
    columns.iloc[3::10, 0] = np.nan
    forecaster = make().fit(gappy[:140], X=columns[:140], fh=range(1, 11))
    model = forecaster.model_
    panel, scale = forecaster._context.panel, forecaster._context.scale
    found = model.effects.of_series(panel, scale)[0, 0, 0] / scale.column_scale[0, 0]
    assert found == pytest.approx(5, rel=0.05)


def test_a_missing_row_of_the_horizon_goes_on_from_the_row_before(make):
    X, y = exogenous(60)
    forecaster = make().fit(y[:50], X=X[:50], fh=range(1, 11))
    holes, held = X[50:].astype(float), X[50:].astype(float)
    holes.iloc[4:6] = np.nan
    scale = forecaster._context.scale
    mean, keeps = scale.column_location[0], scale.persistence[0]
    for step in (4, 5):
        held.iloc[step] = mean + keeps * (held.iloc[step - 1].to_numpy() - mean)
    expected = forecaster.predict(X=held)
    pd.testing.assert_series_equal(forecaster.predict(X=holes), expected)


def test_a_column_without_values_changes_nothing(make):
    X, y = exogenous(60)
    nothing = X[["x"]].assign(none=np.nan)
    found = make().fit(y[:50], X=nothing[:50], fh=range(1, 11)).predict(X=nothing[50:])
    assert np.isfinite(found).all()


def test_backtest_is_the_loop_with_gaps(make, series):
    y = series.copy()
    y.iloc[[4, 20, 21, 44, 45, 46]] = np.nan
    cv = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=40, step_length=3)
    result = backtest(make(), y, cv, scoring=MeanAbsoluteError(), return_data=True, detail=True)
    forecaster = make()
    truth = y.dropna()
    cuts = list(cv.split(y))
    forecaster.fit(y.iloc[cuts[0][0]], fh=[1, 2, 3])
    for row, (train, test) in enumerate(cuts):
        if row:
            forecaster.update(y.iloc[train], update_params=False)
        expected = forecaster.predict()
        np.testing.assert_allclose(result.forecasts[row, 0, :, 0], expected, rtol=1e-4)
        known = y.index[test].intersection(truth.index)
        error = (expected.loc[known] - truth.loc[known]).abs().mean()
        np.testing.assert_allclose(result.scores["test_MeanAbsoluteError"][row], error, rtol=1e-3)
    assert np.isfinite(result.by_step().to_numpy()).all()


def test_metrics_leave_missing_truths_out(make, series):
    y = series.copy()
    y.iloc[[20, 41, 43, 44, 45]] = np.nan
    cv = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=40, step_length=3)
    metrics = [MeanAbsoluteScaledError(sp=12), MedianAbsoluteError()]
    result = backtest(make(), y, cv, scoring=metrics, detail=True)
    scaled, median = (result.scores.iloc[:, i] for i in (0, 1))
    assert np.isnan([scaled[1], median[1]]).all()
    assert scaled.drop(1).notna().all()
    error = np.abs(result.forecasts - result.truth)[0, 0, :, 0]
    assert median[0] == pytest.approx(np.nanmedian(error))
    steps = np.abs(y.to_numpy()[12:40] - y.to_numpy()[:28])
    assert scaled[0] == pytest.approx(np.nanmean(error) / np.nanmean(steps))


def test_whole_series_score_as_in_sktime(make, series):
    cv = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=48, step_length=6)
    metric = MeanAbsoluteScaledError(sp=12)
    found = backtest(make(), series, cv, scoring=metric)
    expected = evaluate(make(), cv, series, strategy="no-update_params", scoring=metric)
    name = "test_MeanAbsoluteScaledError"
    np.testing.assert_allclose(found[name], expected[name], rtol=1e-4)


def test_what_stands_in_a_hole_of_the_buffer_does_not_matter(make):
    """The forecast and the loss of a batch whose holes hold 1e9."""
    forecaster = make().fit(some(PATTERNS["points"]), fh=range(1, H + 1))
    buffer, layout = forecaster._context.buffer, forecaster.model_.layout
    found = []
    for junk in (0.0, 1e9, float("nan")):
        values = torch.where(buffer.observed, buffer.values, junk)
        other = replace(buffer, values=values)
        cuts = torch.tensor([1]), torch.tensor([N])
        windows = Windows(other, layout.context_length, layout.prediction_length, *cuts)
        batch = windows.batch(torch.arange(N))
        found.append((forecaster.model_.forecast(batch.x, mask=batch.mask), batch.y))
    for other in found[1:]:
        torch.testing.assert_close(other, found[0], rtol=0, atol=0)
    assert found[0][0].isfinite().all()


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_a_season_shows_through_gaps(share):
    y = wave(240)
    y[np.random.default_rng(0).random(240) < share] = np.nan
    assert detect_season(y) == 12


def test_gaps_in_dates_name_the_way_out(make):
    days = pd.date_range("2020-01-01", periods=40, freq="D").delete([7, 20])
    y = pd.Series(wave(38), index=days)
    with pytest.raises(ValueError, match=r"y\.asfreq\(\.\.\.\) .* missing values .* are fine"):
        make(freq="D").fit(y, fh=[1])
    assert np.isfinite(make().fit(y.asfreq("D"), fh=[1]).predict()).all()


def late(n_missing, column=0):
    """The frame, the last values of a column missing."""
    y = frame()
    y.iloc[N - n_missing :, column] = np.nan
    return y


@pytest.mark.parametrize("linear_base", [True, False])
def test_a_context_without_any_value_is_named(linear_base):
    settings = {"context_length": 12, "max_epochs": 1, "pretrained": None}
    forecaster = NLinearForecaster(linear_base=linear_base, random_state=0, **settings)
    message = r"y ends in 12 missing values in 'b', and forecasts look back over 12 points"
    with pytest.warns(UserWarning, match=message):
        forecaster.fit(late(12, column=1), fh=[1, 2, 3])
    assert np.isfinite(forecaster.predict()).all(axis=None)
    both = pd.concat({"p": frame(), "q": late(15)}, names=["series", "time"])
    with pytest.warns(UserWarning, match=r"15 missing values in 'a' of 'q', and"):
        forecaster.fit(both, fh=[1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forecaster.fit(late(11), fh=[1])
    nothing = frame().shift(3, freq="M").iloc[-3:] * np.nan
    with pytest.warns(UserWarning, match=r"y ends in 14 missing values in 'a'"):
        forecaster.update(nothing, update_params=False)


def test_trained_weights_look_further_back_than_the_context():
    forecaster = NLinearForecaster(context_length=12, max_epochs=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forecaster.fit(late(15).iloc[-40:], fh=[1])
    assert forecaster.weights_["net"].item() > 0
