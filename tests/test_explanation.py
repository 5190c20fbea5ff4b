"""Parts add up to the forecast, each is what it says, and removing one removes what it added."""

import holidays
import numpy as np
import pandas as pd
import pytest
import torch
from sktime.exceptions import NotFittedError
from sktime.split import ExpandingWindowSplitter

from skscale import DLinearForecaster, SigmaForecaster, TimeMixerForecaster, explain, removal_losses
from skscale.forecasting import all_forecasters
from skscale.ops import damped_line

FORECASTERS = pytest.mark.parametrize("kind", all_forecasters(), ids=lambda kind: kind.__name__)
WAYS = {
    "default": {},
    "no weights": {"pretrained": None},
    "network alone": {"linear_base": False},
    "nothing held out": {"pretrained": None, "validation_fraction": 0.0},
}


def series(n=80, seed=0):
    t = np.arange(n)
    noise = np.random.default_rng(seed).normal(0, 0.3, n)
    values = 50 + 0.1 * t + 5 * np.sin(2 * np.pi * t / 12) + noise
    return pd.Series(values, pd.period_range("2000-01", periods=n, freq="M"), name="sales")


def columns(y, ahead=0):
    index = y.index.append(pd.period_range(y.index[-1] + 1, periods=ahead, freq=y.index.freq))
    draw = np.random.default_rng(1)
    day = pd.Categorical(draw.choice(["none", "spring", "autumn"], len(index)))
    return pd.DataFrame({"price": draw.normal(3, 1, len(index)), "feast": day}, index=index)


def small(kind, **parameters):
    return kind(**{**kind.get_test_params()[0], "context_length": 24, **parameters})


def assert_adds_up(found, forecast):
    total = found.T.groupby(level="variable", sort=False).sum().T
    expected = forecast.to_frame() if isinstance(forecast, pd.Series) else forecast
    assert list(total.index) == list(expected.index)
    scale = np.abs(expected.to_numpy()).max()
    np.testing.assert_allclose(total, expected, rtol=0, atol=1e-9 * scale)


@FORECASTERS
@pytest.mark.parametrize("way", WAYS)
def test_parts_add_up_ahead_rolled_and_in_sample(kind, way):
    y = series()
    forecaster = small(kind, **WAYS[way]).fit(y, fh=range(1, 7))
    for fh in ([1, 2, 3], list(range(1, 30)), [-4, 0, 2]):
        found = explain(forecaster, fh)
        assert_adds_up(found, forecaster.predict(fh))
        assert found.columns.names == ["variable", "part"]
    # Nothing was bounded near the series: the parts alone are the forecast.
    near = explain(forecaster, [1, 2, 3]).xs("limits", axis=1, level="part")
    assert not near.to_numpy().any()


@FORECASTERS
def test_parts_of_a_panel_with_columns_missing_values_and_a_constant(kind):
    one, other = series(), series(40, seed=1) * 100
    flat = series(30) * 0 + 7
    frames = {"b": one, "a": other, "c": flat}
    y = pd.concat({key: s.to_frame() for key, s in frames.items()}, names=["shop", "month"])
    y["twice"] = 2 * y["sales"]
    y.iloc[5:9, 0] = np.nan
    X = pd.concat({key: columns(s, 6) for key, s in frames.items()}, names=["shop", "month"])
    X.iloc[3:5, 0] = np.nan
    forecaster = small(kind, pretrained=None).fit(y, X=X.loc[y.index], fh=range(1, 7))
    ahead = X.drop(y.index)
    found = explain(forecaster, X=ahead)
    assert_adds_up(found, forecaster.predict(X=ahead))
    parts = list(found["sales"].columns)
    assert parts[-3:] == ["effect of price", "effect of feast", "limits"]
    np.testing.assert_allclose(found.loc["c", "sales"].sum(axis=1), 7)
    assert not found.loc["c"].xs("effect of price", axis=1, level="part").to_numpy().any()


def test_the_effect_of_a_column_is_its_coefficient_times_its_distance_from_the_mean():
    y = series()
    X = columns(y, 3)
    y = (y + 4 * X.loc[y.index, "price"]).rename("sales")
    forecaster = small(SigmaForecaster).fit(y, X=X.loc[y.index], fh=[1, 2, 3])
    found = explain(forecaster, X=X.iloc[-3:])["sales", "effect of price"]
    price = X["price"].iloc[-3:] - X.loc[y.index, "price"].mean()
    np.testing.assert_allclose(found / price, found.iloc[0] / price.iloc[0])
    np.testing.assert_allclose(found, 4 * price, rtol=0.1)  # a penalty draws it towards zero


def test_holidays_have_an_effect_beside_that_of_columns():
    days = pd.date_range("2021-01-01", periods=730)
    known = holidays.country_holidays("DE", years=[2021, 2022])
    closed = days.isin(pd.DatetimeIndex(list(known)))
    X = pd.DataFrame({"price": np.random.default_rng(0).normal(3, 1, 730)}, days)
    y = pd.Series(np.sin(2 * np.pi * np.arange(730) / 7) - 5 * closed, days, name="sales")
    y += 2 * X["price"]
    seen = days < "2022-12-21"
    forecaster = small(SigmaForecaster, time_features=["holidays:DE"])
    forecaster.fit(y[seen], X=X[seen], fh=range(1, 12))
    found = explain(forecaster, X=X[~seen])
    assert_adds_up(found, forecaster.predict(X=X[~seen]))
    # Each as far as it differs from its mean.
    holiday = -5 * (closed[~seen] - closed[seen].mean())
    price = 2 * (X["price"][~seen] - X["price"][seen].mean())
    np.testing.assert_allclose(found["sales", "effect of holidays:DE"], holiday, atol=0.3)
    np.testing.assert_allclose(found["sales", "effect of price"], price, atol=0.3)


