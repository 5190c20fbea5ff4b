"""The example that serves a saved forecaster."""

import numpy as np
import pandas as pd
import pytest

from skscale import NLinearForecaster

pytest.importorskip("fastapi")
pytest.importorskip("httpx")


def test_a_saved_forecaster_is_served(tmp_path, monkeypatch):
    from fastapi.testclient import TestClient

    from examples import serve

    y = pd.Series(np.arange(60.0) % 12, index=pd.period_range("2020-01", periods=60, freq="M"))
    forecaster = NLinearForecaster(max_epochs=1, pretrained=None).fit(y, fh=[1, 2, 3])
    forecaster.save(tmp_path / "seasons")
    monkeypatch.setenv("SKSCALE_FORECASTER", str(tmp_path / "seasons"))
    serve.module.cache_clear()
    client = TestClient(serve.app)
    answer = client.post("/forecast", json={"values": y.tolist()})
    assert answer.status_code == 200
    np.testing.assert_allclose(answer.json()["forecast"], forecaster.predict(), rtol=1e-5)
    interval = forecaster.predict_quantiles(alpha=[0.05, 0.95]).to_numpy().T
    np.testing.assert_allclose(answer.json()["lower"], interval[0], rtol=1e-5)
    np.testing.assert_allclose(answer.json()["upper"], interval[1], rtol=1e-5)
    # A missing value is null; a short series begins later.
    assert client.post("/forecast", json={"values": [1.0, None, 3.0]}).status_code == 200
    assert client.post("/forecast", json={"values": [None]}).status_code == 422
    assert client.post("/forecast", json={"values": "nonsense"}).status_code == 422
