"""Location and scale by name."""

import numpy as np
import pandas as pd
import pytest

from skscale.forecasting import SigmaForecaster
from skscale.forecasting._column_units import ColumnUnits
from skscale.forecasting._panel import Panel
from skscale.forecasting._series_scale import SeriesScale
from skscale.forecasting._statistics import SCALERS, quartiles

from .conftest import wave

SCALER = pytest.mark.parametrize("scaler", SCALERS)
N = 72
MONTHS = pd.period_range("2000-01", periods=N, freq="M")


def panel_of(*series):
    frames = {i: pd.DataFrame({"y": np.asarray(s, float)}) for i, s in enumerate(series)}
    return Panel.from_frames(pd.concat(frames, names=["id", "t"]))


def scale_of(scaler, *series, held_out=None):
    panel = panel_of(*series)
    found = SeriesScale.of(panel, ColumnUnits.of(panel), held_out, scaler)
    return found.location[:, 0], found.scale[:, 0]


SERIES = ([1, 2, np.nan, 3, 10], [5, 5, 5], [0, 0, 0, 0, 4], [-2, -6])


def test_locations_and_scales_by_hand():
    for scaler, location, scale in (
        ("standard", [4, 5, 0.8, -4], [np.sqrt(12.5), 0, 1.6, 2]),
        ("robust", [2.5, 5, 0, -4], [3 / 1.3489795, 0, 1.6, 2 / 1.3489795]),
        ("mean", [0, 5, 0, 0], [4, 0, 0.8, 4]),
        ("none", [0, 5, 0, 0], [1, 0, 1, 1]),
    ):
        found = scale_of(scaler, *SERIES)
        np.testing.assert_allclose(found, [location, scale], atol=1e-9, err_msg=scaler)


@SCALER
def test_statistics_do_not_see_what_is_held_out(scaler):
    known = [3, 1, 4, 1, 5]
    expected = scale_of(scaler, known)
    found = scale_of(scaler, [*known, 9e6, -9e6], held_out=np.array([2]))
    np.testing.assert_allclose(found, expected)


def test_quartiles_are_those_of_numpy():
    rng = np.random.default_rng(0)
    series = [rng.normal(size=n) for n in (1, 2, 5, 30)]
    series[3][[0, 7, 29]] = np.nan
    panel = panel_of(*series)
    median, spread = quartiles(panel, panel.values, np.ones_like(panel.values, dtype=bool))
    expected = np.array([np.nanpercentile(s, [25, 50, 75]) for s in series])
    np.testing.assert_allclose(median[:, 0], expected[:, 1])
    np.testing.assert_allclose(spread[:, 0], expected[:, 2] - expected[:, 0], atol=1e-12)


@SCALER
def test_forecasts_are_good_with_every_scaler(make, scaler):
    y = pd.Series(10 * wave(N), MONTHS)
    forecaster = make(scaler=scaler).fit(y[:-6], fh=range(1, 7))
    assert (forecaster.predict() - y[-6:]).abs().mean() < 3


@SCALER
def test_constant_series_stay_constant(make, scaler):
    y = pd.concat(
        {"flat": pd.DataFrame({"y": np.full(40, 7.5)}), "not": pd.DataFrame({"y": wave(40)})},
        names=["id", "t"],
    )
    found = make(scaler=scaler, context_length=8).fit(y, fh=[1, 2]).predict()
    np.testing.assert_array_equal(found.loc["flat"], 7.5)
    assert np.isfinite(found).all(axis=None)


@SCALER
@pytest.mark.parametrize("values", [[1.0], [0.0, 1.0], [2.0, np.nan, 2.0, 3.0]])
def test_tiny_series(make, scaler, values):
    tiny = {"tiny": pd.DataFrame({"y": values}), "long": pd.DataFrame({"y": wave(40)})}
    y = pd.concat(tiny, names=["id", "t"])
    found = make(scaler=scaler, context_length=8).fit(y, fh=[1, 2]).predict()
    assert np.isfinite(found).all(axis=None)


@SCALER
def test_the_effect_of_a_column_is_right_with_gaps_and_bounds(make, scaler):
    """Within the bounds: one of them holds."""
    x = np.random.default_rng(5).normal(size=N)
    y = pd.Series(10 * wave(N) + 5 * x, MONTHS)
    y.iloc[[3, 20, 21, 40]] = np.nan
    X = pd.DataFrame({"x": x}, MONTHS)
    forecaster = make(scaler=scaler, bounds=(None, 180.0), max_epochs=1)
    forecaster.fit(y[:-6], X=X[:-6], fh=range(1, 7))
    up = X[-6:].copy()
    up.iloc[0] += 1.0
    up.iloc[1] += 1e3
    gain = forecaster.predict(X=up) - forecaster.predict(X=X[-6:])
    assert gain.iloc[0] == pytest.approx(5, rel=0.1)
    assert forecaster.predict(X=up).iloc[1] == 180


@SCALER
def test_scalers_reach_trained_weights_the_prior_and_update(scaler):
    y = pd.Series(10 * wave(N), MONTHS)
    forecaster = SigmaForecaster(scaler=scaler, random_state=0, max_epochs=1)
    forecaster.fit(y[:-12], fh=range(1, 7)).update(y[-12:-6], update_params=False)
    assert (forecaster.predict() - y[-6:]).abs().mean() < 3
    interval = forecaster.predict_interval(coverage=0.9)
    assert (interval.iloc[:, 0] < interval.iloc[:, 1]).all()


def test_an_outlier_does_not_move_the_robust_scale():
    values = wave(60)
    clean, spoilt = scale_of("robust", values, np.where(np.arange(60) == 30, 1e9, values))
    np.testing.assert_allclose(clean[0], clean[1], rtol=0.02)
    np.testing.assert_allclose(spoilt[0], spoilt[1], rtol=0.1)


def test_values_too_large_to_be_left_as_they_are():
    y = pd.Series(1e7 * wave(N), MONTHS, name="sales")
    with pytest.raises(ValueError, match=r"'sales' of y holds .*scaler=\"none\" .* 1e\+08"):
        SigmaForecaster(scaler="none").fit(y, fh=[1])
    assert np.isfinite(SigmaForecaster(scaler="mean").fit(y, fh=[1]).predict()).all()
