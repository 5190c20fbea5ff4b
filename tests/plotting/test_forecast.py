from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from sktime.exceptions import NotFittedError
from sktime.forecasting.naive import NaiveForecaster

from skscale import SigmaForecaster
from skscale.plotting import ForecastDisplay
from skscale.plotting._forecast import _seen

from .series import fitted, hierarchy, lines, wave


def test_lines_and_bands_are_history_forecast_and_intervals():
    forecaster = fitted()
    display = ForecastDisplay.from_estimator(forecaster, coverage=[0.5, 0.9])
    assert display.plot(n_last=20) is display
    found = lines(display.ax_)
    assert list(found) == ["observed", "SigmaForecaster"]
    np.testing.assert_allclose(found["observed"].get_ydata(), wave().iloc[-20:])
    np.testing.assert_allclose(found["SigmaForecaster"].get_ydata(), forecaster.predict())
    times = forecaster.predict().index.to_timestamp()
    assert list(pd.DatetimeIndex(found["SigmaForecaster"].get_xdata())) == list(times)
    wide, narrow = display.ax_.collections
    assert (wide.get_label(), narrow.get_label()) == ("90 % interval", "50 % interval")
    ends = forecaster.predict_interval(coverage=0.9).to_numpy()
    height = wide.get_paths()[0].vertices[:, 1]
    np.testing.assert_allclose([height.min(), height.max()], [ends.min(), ends.max()])
    assert display.ax_.get_ylabel() == "sales"
    assert display.figure_ is display.ax_.figure


def test_several_forecasters_beside_what_came():
    y = wave(66)
    naive = NaiveForecaster(sp=12)
    named = {"ours": fitted(), "naive": naive.fit(y.iloc[:60], fh=range(1, 7))}
    display = ForecastDisplay.from_estimator(named, y=y).plot()
    found = lines(display.ax_)
    assert list(found) == ["observed", "ours", "naive"]
    assert len(found["observed"].get_ydata()) == 66
    assert found["ours"].get_color() != found["naive"].get_color()
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert "ours, 80 % interval" in labels


def test_a_panel_has_small_axes_up_to_a_limit():
    y = hierarchy()
    last = y.groupby(level=[0, 1]).tail(3)
    display = ForecastDisplay.from_predictions(y, last).plot(max_series=5)
    titles = [axis.get_title() for axis in display.ax_]
    assert titles[:3] == ["north, milk, sales", "north, milk, cost", "north, tea, sales"]
    assert len(titles) == 5
    np.testing.assert_allclose(
        lines(display.ax_[1])["forecast"].get_ydata(), last.loc[("north", "milk"), "cost"]
    )
    assert len(display.figure_.axes) == 5  # the sixth place of the grid is empty
    assert display.figure_.legends[0].get_texts()[0].get_text() == "observed"


def test_draws_in_the_axes_given():
    figure, grid = plt.subplots(1, 2)
    display = ForecastDisplay.from_predictions(wave(), wave().iloc[-3:]).plot(ax=grid[1])
    assert display.ax_ is grid[1]
    assert display.figure_ is figure
    assert not grid[0].has_data()


@pytest.mark.parametrize("index", [pd.RangeIndex(8), pd.date_range("2024", periods=8, freq="D")])
def test_every_kind_of_time(index):
    y = pd.Series(np.arange(8.0), index)
    found = lines(ForecastDisplay.from_predictions(y.iloc[:6], y.iloc[6:]).plot().ax_)
    assert list(found["forecast"].get_xdata()) == list(index[6:].to_numpy())


def test_bad_input_is_named():
    y, ahead = wave(), wave().iloc[-3:]
    with pytest.raises(TypeError, match="y must be a Series or DataFrame, got list"):
        ForecastDisplay.from_predictions([1.0], ahead)
    with pytest.raises(TypeError, match=r"predictions\['a'\] must be a Series or DataFrame"):
        ForecastDisplay.from_predictions(y, {"a": 3})
    with pytest.raises(ValueError, match="at least one forecast, got none"):
        ForecastDisplay.from_predictions(y, {})
    with pytest.raises(ValueError, match="intervals must belong to forecasts, got 'b'"):
        ForecastDisplay.from_predictions(y, {"a": ahead}, {"b": ahead})
    with pytest.raises(ValueError, match="forecasts must have the series of the history"):
        ForecastDisplay.from_predictions(hierarchy(), ahead).plot()
    display = ForecastDisplay.from_predictions(y, ahead)
    with pytest.raises(TypeError, match="ax must be matplotlib axes, got str"):
        display.plot(ax="left")
    with pytest.raises(ValueError, match="ax must hold 1 axes, got 2"):
        display.plot(ax=plt.subplots(1, 2)[1])
    for name, value in (("n_last", 0), ("n_last", 1.5), ("max_series", 0)):
        with pytest.raises(ValueError, match=f"{name} must be"):
            display.plot(**{name: value})
    with pytest.raises(NotFittedError):
        ForecastDisplay.from_estimator(SigmaForecaster())
    naive = NaiveForecaster().fit(y, fh=[1])
    naive._y = None
    with pytest.raises(TypeError, match="NaiveForecaster does not hold the data it saw: pass y"):
        ForecastDisplay.from_estimator(naive)


DAYS = pd.date_range("2004-12-01", periods=90, freq="D")


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (DAYS, "step of 31 days .* where that of y is 1 days"),
        (DAYS.to_period(), "step of 31 days .* where that of y is 1 days"),
        (pd.date_range("1990", periods=90, freq="QS"), "where that of y is 91 days"),
        (pd.RangeIndex(90), "has times in its index and y has numbers"),
    ],
    ids=["days", "periods", "quarters", "numbers"],
)
def test_y_in_other_steps_of_time_is_an_error(index, message):
    y, forecaster = pd.Series(np.arange(90.0), index), fitted()
    with pytest.raises(ValueError, match=f"^what SigmaForecaster saw .*{message}"):
        ForecastDisplay.from_estimator(forecaster, y=y)
    with pytest.raises(ValueError, match=rf"^predictions\['forecast'\] .*{message}"):
        ForecastDisplay.from_predictions(y, forecaster.predict())


def test_steps_that_are_the_same_or_untold_are_drawn():
    forecaster, y = fitted(), wave(72)
    shown = ForecastDisplay.from_estimator(forecaster, [1, 12], y=y.to_timestamp())
    assert len(shown.plot().figure_.axes) == 1
    working = pd.Series(np.arange(30.0), pd.bdate_range("2024-01-04", periods=30))
    for ahead in (working.iloc[-9:], working.iloc[[-4, -1]]):
        ForecastDisplay.from_predictions(working.iloc[:-9], ahead)


def test_coverage_is_named():
    with pytest.raises(ValueError, match=r"coverage must be a number between 0 and 1.*got 80"):
        ForecastDisplay.from_estimator(fitted(), coverage=80)


def test_a_search_shows_what_its_best_forecaster_saw():
    best = fitted()
    search = SimpleNamespace(best_forecaster_=best)
    pd.testing.assert_frame_equal(_seen(search), best._context.y)
    blend = SimpleNamespace(forecasters_=[best, None])
    pd.testing.assert_frame_equal(_seen(blend), best._context.y)
