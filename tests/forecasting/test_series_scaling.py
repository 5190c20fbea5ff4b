"""The sktime transformer: indices, containers, pipelines, refusals."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.compose import ForecastingPipeline, TransformedTargetForecaster
from sktime.forecasting.naive import NaiveForecaster
from sktime.utils.estimator_checks import parametrize_with_checks

from skscale.forecasting import SeriesScaling, SigmaForecaster
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


TRAILING = [
    MovingAverage(7),
    MovingAverage(7, edges="reflect"),
    MovingAverage(7, edges="replicate"),
    ContinuousScale(MovingAverage(edges="reflect"), 6.5),
]
KEEPING = [*TRAILING, DiscreteGaussian(2.0, edges="reflect"), MovingAverage(3, window="centred")]


def temperatures(n=60):
    noise = np.random.default_rng(0).normal(0, 2, n)
    days = pd.date_range("2023-01-01", periods=n, freq="D")
    return pd.DataFrame({"temp": 10 + 8 * np.sin(np.arange(n) / 20) + noise}, index=days)


@pytest.mark.parametrize("operator", TRAILING, ids=str)
@pytest.mark.parametrize("size", [1, 3, 20])
def test_a_trailing_window_sees_what_stands_before_the_rows(operator, size):
    X = temperatures()
    whole = SeriesScaling(operator).fit_transform(X)
    scaling = SeriesScaling(operator).fit(X[:30])
    pd.testing.assert_frame_equal(scaling.transform(X[30 : 30 + size]), whole[30 : 30 + size])
    pd.testing.assert_frame_equal(scaling.transform(X[25 : 30 + size]), whole[25 : 30 + size])
    for update_params in (True, False):
        updated = SeriesScaling(operator).fit(X[:30])
        updated.update(X[30:32], update_params=update_params).update(X[32:34])
        found = updated.transform(X[34 : 34 + size])
        pd.testing.assert_frame_equal(found, whole[34 : 34 + size])


def test_the_mean_of_the_last_seven_days_in_numbers():
    y = pd.Series(np.arange(1.0, 11.0))
    scaling = SeriesScaling(MovingAverage(7)).fit(y[:9])
    assert scaling.transform(y[9:]).item() == pytest.approx((4 + 5 + 6 + 7 + 8 + 9 + 10) / 7)


@pytest.mark.parametrize("operator", KEEPING, ids=str)
@pytest.mark.parametrize("rows", [slice(0, 5), slice(20, 28), slice(39, 40), slice(0, 40)])
def test_part_of_what_fit_has_seen_is_transformed_as_the_whole(operator, rows):
    X = temperatures(40)
    scaling = SeriesScaling(operator)
    whole = scaling.fit_transform(X)
    pd.testing.assert_frame_equal(scaling.transform(X[rows]), whole[rows])


def test_another_series_of_the_same_times_is_transformed_alone():
    X = temperatures(40)
    scaling = SeriesScaling(DiscreteGaussian(2.0, edges="reflect")).fit(X)
    expected = SeriesScaling(DiscreteGaussian(2.0, edges="reflect")).fit_transform(-X[:20])
    pd.testing.assert_frame_equal(scaling.transform(-X[:20]), expected)


def test_every_series_of_a_panel_keeps_its_own_past():
    X = temperatures()
    panel = pd.concat({"b": X, "a": -3 * X}, names=["id", "time"])
    first, rest = (panel.loc[panel.index.get_level_values(1) <= X.index[i]] for i in (29, 59))
    rest = rest.drop(first.index)
    whole = SeriesScaling(MovingAverage(7)).fit_transform(panel)
    scaling = SeriesScaling(MovingAverage(7)).fit(first)
    pd.testing.assert_frame_equal(scaling.transform(rest), whole.loc[rest.index], check_like=True)
    later = rest.groupby(level=0).tail(3)
    scaling.update(rest.drop(later.index), update_params=False)
    found = scaling.transform(later)
    pd.testing.assert_frame_equal(found, whole.loc[later.index], check_like=True)


@pytest.mark.parametrize("horizon", [3, 14])
def test_exogenous_columns_in_a_pipeline_are_smoothed_with_their_past(horizon):
    X = temperatures(100 + horizon)
    y = 30 + 2 * X["temp"].rolling(7, min_periods=1).mean()
    fh = range(1, horizon + 1)
    forecaster = SigmaForecaster(d_model=4, d_ff=4, max_epochs=2, random_state=0)
    operator = MovingAverage(7, edges="reflect")
    smooth = SeriesScaling(operator).fit_transform(X)
    expected = forecaster.clone().fit(y[:100], X=smooth[:100], fh=fh).predict(X=smooth[100:])
    pipe = ForecastingPipeline([SeriesScaling(operator), forecaster])
    found = pipe.fit(y[:100], X=X[:100], fh=fh).predict(X=X[100:])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_update_of_a_pipeline_with_fewer_rows_than_the_window():
    y = pd.Series(np.arange(40.0), index=pd.date_range("2024", periods=40, freq="D"))
    pipe = pipeline(MovingAverage(7, edges="reflect")).fit(y[:30], fh=[1])
    pipe.update(y[30:32], update_params=False)
    assert pipe.predict().index[0] == y.index[32]


def test_rows_that_do_not_fit_those_seen_are_refused():
    X = temperatures(40).assign(wind=1.0)
    scaling = SeriesScaling(MovingAverage(7)).fit(X[:30])
    pd.testing.assert_frame_equal(
        scaling.transform(X[["wind", "temp"]][30:]), scaling.transform(X[30:])[["wind", "temp"]]
    )
    for method in (scaling.transform, scaling.update):
        with pytest.raises(ValueError, match=r"X has the columns \['temp'\], but .* 'wind'\]"):
            method(X[["temp"]][30:])
        with pytest.raises(ValueError, match="X has an index of int64, but the rows seen before"):
            method(X[30:].reset_index(drop=True))
