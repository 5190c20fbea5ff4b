import importlib.util

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error
from sktime.forecasting.base import BaseForecaster
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.naive import NaiveForecaster
from sktime.performance_metrics.forecasting import (
    GeometricMeanAbsoluteError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanAbsoluteScaledError,
    MeanSquaredError,
)
from sktime.performance_metrics.forecasting.probabilistic import (
    CRPS,
    ConstraintViolation,
    EmpiricalCoverage,
    IntervalWidth,
    PinballLoss,
)
from sktime.split import ExpandingWindowSplitter, SlidingWindowSplitter

from skscale.evaluation import backtest
from skscale.forecasting import SigmaForecaster, _panel

from ..forecasting.conftest import panel, series, wave  # noqa: F401

SCORING = [
    MeanAbsoluteError(),
    MeanSquaredError(),
    MeanSquaredError(square_root=True),
    MeanAbsolutePercentageError(),
    MeanAbsolutePercentageError(symmetric=True),
    MeanAbsoluteScaledError(sp=2),
    GeometricMeanAbsoluteError(),
]


def small(**parameters):
    defaults = {"max_epochs": 2, "d_model": 4, "d_ff": 4, "random_state": 0}
    return SigmaForecaster(**{**defaults, **parameters})


def assert_equals_evaluate(forecaster, cv, y, X=None, scoring=None):
    """Metric by metric: sktime mixes up metrics of one name in one call."""
    for metric in scoring or SCORING:
        found = backtest(forecaster, y, cv, X, metric, return_data=True)
        expected = evaluate(
            forecaster,
            cv,
            y,
            X,
            strategy="no-update_params",
            scoring=metric,
            error_score="raise",
            return_data=True,
        )
        assert list(found.columns) == [c for c in expected.columns if c in found.columns]
        name = f"test_{metric.name}"
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5)
        assert list(found["cutoff"]) == list(expected["cutoff"])
        assert list(found["len_train_window"]) == list(expected["len_train_window"])
        for a, b in zip(found["y_pred"], expected["y_pred"], strict=True):
            np.testing.assert_allclose(a, np.asarray(b).reshape(a.shape), rtol=1e-5)


@pytest.mark.parametrize("splitter", [ExpandingWindowSplitter, SlidingWindowSplitter])
@pytest.mark.parametrize("fh", [[1, 2, 3], [2, 9]])
def test_equals_evaluate(series, splitter, fh):  # noqa: F811
    name = "initial_window" if splitter is ExpandingWindowSplitter else "window_length"
    cv = splitter(fh=fh, step_length=4, **{name: 36})
    assert_equals_evaluate(small(prediction_length=4), cv, series)


def test_equals_evaluate_with_channels_calendar_and_exogenous():
    index = pd.date_range("2020-01-01", periods=90, freq="D")
    y = pd.DataFrame({"a": wave(90), "b": 50 * wave(90, seed=1)}, index=index)
    X = pd.DataFrame({"x": wave(90, seed=2)}, index=index)
    cv = ExpandingWindowSplitter(fh=range(1, 8), step_length=9, initial_window=50)
    forecaster = small(time_features=True, prediction_length=5)
    assert_equals_evaluate(forecaster, cv, y, X, SCORING[:3])


def test_equals_evaluate_on_a_panel():
    frames = {name: pd.DataFrame({"y": wave(50, seed=i)}) for i, name in enumerate("abc")}
    y = pd.concat(frames, names=["instance", "time"])
    cv = ExpandingWindowSplitter(fh=[1, 2], step_length=5, initial_window=30)
    assert_equals_evaluate(small(), cv, y, scoring=SCORING[:2])


def test_equals_evaluate_on_series_of_unequal_length():
    times = pd.date_range("2020", periods=60, freq="D")
    spans = {"a": (15, 60), "b": (0, 60), "c": (10, 55)}
    frames = {
        name: pd.DataFrame({"y": wave(60, seed=i)[a:b]}, index=times[a:b])
        for i, (name, (a, b)) in enumerate(spans.items())
    }
    y = pd.concat(frames, names=["instance", "time"])
    cv = ExpandingWindowSplitter(fh=[1, 2], step_length=6, initial_window=25)
    sizes = {"context_length": 12, "prediction_length": 2}
    assert_equals_evaluate(small(**sizes), cv, y, scoring=SCORING[:1])


