"""What `update` brings: newer rows, older rows, values beyond all seen, an interruption."""

import numpy as np
import pandas as pd
import pytest
from sktime.split import ExpandingWindowSplitter

from skscale import SigmaForecaster
from skscale.forecasting import _base

from .conftest import wave


@pytest.mark.parametrize("update_params", [False, True])
def test_older_rows_do_not_move_the_forecast(make, series, update_params):
    forecaster = make(context_length=12).fit(series[20:], fh=[1, 2])
    expected = forecaster.predict()
    found = forecaster.update(series[:20], update_params=update_params).predict()
    assert forecaster.cutoff[0] == series.index[-1]
    assert list(found.index) == list(expected.index)
    if not update_params:
        pd.testing.assert_series_equal(found, expected)


def test_an_interrupted_update_leaves_all_as_it_was(make, series, monkeypatch):
    forecaster = make().fit(series[:50], fh=[1, 2])
    expected, cutoff = forecaster.predict(), forecaster.cutoff[0]

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(_base, "fit_network", interrupted)
    with pytest.raises(KeyboardInterrupt):
        forecaster.update(series[50:])
    assert forecaster.cutoff[0] == cutoff
    pd.testing.assert_series_equal(forecaster.predict(), expected)


@pytest.mark.parametrize("value", [1e155, -1e200, 1e299])
def test_a_finite_value_beyond_all_seen_leaves_forecasts_finite(make, value):
    y, X = pd.Series(wave(60)), pd.DataFrame({"x": wave(63, seed=1)})
    forecaster = make().fit(y[:59], X=X[:59], fh=[1, 2, 3])
    forecaster.update(pd.Series([value], index=[59]), X=X[59:60], update_params=False)
    assert np.isfinite(forecaster.predict(X=X[60:])).all()
    future = X[60:].copy()
    future.iloc[0, 0] = value
    again = make().fit(y, X=X[:60], fh=[1, 2, 3])
    assert np.isfinite(again.predict(X=future)).all()


def test_a_value_that_cannot_be_computed_with_is_named(make, series):
    forecaster = make().fit(series[:50], fh=[1])
    new = series[50:52] * 0 + 1.5e300
    with pytest.raises(ValueError, match=r"column .* of y holds 1.5e\+300"):
        forecaster.update(new, update_params=False)


@pytest.mark.parametrize("data", ["series", "panel"])
def test_data_seen_before_are_forecast_at_their_own_cut_offs(data, request):
    # They end before what was seen: rows count from their beginning.
    y = request.getfixturevalue(data)
    forecaster = SigmaForecaster(random_state=0, max_epochs=2).fit(y, fh=[1, 2])
    old = y.iloc[:-10] if data == "series" else y.drop(y.xs("p", drop_level=False).index[-10:])
    cv = ExpandingWindowSplitter(fh=[1, 2], initial_window=3, step_length=1)
    given = forecaster.update_predict(old, cv, update_params=False)
    whole = forecaster.update_predict(y, cv, update_params=False)
    rows = given.index.intersection(whole.index)
    columns = given.columns.intersection(whole.columns)
    assert len(columns) == len(given.columns)
    pd.testing.assert_frame_equal(given.loc[rows, columns], whole.loc[rows, columns])
