"""Fitted attributes, residuals and configuration, as sktime's verbs show them."""

import numpy as np
import pandas as pd
import pytest
from sktime.exceptions import NotFittedError

from skscale import SigmaForecaster, TimeMixerForecaster

from .conftest import wave


def small(kind=SigmaForecaster, **parameters):
    return kind(**{**kind.get_test_params()[0], "pretrained": None, **parameters})


def test_fitted_params_hold_shares_scales_and_history(series):
    forecaster = small(n_layers=2).fit(series, fh=[1, 2])
    found = forecaster.get_fitted_params()
    assert set(found) == {"model", "network", "history", "weights", "scales"}
    np.testing.assert_allclose(found["weights"].sum(axis=1), 1)
    assert [scales.shape for scales in found["scales"]] == [(4,), (4,)]
    np.testing.assert_array_equal(found["scales"][1], forecaster.network_.scales[1].detach())
    assert found["history"]["train_loss"]


@pytest.mark.parametrize(
    "forecaster", [small(scaling="moving_average"), small(TimeMixerForecaster)]
)
def test_a_network_without_scales_has_none_among_them(series, forecaster):
    forecaster.fit(series, fh=[1])
    assert "scales" not in forecaster.get_fitted_params()
    with pytest.raises(AttributeError, match="learns no scales"):
        forecaster.scales_  # noqa: B018


def test_residuals_are_values_minus_one_step_forecasts(make, series):
    forecaster = make().fit(series, fh=[1, 2])
    found = forecaster.predict_residuals()
    steps = list(range(1 - len(series), 1))
    pd.testing.assert_series_equal(found, series - forecaster.predict(steps))
    some = series.iloc[-5:]
    pd.testing.assert_series_equal(forecaster.predict_residuals(some), found.iloc[-5:])


def test_residuals_of_a_panel_come_as_it_came(make, panel):
    panel = panel.loc[["r", "p", "q"]]
    panel.iloc[10, 1] = np.nan
    forecaster = make(prediction_length=2).fit(panel)
    found = forecaster.predict_residuals()
    assert found.index.equals(panel.index)
    assert list(found.columns) == ["a", "b"]
    assert list(found.isna().sum()) == [0, 1]
    last = forecaster.predict([0])
    for name in "rpq":
        end = panel.loc[name].iloc[-1] - last.loc[name].iloc[0]
        np.testing.assert_allclose(found.loc[name].iloc[-1], end, rtol=1e-6)


def test_residuals_with_columns_arrays_and_a_gap(make, series):
    X = pd.DataFrame({"x": wave(60, seed=2)}, series.index)
    with_columns = make().fit(series, X=X, fh=[1]).predict_residuals()
    assert with_columns.index.equals(series.index)
    as_array = make().fit(series.to_numpy(), fh=[1]).predict_residuals()
    np.testing.assert_allclose(as_array.ravel(), make().fit(series, fh=[1]).predict_residuals())
    forecaster = make().fit(series.iloc[:30], fh=[1])
    forecaster.update(series.iloc[34:], update_params=False)
    found = forecaster.predict_residuals()
    assert list(found.isna()) == [True] * 30 + [False] * 26


def test_residuals_need_a_fit():
    with pytest.raises(NotFittedError):
        SigmaForecaster().predict_residuals()


def test_configuration_is_set_kept_and_copied(series):
    forecaster = small().set_config(remember_data=True, warnings="off")
    assert forecaster.get_config()["remember_data"] is True
    assert forecaster.clone().get_config()["warnings"] == "off"
    plain, remembering = small().fit(series, fh=[1]), forecaster.fit(series, fh=[1])
    pd.testing.assert_series_equal(plain.predict(), remembering.predict())
    assert small().get_config()["remember_data"] is False