def test_equals_evaluate_with_exogenous_columns_and_gaps_in_the_horizon():
    x = np.random.default_rng(0).normal(size=80)
    X = pd.DataFrame({"x": x})
    y = pd.Series(wave(80) + 2 * x)
    cv = ExpandingWindowSplitter(fh=[2, 7, 11], step_length=6, initial_window=50)
    assert_equals_evaluate(small(prediction_length=1), cv, y, X, SCORING[:1])


def test_errors_by_step_and_scale(series):  # noqa: F811
    cv = ExpandingWindowSplitter(fh=range(1, 9), initial_window=40)
    result = backtest(small(), series, cv, detail=True, scoring=MeanAbsoluteError())
    error = result.forecasts - result.truth
    by_step = result.by_step()
    assert by_step.loc[3, "mae"] == pytest.approx(np.abs(error[:, 0, 2, 0]).mean())
    assert by_step["mae"].mean() == pytest.approx(result.scores["test_MeanAbsoluteError"].mean())
    coarse = result.by_scale((1, 4))
    expected = np.abs(error[:, 0, :, 0].reshape(-1, 2, 4).mean(axis=2)).mean()
    assert coarse.loc[4, "mae"] == pytest.approx(expected)
    with pytest.raises(ValueError, match="scale must be from 1 to 8 steps, got 9"):
        result.by_scale((9,))


PROBABILISTIC = [
    PinballLoss(),
    PinballLoss(alpha=[0.1, 0.5, 0.8]),
    PinballLoss(score_average=False),
    EmpiricalCoverage(coverage=[0.5, 0.9]),
    IntervalWidth(),
    ConstraintViolation(),
]


def test_quantiles_and_intervals_equal_those_of_evaluate():
    y = pd.DataFrame({"a": wave(60), "b": 2 * wave(60, seed=1)})
    cv = ExpandingWindowSplitter(fh=[1, 3, 9], initial_window=36, step_length=6)
    for metric in PROBABILISTIC:
        options = {"scoring": metric, "return_data": True}
        found = backtest(small(prediction_length=4), y, cv, **options)
        loop = {"strategy": "no-update_params", "error_score": "raise", **options}
        expected = evaluate(small(prediction_length=4), cv, y, **loop)
        assert list(found.columns) == list(expected.columns)
        forecasts = found.columns[-1]
        assert forecasts.startswith("y_pred_")
        for column in (f"test_{metric.name}", forecasts):
            for one, other in zip(found[column], expected[column], strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-5)


def test_quantiles_of_a_panel_equal_those_of_evaluate():
    frames = {name: pd.DataFrame({"y": wave(50, seed=i)}) for i, name in enumerate("ab")}
    y = pd.concat(frames, names=["instance", "time"])
    cv = ExpandingWindowSplitter(fh=[1, 2], step_length=9, initial_window=30)
    options = {"strategy": "no-update_params", "scoring": PinballLoss(), "error_score": "raise"}
    found = backtest(small(), y, cv, scoring=PinballLoss())
    expected = evaluate(small(), cv, y, **options)
    np.testing.assert_allclose(found["test_PinballLoss"], expected["test_PinballLoss"], rtol=1e-5)


def test_scores_of_intervals_do_not_depend_on_the_order_of_columns():
    y = pd.DataFrame({"b": wave(50), "a": 100 * wave(50, seed=1)})
    cv = ExpandingWindowSplitter(fh=[1, 2], step_length=5, initial_window=30)
    one, other = (
        backtest(small(), frame, cv, scoring=EmpiricalCoverage())["test_EmpiricalCoverage"]
        for frame in (y, y[["a", "b"]])
    )
    np.testing.assert_allclose(one, other)


