"""Fitted forecasters as torch modules: the same forecasts, without pandas."""

import numpy as np
import pandas as pd
import pytest
import torch

from skscale import NLinearForecaster, SigmaForecaster, export_inputs
from tests.forecasting.conftest import make, panel, series, wave  # noqa: F401

LEVELS = [0.1, 0.5, 0.9]


def outputs(forecaster, X=None, steps=None, quantiles=()):
    module = forecaster.to_torch(steps, quantiles)
    inputs = export_inputs(forecaster, X, steps)
    return module(**{name: torch.from_numpy(value) for name, value in inputs.items()})


def assert_equals_predict(forecaster, steps, X=None):
    fh = range(1, steps + 1)
    forecast, quantiles = outputs(forecaster, X, steps, LEVELS)
    expected = forecaster.predict(fh, X=X).to_numpy()
    tolerance = 1e-5 * max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(forecast.reshape(expected.shape), expected, atol=tolerance)
    expected = forecaster.predict_quantiles(fh, X=X, alpha=LEVELS).to_numpy()
    np.testing.assert_allclose(quantiles.reshape(expected.shape), expected, atol=tolerance)


@pytest.mark.parametrize("steps", [4, 9])
def test_every_forecaster_within_its_horizon_and_rolled_forward(make, series, steps):  # noqa: F811
    forecaster = make(linear_base=False).fit(series, fh=range(1, 5))
    assert_equals_predict(forecaster, steps)


def test_series_of_a_panel_have_their_own_scale(panel):  # noqa: F811
    forecaster = NLinearForecaster(max_epochs=1, pretrained=None).fit(panel, fh=[1, 2, 3])
    assert_equals_predict(forecaster, 3)
    with pytest.raises(ValueError, match=r"series are needed, of shape .*seen 3"):
        forecaster.to_torch()(torch.zeros(1, forecaster.to_torch().context_length, 2))


@pytest.mark.parametrize("n_points", [60, 15])
def test_trained_weights_take_part(series, n_points):  # noqa: F811
    forecaster = NLinearForecaster(max_epochs=1).fit(series[-n_points:], fh=[1, 2, 3])
    assert forecaster.weights_["net"].item() > 0
    assert_equals_predict(forecaster, 3)


def test_columns_act_by_effects_and_as_features(series):  # noqa: F811
    X = pd.DataFrame({"a": np.random.default_rng(0).normal(size=60)}, series.index)
    later = pd.period_range(series.index[-1] + 1, periods=5, freq="M")
    ahead = pd.DataFrame({"a": np.random.default_rng(1).normal(size=5)}, later)
    forecaster = SigmaForecaster(
        d_model=4, d_ff=4, max_epochs=2, pretrained=None, linear_base=False, time_features="auto"
    ).fit(series + 3 * X["a"], X, fh=[1, 2, 3])
    assert_equals_predict(forecaster, 5, ahead)
    with pytest.raises(ValueError, match="past_features are needed, of shape"):
        forecaster.to_torch()(torch.zeros(1, forecaster.to_torch().context_length, 1))


def test_missing_values_are_masked_or_nan(series):  # noqa: F811
    gappy = series.copy()
    gappy.iloc[[20, 50, 58]] = np.nan
    forecaster = NLinearForecaster(max_epochs=1, pretrained=None).fit(gappy, fh=[1, 2, 3])
    assert_equals_predict(forecaster, 3)
    module, length = forecaster.to_torch(), forecaster.to_torch().context_length
    window = torch.tensor(gappy.to_numpy()[-length:]).reshape(1, length, 1)
    np.testing.assert_allclose(module(window).flatten(), forecaster.predict(), rtol=1e-5)


def test_bounds_constants_and_the_order_of_columns():
    index = pd.period_range("2020-01", periods=48, freq="M")
    y = pd.DataFrame({"z": np.maximum(wave(48) - 10, 0), "flat": 7.0, "a": wave(48)}, index)
    forecaster = NLinearForecaster(max_epochs=1, pretrained=None, bounds="auto")
    forecaster.fit(y[["z", "flat", "a"]], fh=[1, 2])
    assert_equals_predict(forecaster, 2)
    assert (outputs(forecaster)[..., 1] == 7.0).all()


def test_a_module_lives_on_its_own(series):  # noqa: F811
    forecaster = SigmaForecaster(d_model=4, d_ff=4, max_epochs=1, pretrained=None)
    forecaster.fit(series[:-6], fh=[1, 2, 3])
    module, inputs = forecaster.to_torch(), export_inputs(forecaster)
    window = torch.from_numpy(inputs["values"])
    before = module(window)
    forecaster.update(series[-6:])
    assert torch.equal(module(window), before)
    assert not any(p.requires_grad for p in module.parameters())


def test_newer_data_go_through_the_same_module(series):  # noqa: F811
    forecaster = NLinearForecaster(max_epochs=1, pretrained=None).fit(series[:-6], fh=[1, 2, 3])
    module = forecaster.to_torch()
    forecaster.update(series[-6:], update_params=False)
    newer = torch.from_numpy(export_inputs(forecaster)["values"])
    np.testing.assert_allclose(module(newer).flatten(), forecaster.predict(), rtol=1e-6)


def test_wrong_arguments_are_named(series):  # noqa: F811
    forecaster = NLinearForecaster(max_epochs=1, pretrained=None)
    with pytest.raises(Exception, match="fitted"):
        forecaster.to_torch()
    forecaster.fit(series, fh=[1, 2, 3])
    for wrong in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match="steps must be"):
            forecaster.to_torch(wrong)
    for wrong in (0, 1, -0.1, float("nan")):
        with pytest.raises(ValueError, match="quantiles must be a number between 0 and 1"):
            forecaster.to_torch(quantiles=[wrong])
    module = forecaster.to_torch()
    with pytest.raises(ValueError, match="values must have shape"):
        module(torch.zeros(1, module.context_length + 1, 1))
    with pytest.raises(ValueError, match="past_features must be left out"):
        module(torch.zeros(1, module.context_length, 1), past_features=torch.zeros(1, 2, 3))
