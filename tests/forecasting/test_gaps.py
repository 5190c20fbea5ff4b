"""New data that begin after a gap: a network looks back over an unbroken context."""

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.model_evaluation import evaluate
from sktime.split import SlidingWindowSplitter

from skscale.backtest import backtest

SIZES = {"context_length": 12, "prediction_length": 2}


def test_what_lies_before_a_gap_is_forgotten(make, series):
    forecaster = make(**SIZES).fit(series[:30])
    found = forecaster.update(series[40:55], update_params=False).predict([1, 2])
    whole = make(**SIZES).fit(series[:30]).update(series[30:55], update_params=False)
    pd.testing.assert_frame_equal(found.to_frame(), whole.predict([1, 2]).to_frame())


def test_too_little_behind_a_gap(make, series):
    forecaster = make(**SIZES).fit(series[:30])
    before = forecaster.predict([1])
    with pytest.raises(ValueError, match=r"2002-06 is followed by 2003-05, but the step is 'M"):
        forecaster.update(series[40:51], update_params=False)
    pd.testing.assert_series_equal(forecaster.predict([1]), before)


def test_other_series_of_a_panel_keep_their_past(make, panel):
    forecaster = make(**SIZES).fit(panel.loc[["q", "r"]])
    days = pd.date_range("2020-02-01", periods=100, freq="D")[80:]
    late = pd.DataFrame(panel.loc["q"].to_numpy()[:20], index=days, columns=panel.columns)
    gap = pd.concat({"q": late}, names=panel.index.names)
    found = forecaster.update(gap, update_params=False).predict([1])
    assert found.loc["q"].index[0] == days[-1] + pd.Timedelta(days=1)
    fresh = make(**SIZES).fit(panel.loc[["q", "r"]]).predict([1])
    pd.testing.assert_frame_equal(found.loc[["r"]], fresh.loc[["r"]])


@pytest.mark.parametrize("strategy", ["no-update_params", "update"])
def test_splits_with_gaps(make, series, strategy):
    cv = SlidingWindowSplitter(fh=[1, 2], window_length=14, step_length=20)
    table = evaluate(make(**SIZES), cv, series, strategy=strategy, error_score="raise")
    assert np.isfinite(table.iloc[:, 0]).all()


def test_splits_with_gaps_as_in_backtest(make, series):
    cv = SlidingWindowSplitter(fh=[1, 2], window_length=14, step_length=20)
    options = {"strategy": "no-update_params", "return_data": True, "error_score": "raise"}
    looped = evaluate(make(**SIZES), cv, series, **options)["y_pred"]
    batched = backtest(make(**SIZES), series, cv, return_data=True)["y_pred"]
    assert len(looped) == 3
    for one, other in zip(looped, batched, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(one), other, rtol=1e-4)