def test_errors_by_cutoff_leave_out_missing_truths(series):  # noqa: F811
    y = series.copy()
    y.iloc[-3:] = np.nan
    cv = ExpandingWindowSplitter(fh=[1, 2], initial_window=54, step_length=2)
    found = backtest(small(), y, cv, detail=True)
    by_cutoff = found.by_cutoff()
    assert list(by_cutoff.index) == list(found.scores["cutoff"])
    first = np.abs(found.forecasts[0] - found.truth[0]).mean()
    middle = np.abs(found.forecasts[1, 0, 0] - found.truth[1, 0, 0]).mean()
    np.testing.assert_allclose(by_cutoff["mae"], [first, middle, np.nan])


def test_intervals_by_step(series):  # noqa: F811
    cv = ExpandingWindowSplitter(fh=range(1, 5), initial_window=40)
    metrics = [EmpiricalCoverage(coverage=0.8), PinballLoss(alpha=[0.1, 0.9]), MeanAbsoluteError()]
    found = backtest(small(), series, cv, scoring=metrics, detail=True)
    by_step = found.intervals_by_step(0.8)
    scores = found.scores.mean(numeric_only=True)
    assert by_step["coverage"].mean() == pytest.approx(scores["test_EmpiricalCoverage"])
    # The pinball loss of both ends is a quarter of one minus the coverage times the score.
    score = by_step["interval_score"].mean()
    assert score * (1 - 0.8) / 4 == pytest.approx(scores["test_PinballLoss"])
    with pytest.raises(ValueError, match=r"coverage=0\.5 needs the quantiles"):
        found.intervals_by_step(0.5)
    with pytest.raises(ValueError, match=r"coverage must be a number between 0 and 1.*got 80"):
        found.intervals_by_step(80)


def test_distributions(series, monkeypatch):  # noqa: F811
    """Normal ones, for which skpro must be there."""
    cv = ExpandingWindowSplitter(fh=[1, 2], initial_window=40, step_length=5)
    if importlib.util.find_spec("skpro") is None:
        monkeypatch.setattr(SigmaForecaster, "fit", None)  # refused before the fit
        with pytest.raises(ImportError, match="CRPS scores distributions, which need skpro"):
            backtest(small(), series, cv, scoring=CRPS())
        return
    options = {"strategy": "no-update_params", "scoring": CRPS(), "error_score": "raise"}
    found, expected = (
        backtest(small(), series, cv, scoring=CRPS()),
        evaluate(small(), cv, series, **options),
    )
    np.testing.assert_allclose(found["test_CRPS"], expected["test_CRPS"], rtol=1e-4)


def test_update_predict_takes_the_same_road(series):  # noqa: F811
    forecaster = small().fit(series[:40], fh=[1, 2])
    cv = ExpandingWindowSplitter(initial_window=2, step_length=3, fh=[1, 2])
    quick = forecaster.update_predict(series[40:], cv=cv, update_params=False)
    loop = BaseForecaster._predict_moving_cutoff(
        forecaster, series[40:].to_frame(), cv, None, update_params=False
    )
    assert quick.shape == loop.shape
    np.testing.assert_allclose(quick, loop, rtol=1e-5)
    assert list(quick.index) == list(loop.index)


def test_bad_input(series):  # noqa: F811
    cv = ExpandingWindowSplitter(fh=[1], initial_window=40)
    with pytest.raises(TypeError, match="NaiveForecaster"):
        backtest(NaiveForecaster(), series, cv)
    with pytest.raises(ValueError, match="incompatible with the length"):
        backtest(small(), series, ExpandingWindowSplitter(fh=[1], initial_window=100))
    with pytest.raises(ValueError, match="behind the cut-off"):
        backtest(small(), series, ExpandingWindowSplitter(fh=[-1], initial_window=40))


@pytest.mark.parametrize("what", ["y", "cv"])
@pytest.mark.parametrize("value", [None, 5, "text"])
def test_what_is_no_series_or_splitter_is_refused_before_the_fit(what, value, monkeypatch):
    monkeypatch.setattr(SigmaForecaster, "fit", None)
    given = {"y": pd.Series(wave(40)), "cv": ExpandingWindowSplitter(fh=[1], initial_window=30)}
    with pytest.raises(TypeError, match=f"^{what} must be a .* got "):
        backtest(small(), **{**given, what: value})


