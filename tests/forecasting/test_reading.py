"""What sktime is spared must change nothing of what it finds."""

import numpy as np
import pandas as pd
import pytest
from sktime.datatypes import convert_to
from sktime.datatypes._utilities import get_cutoff
from sktime.forecasting.base import BaseForecaster

from skscale.forecasting import DLinearForecaster, _reading
from skscale.forecasting._reading import FRAMES, as_frame

DAYS = pd.date_range("2020-01-01", periods=9)
TIMES = {
    "days": DAYS,
    "seconds": DAYS.as_unit("s"),
    "with a zone": DAYS.tz_localize("Europe/Paris"),
    "periods": DAYS.to_period("D"),
    "integers": pd.Index(np.arange(9)),
}


def panel(times=DAYS, n_levels=2):
    levels = [["west", "east"], ["b", "a"], times][-n_levels:]
    index = pd.MultiIndex.from_product(levels, names=["region", "series", "time"][-n_levels:])
    return pd.DataFrame({"y": np.arange(len(index)), "z": 0.5}, index=index)


class Plain(BaseForecaster):
    """Reads as sktime does."""

    _config = DLinearForecaster._config
    _tags = {**DLinearForecaster._tags, "python_dependencies": None}


@pytest.mark.parametrize("n_levels", [2, 3])
def test_all_that_sktime_reads_of_series_in_order(n_levels):
    y = panel(n_levels=n_levels)
    X = y[["z"]].astype("float32")
    ours, plain = DLinearForecaster(), Plain()
    read = ours._check_X_y(X=X, y=y)
    for found, data in zip(read, (X, y), strict=True):
        pd.testing.assert_frame_equal(found, data)
        assert np.shares_memory(found["z"], data["z"]) == _reading._COPIES_LATE
    plain._check_X_y(X=X, y=y)
    assert ours._y_metadata == plain._y_metadata
    assert ours._converter_store_y == plain._converter_store_y
    assert ours._y_mtype_last_seen == plain._y_mtype_last_seen


@pytest.mark.parametrize(
    "data",
    [
        pd.Series(np.arange(9.0), index=DAYS),
        panel().loc["a"],
        np.arange(20.0),
        np.arange(20.0).reshape(2, 1, 10),
        [panel().loc["a"], panel().loc["b"]],
        pd.DataFrame({"y": [pd.Series(range(5)), pd.Series(range(6))]}),
    ],
    ids=["series", "frame", "array", "3d", "list", "nested"],
)
def test_other_containers_are_read_by_sktime(data):
    expected = convert_to(data, FRAMES)
    pd.testing.assert_frame_equal(as_frame(data), expected)
    pd.testing.assert_frame_equal(DLinearForecaster()._check_X_y(y=data)[1], expected)


def test_series_in_two_places_are_read_by_sktime():
    apart = panel().iloc[[0, 1, 9, 10, 2, 3]]
    assert as_frame(apart) is apart


def test_times_out_of_order_are_named():
    backwards = panel().iloc[[1, 0, 9, 10]]
    with pytest.raises(ValueError, match=r"y is not sorted: \('b', Timestamp\('2020-01-01"):
        DLinearForecaster()._check_X_y(y=backwards)


@pytest.mark.parametrize("n_levels", [2, 3])
@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
def test_the_cut_off_is_the_one_that_sktime_finds(times, n_levels):
    """The last time of any series; no series goes as far as the levels of the index do."""
    y = panel(times, n_levels)
    last = times.sort_values()[[2, 6]]
    time, name = y.index.get_level_values(-1), y.index.get_level_values(-2)
    y = y[time <= np.where(name == "a", last[0], last[1])].sort_index(level=-1, sort_remaining=True)
    forecaster = DLinearForecaster()
    forecaster._set_cutoff_from_y(y)
    expected = get_cutoff(y, 0, return_index=True)
    pd.testing.assert_index_equal(forecaster.cutoff, expected)
    assert forecaster.cutoff[0] == last[1]
    assert getattr(forecaster.cutoff, "freq", None) == getattr(expected, "freq", None)


def test_series_without_a_name_do_not_move_the_cut_off():
    y = pd.concat({"a": panel().loc["a"].iloc[:5], np.nan: panel().loc["b"]}, names=["series"])
    forecaster = DLinearForecaster()
    forecaster._set_cutoff_from_y(y)
    pd.testing.assert_index_equal(forecaster.cutoff, get_cutoff(y, 0, return_index=True))


@pytest.mark.parametrize("late", [True, False], ids=["shared", "copied"])
@pytest.mark.parametrize("of_panel", [True, False], ids=["panel", "series"])
def test_what_users_change_afterwards_is_not_seen(monkeypatch, of_panel, late):
    """Not in a forecast, the first of which is what looks at the scaled values."""
    monkeypatch.setattr(_reading, "_COPIES_LATE", late and _reading._COPIES_LATE)
    days = pd.date_range("2020-01-01", periods=40)
    wave = np.sin(np.arange(40.0))
    y = pd.DataFrame({"y": wave}, index=days)
    y = pd.concat({"a": y, "b": y + 1}, names=["series"]) if of_panel else y
    settings = {"context_length": 8, "max_epochs": 1, "pretrained": None, "random_state": 0}
    forecaster = DLinearForecaster(**settings).fit(y.copy(), fh=[1, 2])
    expected = forecaster.predict()
    forecaster = DLinearForecaster(**settings).fit(y, fh=[1, 2])
    y.iloc[-4:, 0] = 99.0
    pd.testing.assert_frame_equal(forecaster.predict(), expected)
    y.iloc[-4:, 0] = np.tile(wave, 2)[-4:] + of_panel
    forecaster.update(y, update_params=False)
    y.iloc[-4:, 0] = 99.0
    pd.testing.assert_frame_equal(forecaster.predict(), expected)