def test_textbook_parts_are_their_share_of_the_textbook_forecast():
    y = series(26).iloc[:20]  # too short to teach anything
    forecaster = SigmaForecaster(season_length=1).fit(y, fh=[1, 2, 3])
    found, share = explain(forecaster)["sales"], forecaster.weights_.iloc[0]
    assert share["network"] == 0
    assert not found["network"].any()
    values = torch.from_numpy(y.to_numpy())[None].float().double()
    expected = damped_line(values, torch.ones_like(values, dtype=torch.bool), 1, 3)[0]
    np.testing.assert_allclose(found["damped"], share["damped"] * expected, rtol=1e-5)

    taught = small(SigmaForecaster, pretrained=None, validation_fraction=0.0, season_length=12)
    taught = taught.fit(series(), fh=[1, 2, 3])
    found, share = explain(taught)["sales"], taught.weights_.iloc[0]
    np.testing.assert_allclose(found["naive"], share["naive"] * series().iloc[-1], rtol=1e-5)


def test_branches_are_those_of_the_network():
    y = series()
    parts = {
        kind: set(explain(small(kind, linear_base=False).fit(y, fh=[1]))["sales"])
        for kind in (SigmaForecaster, TimeMixerForecaster, DLinearForecaster)
    }
    rest = {"network: rest", "limits"}
    assert parts[SigmaForecaster] == {"network: smooth", "network: residual", *rest}
    assert parts[DLinearForecaster] == {"network: trend", "network: season", *rest}
    scales = {f"network: scale {2**i}" for i in range(4)}
    assert parts[TimeMixerForecaster] == {*scales, *rest}


def test_limits_are_what_bounds_take_off():
    y = series()
    free = small(SigmaForecaster).fit(y, fh=[1, 2, 3]).predict()
    bound = float(free.max()) - 1.0
    forecaster = small(SigmaForecaster, bounds=(None, bound)).fit(y, fh=[1, 2, 3])
    found = explain(forecaster)
    assert_adds_up(found, forecaster.predict())
    np.testing.assert_allclose(found["sales", "limits"], np.minimum(bound - free, 0), atol=1e-9)


def test_bad_input_is_named():
    with pytest.raises(TypeError, match=r"forecaster must be one of skscale's.*got str"):
        explain("SigmaForecaster")
    with pytest.raises(NotFittedError):
        explain(SigmaForecaster(), [1])
    y = series()
    X = columns(y)
    forecaster = small(SigmaForecaster).fit(y, X=X, fh=[1])
    with pytest.raises(ValueError, match="X is needed"):
        explain(forecaster)
    with pytest.raises(TypeError, match=r"forecaster must be one of skscale's.*got str"):
        removal_losses("SigmaForecaster", y, ExpandingWindowSplitter(fh=[1], initial_window=60))


def test_losses_rise_by_what_is_removed():
    y = series()
    X = columns(y)
    X["noise"] = np.random.default_rng(2).normal(size=len(y))
    y = y + 4 * X["price"]
    cv = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=60, step_length=3)
    found = removal_losses(small(SigmaForecaster), y, cv, X)
    assert list(found.columns) == ["mae", "mse"]
    assert list(found.loc["column"].index) == ["price", "feast", "noise"]
    whole = found.loc["nothing", ""]
    assert found.loc[("column", "price"), "mae"] > 2 * whole["mae"]
    assert found.loc[("column", "noise"), "mae"] < 1.2 * whole["mae"]


def test_holidays_that_are_removed_count_as_their_mean():
    index = pd.date_range("2021-01-01", periods=500, freq="D")
    feasts = index.isin(pd.DatetimeIndex(holidays.country_holidays("DE", years=[2021, 2022])))
    y = pd.Series(10.0 + 5 * feasts + np.random.default_rng(0).normal(0, 0.1, 500), index)
    X = pd.DataFrame({"price": np.random.default_rng(1).normal(size=500)}, index)
    cv = ExpandingWindowSplitter(fh=range(1, 8), initial_window=470, step_length=7)
    forecaster = small(DLinearForecaster, time_features=["holidays:DE", "holidays:US"])
    found = removal_losses(forecaster, y, cv, X)
    names = ["price", "holidays:DE", "holidays:US"]
    assert list(found.index) == [("nothing", ""), *(("column", name) for name in names)]
    # Good Friday and Easter Monday of 2022 are in the steps ahead; nothing follows those of the US.
    mae = found["mae"].droplevel("removed")
    assert mae["holidays:DE"] > 1.5 * mae[""]
    assert abs(mae["holidays:US"] - mae[""]) < 0.1 * mae[""]
    alone = removal_losses(forecaster, y, cv)
    assert list(alone.index.get_level_values("name")) == ["", *names[1:]]


def test_a_branch_that_is_removed_takes_away_what_it_added():
    y = series(60)
    forecaster = small(TimeMixerForecaster, linear_base=False)
    cv = ExpandingWindowSplitter(fh=[1], initial_window=60 - 1)
    found = removal_losses(forecaster, y, cv)
    fitted = forecaster.clone().fit(y.iloc[:-1], fh=[1])
    parts = explain(fitted)["sales"].iloc[0]
    for name in found.loc["branch"].index:
        error = parts.sum() - parts[f"network: {name}"] - y.iloc[-1]
        np.testing.assert_allclose(found.loc[("branch", name), "mae"], abs(error), rtol=1e-4)
