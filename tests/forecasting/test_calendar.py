"""What times tell by themselves: cyclic terms and holidays."""

import sys

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.model_evaluation import evaluate
from sktime.split import ExpandingWindowSplitter

from skscale.evaluation import backtest
from skscale.forecasting import DLinearForecaster
from skscale.forecasting import _calendar as calendar
from skscale.forecasting._calendar import Calendar, cyclic_features
from skscale.forecasting._panel import Panel
from skscale.forecasting._time import TimeStep

from .conftest import wave

DAYS = pd.date_range("2021-01-01", periods=800, freq="D")
# Nationwide in Germany in 2021 to early 2023; Easter Sunday and Whit Sunday are none.
FEASTS = pd.DatetimeIndex(
    [
        *("2021-01-01", "2021-04-02", "2021-04-05", "2021-05-01", "2021-05-13", "2021-05-24"),
        *("2021-10-03", "2021-12-25", "2021-12-26"),
        *("2022-01-01", "2022-04-15", "2022-04-18", "2022-05-01", "2022-05-26", "2022-06-06"),
        *("2022-10-03", "2022-12-25", "2022-12-26", "2023-01-01"),
    ]
)
FREE = DAYS.isin(FEASTS)
Y = pd.Series(10 + wave(800, 7) - 6 * FREE, DAYS, name="y")


def quick(**parameters):
    defaults = {"max_epochs": 1, "random_state": 0, "pretrained": None, "context_length": 14}
    return DLinearForecaster(**{**defaults, **parameters})


def kinds(y, *names):
    return Calendar.of(list(names), Panel.from_frames(y.to_frame()))


@pytest.mark.parametrize(
    ("freq", "cycles"),
    [
        *(("min", 3), ("h", 3), ("12h", 3), ("D", 2), ("B", 2), ("3D", 2), ("W", 1), ("MS", 1)),
        *(("QS", 1), ("YS", 0)),
    ],
)
def test_cycles_are_those_that_the_step_can_tell(freq, cycles):
    times = pd.date_range("2023-01-01", periods=20, freq=freq)
    found = cyclic_features(times, TimeStep.of(times, np.array([0, 20])))
    assert found.shape == (20, 2 * cycles)
    np.testing.assert_allclose(found[:, ::2] ** 2 + found[:, 1::2] ** 2, 1)


def test_cyclic_terms_at_known_times():
    """Noon on the first Thursday, half a year on, in years of both lengths."""
    step = TimeStep(pd.offsets.Hour())
    noon = pd.DatetimeIndex(["2024-01-01 12:00", "2024-07-02", "2023-07-02 12:00"])
    day, week, year = np.split(cyclic_features(noon, step), 3, axis=1)
    np.testing.assert_allclose(day, [[0, -1], [0, 1], [0, -1]], atol=1e-12)
    np.testing.assert_allclose(
        week[0], [np.sin(2 * np.pi / 14), np.cos(2 * np.pi / 14)], atol=1e-12
    )
    np.testing.assert_allclose(year[1:], [[0, -1], [0, -1]], atol=1e-12)


def test_cyclic_terms_go_by_the_clock_on_the_wall():
    naive = pd.date_range("2024-03-30", periods=60, freq="h").delete(26)
    step = TimeStep(pd.offsets.Hour())
    aware = naive.tz_localize("Europe/Berlin")
    np.testing.assert_array_equal(cyclic_features(aware, step), cyclic_features(naive, step))


def test_the_last_hour_of_a_year_stands_beside_the_first():
    hours = pd.date_range("2023-12-31 23:00", periods=2, freq="h")
    before, after = cyclic_features(hours, TimeStep(pd.offsets.Hour()))
    assert np.abs(before[4:] - after[4:]).max() < 0.001


@pytest.mark.parametrize("times", [DAYS, DAYS.to_period("D"), DAYS.tz_localize("Europe/Berlin")])
def test_holidays_of_a_country(times):
    found = kinds(pd.Series(0.0, times), "holidays:DE").holidays(times)
    np.testing.assert_array_equal(found[:, 0], FREE)


def test_holidays_of_a_part_of_a_country_and_of_a_market():
    times = pd.DatetimeIndex(["2024-01-06", "2024-07-04", "2024-11-28"])
    step = TimeStep(pd.offsets.Hour())
    found = Calendar(step, ("holidays:DE", "holidays:DE-BY", "holidays:NYSE")).holidays(times)
    np.testing.assert_array_equal(found, [[0, 1, 0], [0, 0, 1], [0, 0, 1]])


