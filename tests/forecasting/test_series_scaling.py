"""The sktime transformer: indices, containers, pipelines, refusals."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.compose import TransformedTargetForecaster
from sktime.forecasting.naive import NaiveForecaster
from sktime.utils.estimator_checks import parametrize_with_checks

from skscale.forecasting import SeriesScaling
from skscale.operators import (
    AveragePooling,
    ContinuousScale,
    DiscreteGaussian,
    MovingAverage,
    MultiScale,
    Segmentation,
    Subsampling,
    WaveletApproximation,
)


@pytest.mark.slow
@parametrize_with_checks(SeriesScaling)
def test_sktime_checks(obj, test_name):
    from sktime.utils.estimator_checks import check_estimator

    check_estimator(obj, tests_to_run=test_name, raise_exceptions=True, verbose=False)


INDICES = [
    (
        pd.date_range("2024-01-01", periods=10, freq="h"),
        pd.date_range("2024-01-01", periods=3, freq="3h"),
    ),
    (
        pd.date_range("2024-01-01", periods=10, freq="MS"),
        pd.date_range("2024-01-01", periods=3, freq="3MS"),
    ),
    (
        pd.period_range("2024-01", periods=10, freq="M"),
        pd.PeriodIndex(["2024-01", "2024-04", "2024-07"], freq="3M"),
    ),
    (pd.RangeIndex(5, 15), pd.RangeIndex(5, 14, 3)),
    (pd.Index([1, 2, 3, 4, 5, 6, 7, 8, 9, 11]), pd.Index([1, 4, 7])),
    (
        pd.timedelta_range("1h", periods=10, freq="h"),
        pd.timedelta_range("1h", periods=3, freq="3h"),
    ),
]


@pytest.mark.parametrize(("index", "expected"), INDICES, ids=lambda i: type(i).__name__)
def test_the_coarse_series_has_the_coarse_index(index, expected):
    y = pd.Series(np.arange(10.0), index=index)
    scaling = SeriesScaling(AveragePooling(3))
    coarse = scaling.fit_transform(y)
    pd.testing.assert_index_equal(coarse.index, expected)
    assert coarse.tolist() == [1.0, 4.0, 7.0]
    full = scaling.inverse_transform(coarse)
    pd.testing.assert_index_equal(full.index, index)
    assert full.tolist() == [1, 1, 1, 4, 4, 4, 7, 7, 7, 7]


@pytest.mark.parametrize(
    ("operator", "positions"),
    [
        (Subsampling(3, align="end"), [3, 6, 9]),
        (AveragePooling(3, align="end"), [1, 4, 7]),
        (Segmentation(3, align="end"), [7, 8, 9]),
        (WaveletApproximation(2), [0, 4]),
        (ContinuousScale(AveragePooling(), 2.5), [0, 3, 6]),
        (MovingAverage(3), range(10)),
        (DiscreteGaussian(2.0), range(10)),
    ],
    ids=str,
)
def test_coarse_points_carry_the_start_of_their_block(operator, positions):
    index = pd.date_range("2024-01-01", periods=10, freq="D")
    coarse = SeriesScaling(operator).fit_transform(pd.Series(np.arange(10.0), index=index))
    assert list(coarse.index) == list(index[list(positions)])


def test_a_block_filled_up_in_front_starts_before_the_series():
    index = pd.date_range("2024-01-01", periods=10, freq="D")
    operator = AveragePooling(3, remainder="renormalise", align="end")
    coarse = SeriesScaling(operator).fit_transform(pd.Series(np.arange(10.0), index=index))
    expected = pd.date_range("2023-12-30", periods=4, freq="3D")
    pd.testing.assert_index_equal(coarse.index, expected)
    assert coarse.tolist() == [0.0, 2.0, 5.0, 8.0]


def test_panels_and_hierarchies_are_scaled_series_by_series():
    days = pd.date_range("2024-01-01", periods=8, freq="D")
    index = pd.MultiIndex.from_product([["north", "south"], ["a", "b"], days])
    frame = pd.DataFrame({"x": np.arange(32.0), "z": -np.arange(32.0)}, index=index)
    coarse = SeriesScaling(AveragePooling(4)).fit_transform(frame)
    assert coarse.shape == (8, 2)
    assert coarse["x"].tolist() == [1.5 + 4 * k for k in range(8)]
    assert coarse.loc["south", "b"].index.tolist() == [days[0], days[4]]
    panel = SeriesScaling(AveragePooling(4)).fit_transform(frame.loc["north"])
    assert panel["z"].tolist() == [-1.5 - 4 * k for k in range(4)]


def test_float32_stays_and_missing_values_may_be_left_out():
    y = pd.DataFrame({"x": np.array([1, np.nan, 3, 5], dtype=np.float32)})
    coarse = SeriesScaling(AveragePooling(2, missing="ignore")).fit_transform(y)
    assert coarse["x"].dtype == np.float32
    assert coarse["x"].tolist() == [1.0, 4.0]
    with pytest.raises(ValueError, match=r"missing|NaN"):
        SeriesScaling(AveragePooling(2)).fit_transform(y)


def test_forecastability_chooses_a_scale_for_every_series():
    y = pd.Series(np.sin(np.arange(200) / 7) + np.random.default_rng(0).normal(size=200))
    scaling = SeriesScaling(DiscreteGaussian("forecastability", max_scale=5)).fit(y)
    assert 0 < scaling.scale_ <= 5
    assert len(scaling.transform(y)) == 200


pytestmark = pytest.mark.filterwarnings("ignore:The default of config:FutureWarning")


def pipeline(operator):
    steps = [("scaling", SeriesScaling(operator)), ("forecast", NaiveForecaster("mean"))]
    return TransformedTargetForecaster(steps)


HOURS = pd.date_range("2024-01-01", periods=24, freq="h")


@pytest.mark.parametrize(
    "operator",
    [
        MovingAverage(4, edges="reflect"),
        DiscreteGaussian(2.0, edges="reflect"),
        ContinuousScale(AveragePooling(), 2.5, grid="full"),
    ],
    ids=str,
)
def test_operators_that_keep_the_length_work_in_forecasting_pipelines(operator):
    y = pd.Series(np.arange(24.0), index=HOURS)
    forecast = pipeline(operator).fit(y, fh=[1, 2, 3]).predict()
    expected = pd.date_range("2024-01-02", periods=3, freq="h")
    assert list(forecast.index) == list(expected)


@pytest.mark.parametrize("operator", [MovingAverage(4), DiscreteGaussian(2.0)], ids=str)
def test_ends_that_are_pulled_to_zero_are_warned_of_in_a_forecaster(operator):
    y = pd.Series(np.arange(24.0), index=HOURS)
    with pytest.warns(UserWarning, match="edges='zero' pulls the end of y towards zero"):
        pipeline(operator).fit(y, fh=[1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SeriesScaling(operator).fit_transform(y)


@pytest.mark.parametrize("operator", [AveragePooling(4), Subsampling(2), WaveletApproximation(1)])
def test_operators_that_shorten_refuse_to_be_fitted_in_a_forecaster(operator):
    y = pd.Series(np.arange(24.0), index=HOURS)
    with pytest.raises(ValueError, match="forecasts made from its output"):
        pipeline(operator).fit(y, fh=[1, 2, 3])


def test_other_coarse_points_are_not_inverted():
    y = pd.Series(np.arange(24.0), index=HOURS)
    scaling = SeriesScaling(AveragePooling(4)).fit(y)
    later = pd.Series([1.0, 2.0], index=pd.date_range("2024-01-02", periods=2, freq="4h"))
    with pytest.raises(ValueError, match="have no fine time stamps to go back to"):
        scaling.inverse_transform(later)


@pytest.mark.parametrize("operator", [AveragePooling, "average", MultiScale()])
def test_operator_must_be_a_scaling_operator(operator):
    with pytest.raises(TypeError, match="operator must be a scaling operator such as"):
        SeriesScaling(operator).fit(pd.Series(np.arange(8.0)))
