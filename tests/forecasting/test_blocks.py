"""Large panels are computed with some series at a time; small ones stand for them here."""

import numpy as np
import pandas as pd
import pytest

from skscale.forecasting import DLinearForecaster, _effects, _panel
from skscale.forecasting._panel import Panel

LENGTHS = (60, 90, 45, 120, 75, 66)


def panel_of(lengths=LENGTHS, missing=True):
    """Series and columns, the last twelve points of which are not seen in fit."""
    parts = {}
    for i, n in enumerate(lengths):
        rng = np.random.default_rng(i)
        day = pd.date_range("2024-01-01", periods=n, name="day")
        part = pd.DataFrame({"price": rng.lognormal(i, 0.2, n)}, index=day)
        part["open"] = (rng.random(n) < 0.7).astype(float)
        part["size"] = float(i)
        part["y"] = 10.0 * i + (1 + i) * (part["open"] + np.sin(np.arange(n) * 2 * np.pi / 7))
        part["y"] += rng.normal(0, 0.1, n)
        if missing:
            part.iloc[20:23, 3] = part.iloc[30:33, 0] = np.nan
        parts[f"shop {i}"] = part
    whole = pd.concat(parts, names=["shop"])
    seen = whole.groupby("shop").cumcount(ascending=False) >= 12
    return whole.loc[seen, ["y"]], whole[["price", "open", "size"]]


def forecasts(y, X, **parameters):
    settings = {"context_length": 14, "max_epochs": 2, "random_state": 0, "pretrained": None}
    forecaster = DLinearForecaster(**settings | parameters).fit(y, X, fh=range(1, 13))
    return pd.concat(
        [
            forecaster.predict_quantiles(X=X, alpha=[0.1, 0.5]),
            forecaster.predict_quantiles([-3, 0], X=X, alpha=[0.1, 0.5]),
        ]
    )


@pytest.mark.parametrize("at_once", [1, 130])
def test_blocks_are_all_series_in_turn(monkeypatch, at_once):
    monkeypatch.setattr(_panel, "_POINTS_AT_ONCE", at_once)
    y, X = panel_of()
    panel = Panel.from_frames(y, X)
    series, blocks = zip(*panel.blocks(), strict=True)
    assert [s.start for s in series[1:]] == [s.stop for s in series[:-1]]
    assert (series[0].start, series[-1].stop, len(blocks) > 2) == (0, len(LENGTHS), True)
    for block in blocks:
        assert block.offsets[-1] == len(block.values) == len(block.X) == len(block.times)
        assert len(block.lengths) == 1 or len(block.values) <= at_once
        assert np.shares_memory(block.values, panel.values)
    np.testing.assert_array_equal(np.concatenate([b.values for b in blocks]), panel.values)
    pd.testing.assert_index_equal(blocks[0].keys.append([b.keys for b in blocks[1:]]), panel.keys)


@pytest.mark.parametrize("parameters", [{}, {"scaler": "robust"}, {"bounds": "auto"}], ids=str)
@pytest.mark.parametrize("missing", [True, False])
def test_forecasts_are_the_same_some_series_at_a_time(monkeypatch, parameters, missing):
    y, X = panel_of(missing=missing)
    expected = forecasts(y, X, **parameters)
    monkeypatch.setattr(_panel, "_POINTS_AT_ONCE", 130)
    pd.testing.assert_frame_equal(forecasts(y, X, **parameters), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "parameters", [{}, *({"scaler": name} for name in ("robust", "mean", "none"))], ids=str
)
@pytest.mark.parametrize("at_once", [130, 10**6])
def test_float32_gives_the_same_forecasts(monkeypatch, parameters, at_once):
    monkeypatch.setattr(_panel, "_POINTS_AT_ONCE", at_once)
    y, X = (data.astype(np.float32) for data in panel_of())
    doubles = (data.astype(np.float64) for data in (y, X))
    expected = forecasts(*doubles, **parameters)
    pd.testing.assert_frame_equal(forecasts(y, X, **parameters), expected, rtol=0, atol=0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_a_frame_holds_is_not_copied(dtype):
    y = panel_of()[0].astype(dtype)
    panel = Panel.from_frames(y)
    assert panel.values.dtype == dtype
    assert np.shares_memory(panel.values, y.to_numpy())
    assert np.shares_memory(panel.times.codes, y.index.codes[-1])
    assert {block.values.dtype for _, block in panel.blocks(130)} == {np.dtype(np.float64)}


def test_series_that_did_not_choose_have_effects_of_their_own(monkeypatch):
    """Of the effects of ``open``, from one to eight, a part of the series shows the shared one."""
    monkeypatch.setattr(_effects, "_MOST_POINTS", 300)
    y, X = panel_of((90,) * 8, missing=False)
    model = DLinearForecaster(context_length=14, random_state=0, pretrained=None, max_epochs=1)
    forecaster = model.fit(y, X[["open"]], fh=range(1, 13))
    other = X[["open"]].copy()
    other["open"] = 1 - other["open"]
    change = forecaster.predict(X=other) - forecaster.predict(X=X[["open"]])
    of_a_unit = change["y"] / (1 - 2 * X.loc[change.index, "open"])
    per_series = of_a_unit.groupby("shop").mean()
    np.testing.assert_allclose(per_series, np.arange(1, 9), rtol=0.15)