def test_a_holiday_lasts_all_day():
    hours = pd.date_range("2023-12-25", periods=72, freq="h", tz="Europe/Berlin")
    found = kinds(pd.Series(0.0, hours), "holidays:DE").holidays(hours)
    np.testing.assert_array_equal(found[:, 0], np.arange(72) < 48)


def test_forecasts_follow_holidays_without_being_given_any(make):
    ahead = range(1, 61)
    forecaster = make(time_features=["holidays:DE"], max_epochs=1)
    forecaster.fit(Y[:690], fh=range(1, 15))
    assert forecaster.model_.effects.known.item() == pytest.approx(-6, abs=0.3)
    found = forecaster.predict(ahead)
    feasts = FREE[690:750]
    assert feasts.sum() == 3
    errors = (found - Y[690:750]).abs()
    assert errors[feasts].max() < 1


def test_holidays_beside_columns_of_x():
    """They come first and are never unknown, also at steps that X leaves out."""
    X = pd.DataFrame({"x": np.random.default_rng(0).normal(size=800)}, DAYS)
    y = Y + 3 * X["x"]
    cut = 719  # Christmas is 6 and 7 steps ahead
    forecaster = quick(time_features=["holidays:DE", "cyclic"]).fit(y[:cut], X=X[:cut], fh=[1, 8])
    assert forecaster.model_.columns.sizes == {
        **{"exogenous": 2, "calendar": 4, "static": 0, "past": 0}
    }
    np.testing.assert_allclose(forecaster.model_.effects.known[0, :, 0], [-6, 3], atol=0.3)
    fh = [5, 6, 7]
    rows = X.iloc[[cut + 4, cut + 5, cut + 6]]
    steps = forecaster.predict(fh, X=rows).diff()
    assert DAYS[cut + 5] == pd.Timestamp("2022-12-26")
    assert steps.iloc[1] - 3 * rows["x"].diff().iloc[1] == pytest.approx(0, abs=2)


@pytest.mark.parametrize("with_x", [False, True])
def test_backtest_with_holidays_equals_evaluate(make, with_x):
    X = pd.DataFrame({"x": np.random.default_rng(0).normal(size=800)}, DAYS) if with_x else None
    cv = ExpandingWindowSplitter(fh=[1, 2, 5], initial_window=712, step_length=6)
    y = Y[:735].to_frame()
    X = None if X is None else X[:735]
    settings = {"time_features": ["holidays:DE", "cyclic"], "max_epochs": 1}
    settings |= {"prediction_length": 2, "context_length": 14}
    options = {"strategy": "no-update_params", "return_data": True, "error_score": "raise"}
    looped = evaluate(make(**settings), cv, y, X, **options)["y_pred"]
    batched = backtest(make(**settings), y, cv, X, return_data=True)["y_pred"]
    assert FREE[712:735].any()
    for one, other in zip(looped, batched, strict=True):
        pd.testing.assert_frame_equal(one, other, rtol=1e-4)


def test_names_in_a_list_are_what_true_and_false_are():
    def forecast(time_features):
        forecaster = quick(time_features=time_features, linear_base=False)
        return forecaster.fit(Y[:100], fh=[1, 2]).model_.columns.sizes["calendar"]

    assert forecast(["calendar"]) == forecast(True) == 3
    assert forecast([]) == forecast("auto") == forecast(False) == 0
    assert forecast(("cyclic", "calendar")) == 7


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["holidays"], 'a list of "calendar", "cyclic" and "holidays:<place>"'),
        ("holidays:DE", "True, False"),
        (["weekday"], r"got \['weekday'\]"),
        (["holidays:XX"], "'holidays:XX': Country XX not available"),
        (["holidays:DE-XX"], "'holidays:DE-XX': .* does not have subdivision XX"),
        (["holidays:"], "'holidays:'"),
    ],
)
def test_wrong_names_are_named(wrong, message):
    with pytest.raises(ValueError, match=f"time_features must .*{message}"):
        quick(time_features=wrong).fit(Y[:100], fh=[1])


def test_holidays_need_dates_of_days_or_less():
    months = pd.Series(wave(60), pd.period_range("2020-01", periods=60, freq="M"))
    with pytest.raises(ValueError, match=r"must not name holidays for steps of .*Month"):
        quick(time_features=["holidays:DE"]).fit(months, fh=[1])
    with pytest.raises(ValueError, match=r"needs dates, but the index of y holds integers"):
        quick(time_features=["cyclic"]).fit(months.reset_index(drop=True), fh=[1])


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    calendar._holidays_in.cache_clear()
    with pytest.raises(ImportError, match=r"pip install 'skscale\[holidays\]'"):
        quick(time_features=["holidays:DE"]).fit(Y[:100], fh=[1])