def test_the_former_place_of_backtest():
    from skscale import backtest as former

    assert former.backtest is backtest


def test_mase_without_a_seasonal_step_is_no_number():
    y = pd.Series(np.sin(np.arange(60) / 3) + 5)
    cv = SlidingWindowSplitter(fh=[1], window_length=8, step_length=8)
    forecaster = SigmaForecaster(max_epochs=1, context_length=6, steps_per_epoch=2, random_state=0)
    scores = backtest(forecaster, y, cv, scoring=MeanAbsoluteScaledError(sp=12))
    assert scores["test_MeanAbsoluteScaledError"].isna().all()


def test_some_series_at_a_time_and_float32_give_the_same_scores(monkeypatch, panel):  # noqa: F811
    y = panel.drop("r").astype(np.float32)
    cv = ExpandingWindowSplitter(fh=[1, 2], initial_window=24, step_length=3)
    forecaster = small(context_length=6)
    expected = backtest(forecaster, y.astype(np.float64), cv, scoring=SCORING)
    monkeypatch.setattr(_panel, "_POINTS_AT_ONCE", 1)
    found = backtest(forecaster, y, cv, scoring=SCORING)
    names = [name for name in found if name.startswith("test_")]
    pd.testing.assert_frame_equal(found[names], expected[names], rtol=1e-6)


def test_infinite_values_after_the_first_window_are_named():
    y = pd.Series(np.sin(np.arange(60) / 3) + 5)
    y[50] = np.inf
    with pytest.raises(ValueError, match="holds inf at 50"):
        backtest(SigmaForecaster(), y, ExpandingWindowSplitter([1], 20, 5))


def test_metrics_as_in_evaluate():
    y = pd.DataFrame({"a": wave(40), "b": 2 * wave(40)})
    cv = ExpandingWindowSplitter(fh=[1, 2], initial_window=30, step_length=4)
    scoring = [mean_absolute_error, MeanAbsoluteError(multioutput="raw_values")]
    for metric in scoring:
        found = backtest(small(), y, cv, scoring=metric)
        options = {"strategy": "no-update_params", "scoring": metric, "error_score": "raise"}
        expected = evaluate(small(), cv, y, **options)
        assert list(found.columns) == list(expected.columns)
        for one, other in zip(found.iloc[:, 0], expected.iloc[:, 0], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5)


def test_metrics_of_one_name_get_columns_of_their_own():
    cv = ExpandingWindowSplitter(fh=[1, 2], initial_window=30, step_length=4)
    scoring = [MeanSquaredError(), MeanSquaredError(square_root=True)]
    found = backtest(small(), pd.Series(wave(40)), cv, scoring=scoring)
    np.testing.assert_allclose(
        found["test_MeanSquaredError_2"], np.sqrt(found["test_MeanSquaredError"])
    )


@pytest.mark.parametrize("scoring", ["mae", MeanAbsoluteError, 3])
def test_what_is_no_metric_for_points_is_refused_before_the_fit(scoring, monkeypatch):
    monkeypatch.setattr(SigmaForecaster, "fit", None)
    cv = ExpandingWindowSplitter(fh=[1, 2], initial_window=30, step_length=4)
    with pytest.raises(TypeError, match="scoring"):
        backtest(small(), pd.Series(wave(40)), cv, scoring=scoring)


def test_rows_before_the_first_window_are_not_seen():
    from sktime.split import SingleWindowSplitter

    y = pd.Series(wave(140))
    cv = SingleWindowSplitter(fh=[1, 2, 3], window_length=60)
    options = {"strategy": "no-update_params", "return_data": True, "error_score": "raise"}
    expected = evaluate(SigmaForecaster(random_state=0), cv, y, **options)["y_pred"].iloc[0]
    for factor in (0.0, 10.0):
        other = y.copy()
        other.iloc[:77] *= factor
        found = backtest(SigmaForecaster(random_state=0), other, cv, return_data=True)["y_pred"]
        np.testing.assert_allclose(np.ravel(found.iloc[0]), expected, rtol=1e-5)
