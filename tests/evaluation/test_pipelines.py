"""`backtest` through sktime's pipelines, and with more than one fit, against sktime's loop."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler
from sktime.forecasting.compose import ForecastingPipeline, TransformedTargetForecaster
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.naive import NaiveForecaster
from sktime.performance_metrics.forecasting import MeanAbsoluteError
from sktime.performance_metrics.forecasting.probabilistic import PinballLoss
from sktime.split import ExpandingWindowSplitter, SlidingWindowSplitter
from sktime.transformations.series.adapt import TabularToSeriesAdaptor
from sktime.transformations.series.boxcox import LogTransformer
from sktime.transformations.series.detrend import Deseasonalizer, Detrender
from sktime.transformations.series.difference import Differencer
from sktime.transformations.series.func_transform import FunctionTransformer
from sktime.transformations.series.summarize import WindowSummarizer

from skscale.evaluation import backtest
from skscale.forecasting import SigmaForecaster

from ..forecasting.conftest import panel, series, wave  # noqa: F401

pytestmark = pytest.mark.filterwarnings("ignore:The default of config:FutureWarning")


def small(**parameters):
    settings = {"max_epochs": 2, "context_length": 12, "random_state": 0, "pretrained": None}
    return SigmaForecaster(**{**settings, **parameters})


def on_target(*transformers):
    return TransformedTargetForecaster([*transformers, small()])


def assert_equals_evaluate(forecaster, cv, y, X=None, metric=None, refit=None, strategy=None):
    options = {"scoring": metric or MeanAbsoluteError()}
    found = backtest(forecaster, y, cv, X, refit=refit, **options)
    loop = {"strategy": strategy or "no-update_params", "error_score": "raise"}
    expected = evaluate(forecaster, cv, y, X, **loop, **options)
    assert list(found["cutoff"]) == list(expected["cutoff"])
    np.testing.assert_allclose(found.iloc[:, 0], expected.iloc[:, 0], rtol=1e-5)


@pytest.mark.parametrize(
    "transformers",
    [
        [LogTransformer()],
        [LogTransformer(), Detrender()],
        [Deseasonalizer(sp=12)],
        [Differencer()],
        [LogTransformer(), Differencer(lags=12)],
    ],
    ids=str,
)
@pytest.mark.parametrize("metric", [MeanAbsoluteError(), PinballLoss(alpha=[0.1, 0.9])], ids=repr)
def test_transformed_targets_equal_evaluate(series, transformers, metric):  # noqa: F811
    cv = ExpandingWindowSplitter(fh=[1, 2, 5], initial_window=40, step_length=5)
    assert_equals_evaluate(on_target(*transformers), cv, series, metric=metric)


def test_a_transformed_panel_equals_evaluate():
    frames = {name: pd.DataFrame({"y": wave(50, seed=i)}) for i, name in enumerate("ba")}
    y = pd.concat(frames, names=["instance", "time"])
    cv = ExpandingWindowSplitter(fh=[1, 2], step_length=9, initial_window=30)
    assert_equals_evaluate(on_target(LogTransformer()), cv, y)


@pytest.mark.parametrize("nested", [False, True])
def test_pipelines_of_columns_equal_evaluate(nested):
    x = np.random.default_rng(0).normal(size=60)
    X, y = pd.DataFrame({"x": 3 * x}), pd.Series(wave(60) + x)
    forecaster = ForecastingPipeline([TabularToSeriesAdaptor(StandardScaler()), small()])
    if nested:
        forecaster = TransformedTargetForecaster([LogTransformer(), forecaster])
    cv = SlidingWindowSplitter(fh=[1, 2, 3], step_length=6, window_length=40)
    assert_equals_evaluate(forecaster, cv, y, X)


def test_fitted_anew_at_every_cutoff_equals_evaluate(series):  # noqa: F811
    cv = ExpandingWindowSplitter(fh=[1, 2], step_length=6, initial_window=36)
    assert_equals_evaluate(small(), cv, series, refit=1, strategy="refit")
    assert_equals_evaluate(on_target(LogTransformer()), cv, series, refit=1, strategy="refit")


def test_fitted_anew_at_every_second_cutoff(series):  # noqa: F811
    """Each pair of cut-offs is what a backtest of these two alone finds."""
    whole = ExpandingWindowSplitter(fh=[1, 2], step_length=6, initial_window=36)
    found = backtest(small(), series, whole, refit=2)
    assert (found["fit_time"] > 0).tolist() == [True, False, True, False]
    for first, size in ((0, 36), (2, 48)):
        cv = ExpandingWindowSplitter(fh=[1, 2], step_length=6, initial_window=size)
        alone = backtest(small(), series, cv)[:2]
        pair = found[first : first + 2]
        np.testing.assert_allclose(pair.iloc[:, 0], alone.iloc[:, 0], rtol=1e-9)


def ahead(values):
    """A mean of what lies around."""
    return values.rolling(3, center=True, min_periods=1).mean()


def test_a_transformer_that_looks_ahead_is_refused(series):  # noqa: F811
    cv = ExpandingWindowSplitter(fh=[1, 2], step_length=6, initial_window=36)
    smooth = FunctionTransformer(ahead, ahead, check_inverse=False)
    with pytest.raises(ValueError, match="FunctionTransformer must treat every row by itself"):
        backtest(on_target(smooth), series, cv)


def test_what_does_not_go_through_batched_passes_is_named(series, monkeypatch):  # noqa: F811
    cv = ExpandingWindowSplitter(fh=[1, 2], step_length=6, initial_window=36)
    monkeypatch.setattr(SigmaForecaster, "fit", None)
    naive = TransformedTargetForecaster([LogTransformer(), NaiveForecaster()])
    with pytest.raises(TypeError, match="got NaiveForecaster"):
        backtest(naive, series, cv)
    behind = TransformedTargetForecaster([small(), LogTransformer()])
    with pytest.raises(ValueError, match=r"no steps behind the forecaster, got \['LogTransformer'"):
        backtest(behind, series, cv)
    for refit in (0, 1.5, True, "all"):
        with pytest.raises(ValueError, match="refit must be an integer from 1"):
            backtest(small(), series, cv, refit=refit)


def test_columns_made_of_earlier_rows_equal_evaluate():
    y = pd.Series(wave(60))
    X = pd.DataFrame({"x": wave(60, seed=1)})
    lags = WindowSummarizer(lag_feature={"lag": [1]}, truncate="bfill")
    cv = ExpandingWindowSplitter(fh=[1, 2], step_length=6, initial_window=36)
    assert_equals_evaluate(ForecastingPipeline([lags, small()]), cv, y, X)


def test_a_pipeline_of_columns_needs_columns(series):  # noqa: F811
    cv = ExpandingWindowSplitter(fh=[1, 2], step_length=6, initial_window=36)
    forecaster = ForecastingPipeline([TabularToSeriesAdaptor(StandardScaler()), small()])
    assert_equals_evaluate(forecaster, cv, series)
