"""Graphs in ONNX forecast as the forecaster does."""

import numpy as np
import pandas as pd
import pytest

from skscale import NLinearForecaster, SigmaForecaster, export_inputs, export_onnx
from tests.forecasting.conftest import make, panel, series  # noqa: F401

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

LEVELS = [0.1, 0.9]


def run(path, inputs):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert {one.name for one in session.get_inputs()} == set(inputs)
    names = [one.name for one in session.get_outputs()]
    return dict(zip(names, session.run(None, inputs), strict=True))


def assert_equals_predict(forecaster, path, steps, X=None):
    fh = range(1, steps + 1)
    export_onnx(forecaster, path, steps, LEVELS)
    inputs = export_inputs(forecaster, X, steps)
    expected = forecaster.predict(fh, X=X).to_numpy()
    intervals = forecaster.predict_quantiles(fh, X=X, alpha=LEVELS).to_numpy()
    tolerance = 1e-5 * max(1.0, np.abs(intervals).max())
    for times in (1, 3):  # the batch is dynamic
        found = run(path, {name: np.concatenate([v] * times) for name, v in inputs.items()})
        forecast = found["forecast"].reshape(times, *expected.shape)[-1]
        quantiles = found["quantiles"].reshape(times, *intervals.shape)[-1]
        np.testing.assert_allclose(forecast, expected, atol=tolerance, rtol=0)
        np.testing.assert_allclose(quantiles, intervals, atol=tolerance, rtol=0)


def test_a_graph_forecasts_as_the_forecaster_does(series, tmp_path):  # noqa: F811
    forecaster = SigmaForecaster(d_model=4, d_ff=4, max_epochs=2, pretrained=None)
    forecaster.set_params(linear_base=False).fit(series, fh=range(1, 5))
    assert_equals_predict(forecaster, tmp_path / "sigma.onnx", 4)


@pytest.mark.slow
def test_every_forecaster(make, series, tmp_path):  # noqa: F811
    forecaster = make(linear_base=False).fit(series, fh=range(1, 5))
    assert_equals_predict(forecaster, tmp_path / "graph.onnx", 4)


@pytest.mark.slow
def test_scales_of_every_window(series, tmp_path):  # noqa: F811
    forecaster = SigmaForecaster(d_model=4, d_ff=4, scaling="sample", max_epochs=2, pretrained=None)
    forecaster.set_params(linear_base=False).fit(series, fh=range(1, 5))
    assert_equals_predict(forecaster, tmp_path / "sample.onnx", 4)


@pytest.mark.slow
def test_rolled_forward_with_columns(series, tmp_path):  # noqa: F811
    X = pd.DataFrame({"a": np.random.default_rng(0).normal(size=60)}, series.index)
    later = pd.period_range(series.index[-1] + 1, periods=7, freq="M")
    ahead = pd.DataFrame({"a": np.random.default_rng(1).normal(size=7)}, later)
    forecaster = SigmaForecaster(d_model=4, d_ff=4, max_epochs=2, pretrained=None)
    forecaster.set_params(linear_base=False).fit(series + 3 * X["a"], X, fh=[1, 2, 3])
    assert_equals_predict(forecaster, tmp_path / "columns.onnx", 7, ahead)


@pytest.mark.slow
def test_a_panel_with_gaps(panel, tmp_path):  # noqa: F811
    y = panel.copy()
    y.iloc[[30, 48, 70, 71]] = np.nan
    forecaster = NLinearForecaster(max_epochs=1, pretrained=None).fit(y, fh=[1, 2, 3])
    assert_equals_predict(forecaster, tmp_path / "panel.onnx", 3)


@pytest.mark.slow
@pytest.mark.parametrize("season", [1, 4, 5, 7, 12, 24, 48, 52])
def test_trained_weights(season, tmp_path):
    """Histories of hundreds of points, smoothed a block of steps at a time."""
    t = np.arange(2 * season + 20.0)
    noise = np.random.default_rng(0).normal(size=len(t))
    y = pd.Series(50 + 0.2 * t + 5 * np.sin(2 * np.pi * t / max(season, 2)) + noise)
    forecaster = SigmaForecaster(season_length=season, random_state=0).fit(y, fh=range(1, 5))
    assert forecaster.weights_["net"].item() >= 0.3
    assert_equals_predict(forecaster, tmp_path / "trained.onnx", 4)


def test_what_is_missing_is_named(series, tmp_path, monkeypatch):  # noqa: F811
    forecaster = NLinearForecaster(max_epochs=1, pretrained=None).fit(series, fh=[1, 2, 3])
    monkeypatch.setattr("skscale.export.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"needs onnx, onnxscript: pip install skscale\[onnx\]"):
        export_onnx(forecaster, tmp_path / "graph.onnx")
    assert not list(tmp_path.iterdir())
