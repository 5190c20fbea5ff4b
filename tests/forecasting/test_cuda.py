"""Forecasters on a GPU; skipped without one. `test_devices` pretends one everywhere."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from skscale.evaluation import backtest
from skscale.forecasting import DLinearForecaster, SigmaForecaster
from skscale.training import loop
from tests.cuda import CUDA

pytestmark = CUDA

FH = range(1, 15)


def close(found, expected):
    # Long products are rounded in another order, and a training magnifies that.
    size = np.abs(np.asarray(expected)).max()
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=0, atol=1e-3 * size)


@pytest.mark.parametrize("pretrained", [None, "auto"])
def test_fit_forecast_update_and_pickle(make, series, pretrained):
    kept = []
    for device in ("cpu", "cuda"):
        forecaster = make(device=device, pretrained=pretrained).fit(series[:50], fh=FH)
        found = [forecaster.predict(), forecaster.predict_quantiles(alpha=[0.1, 0.9])]
        found.append(forecaster.update(series[50:], update_params=False).predict())
        found.append(forecaster.predict(fh=[-3, 0]))
        kept.append(found)
    for here, there in zip(*kept, strict=True):
        close(there, here)
    assert next(forecaster.network_.parameters()).device.type == "cuda"
    again = pickle.loads(pickle.dumps(forecaster))
    assert next(again.network_.parameters()).device.type == "cpu"
    close(again.predict(FH), found[2])


def test_captured_steps_train_like_the_others(make, series, monkeypatch):
    def fitted():
        settings = {"device": "cuda", "pretrained": None, "batch_size": 4, "max_epochs": 3}
        return make(**settings).fit(series, fh=FH)

    captured = fitted()
    assert captured.history_["notes"] == []
    monkeypatch.setattr(loop, "CapturedWork", lambda work, *rest: work)
    close(captured.predict(), fitted().predict())


def test_missing_values_and_a_panel(make, panel):
    panel = panel.astype(float).drop("r", level=0)
    panel.iloc[[5, 20, 21, 22]] = np.nan
    here, there = (make(device=d).fit(panel, fh=FH).predict() for d in ("cpu", "cuda"))
    close(there, here)


def test_backtest(make, series):
    from sktime.split import ExpandingWindowSplitter

    cv = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=48, step_length=3)
    here, there = (backtest(make(device=d), series, cv) for d in ("cpu", "cuda"))
    name = next(column for column in here if column.startswith("test_"))
    close(there[name], here[name])


def test_bfloat16(make, series):
    pytest.importorskip("lightning_fabric")
    forecaster = make(device="cuda", precision="bf16").fit(series, fh=FH)
    assert np.isfinite(np.asarray(forecaster.predict())).all()


def test_two_estimators_on_one_card(series):
    makers = [
        lambda: SigmaForecaster(d_model=4, d_ff=4, max_epochs=2, random_state=0, device="cuda"),
        lambda: DLinearForecaster(max_epochs=2, random_state=0, device="cuda"),
    ]
    alone = [make().fit(series, fh=FH).predict() for make in makers]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda make: make().fit(series, fh=FH).predict(), makers))
    for one, other in zip(together, alone, strict=True):
        close(one, other)
