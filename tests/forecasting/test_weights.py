"""Weights of series and of steps."""

import numpy as np
import pandas as pd
import pytest

from skscale.forecasting import (
    DLinearForecaster,
    MultiScaleAutoencoderForecaster,
    SigmaForecaster,
)
from skscale.forecasting._panel import Panel
from skscale.forecasting._weights import target_weights

from .conftest import wave

SHORT = {"context_length": 8, "prediction_length": 3}


def frame(lengths=(40, 60), names=("a", "b")):
    frames = {
        name: pd.DataFrame({"y": wave(n, seed=n)}) for name, n in zip(names, lengths, strict=True)
    }
    return pd.concat(frames, names=["id", "t"])


def opposite(n=120):
    """One series repeats its last value, the other turns its sign."""
    noise = np.random.default_rng(0).normal(0, 0.05, size=(2, n))
    same = np.cumsum(np.random.default_rng(1).normal(size=n)) + noise[0]
    turns = np.where(np.arange(n) % 2, 1.0, -1.0) + noise[1]
    frames = {"same": pd.DataFrame({"y": same}), "turns": pd.DataFrame({"y": turns})}
    return pd.concat(frames, names=["id", "t"])


def test_weights_are_one_on_average_over_the_points():
    panel = Panel.from_frames(frame())
    found = target_weights([1, 2, 3], {"b": 3.0, "a": 1.0}, panel, 3).numpy()
    # 40 points of weight 1 and 60 of weight 3 are 220 over 100 points.
    np.testing.assert_allclose(found, np.outer([1 / 2.2, 3 / 2.2], [0.5, 1.0, 1.5]), rtol=1e-6)
    assert target_weights("equal", None, panel, 3) is None


def forecasts(make, y, **settings):
    return make(**SHORT, **settings).fit(y).predict([1, 2, 3]).to_numpy()


def test_equal_weights_change_nothing(make):
    y = frame()
    expected = forecasts(make, y)
    alike = forecasts(make, y, horizon_weights=[2, 2, 2], series_weights={"a": 5, "b": 5})
    np.testing.assert_allclose(alike, expected, rtol=1e-4)


@pytest.mark.parametrize("linear_base", [True, False])
def test_only_ratios_matter(make, linear_base):
    y = frame()
    some, more = (
        forecasts(
            make,
            y,
            linear_base=linear_base,
            horizon_weights=np.array([1.0, 2.0, 0.0]) * unit,
            series_weights=pd.Series({"a": 1.0, "b": 0.25}) * unit,
        )
        for unit in (1, 1e-6)
    )
    np.testing.assert_allclose(some, more, rtol=1e-4)


@pytest.mark.parametrize("linear_base", [True, False])
@pytest.mark.parametrize("forecaster", [DLinearForecaster, SigmaForecaster])
def test_a_series_of_weight_zero_teaches_nothing(forecaster, linear_base):
    """The others are forecast as if it were another series altogether.

    Batch normalisation would see all series, whatever they weigh.
    """
    y = frame((60, 60))
    other = y.copy()
    other.loc["b"] = np.random.default_rng(1).normal(size=(60, 1)).cumsum(axis=0)

    def both(**weights):
        settings = {"linear_base": linear_base, "pretrained": None, "max_epochs": 2}
        settings |= {"random_state": 0, **weights}
        return (forecasts(forecaster, data, **settings)[:3] for data in (y, other))

    one, two = both(series_weights={"a": 1.0, "b": 0.0})
    np.testing.assert_allclose(one, two, rtol=1e-4)
    one, two = both()
    assert np.abs(one - two).max() > 1e-3


def test_weights_of_series_decide_what_the_regression_learns():
    y = opposite()
    settings = {"pretrained": None, "max_epochs": 1, "random_state": 0, **SHORT}

    def forecast(weights):
        fitted = DLinearForecaster(series_weights=weights, **settings).fit(y)
        return fitted.predict([1]).loc["turns"].to_numpy().item()

    expected = -np.sign(y.loc["turns"].to_numpy()[-1].item())
    assert forecast({"same": 0.0, "turns": 1.0}) == pytest.approx(expected, abs=0.2)


def test_a_step_of_weight_zero_is_not_learned():
    """Its weights stay where the first draw put them; the other's do not."""
    y = pd.Series(wave(80))
    settings = {
        "linear_base": False,
        "validation_fraction": 0.0,
        "random_state": 0,
        "max_epochs": 3,
    }
    settings |= {"context_length": 8, "prediction_length": 2, "initial": "average"}
    fitted = DLinearForecaster(horizon_weights=[1.0, 0.0], **settings).fit(y)
    first, second = fitted.network_.season.weight.detach().squeeze()
    np.testing.assert_allclose(second, 1 / 8)
    assert (first - 1 / 8).abs().max() > 0.01


BAD = {
    "too few steps": ({"horizon_weights": [1, 2]}, "horizon_weights must hold .* 3 steps .* got 2"),
    "too many": ({"horizon_weights": [1] * 4}, "horizon_weights must hold .* 3 steps .* got 4"),
    "nan": ({"horizon_weights": [1, np.nan, 1]}, "horizon_weights must be .*nan"),
    "negative": ({"horizon_weights": [1, -1, 1]}, "horizon_weights must be .*-1"),
    "zeros": ({"horizon_weights": np.zeros(3)}, "horizon_weights must be .*not all of them zero"),
    "a table": ({"horizon_weights": np.ones((3, 1))}, "horizon_weights must be"),
    "a word": ({"horizon_weights": "linear"}, "horizon_weights must be .*'linear'"),
    "an unknown series": (
        {"series_weights": {"a": 1, "b": 1, "c": 1}},
        "series_weights must name series of y, got 'c'; y has 'a', 'b'",
    ),
    "a missing series": (
        {"series_weights": {"a": 1}},
        "series_weights must hold a number for every series of y, but 'b' has none",
    ),
    "a list": ({"series_weights": [1, 2]}, "series_weights must be None, or a dict"),
    "a negative one": ({"series_weights": {"a": 1, "b": -1}}, "series_weights must be"),
    "a missing one": ({"series_weights": pd.Series({"a": 1, "b": np.nan})}, "series_weights must"),
    "all zero": ({"series_weights": {"a": 0, "b": 0}}, "series_weights must be .*not all"),
    "a name twice": ({"series_weights": pd.Series([1, 2, 3], list("aab"))}, "series_weights must"),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_weights_are_named_before_training(case):
    settings, message = BAD[case]
    forecaster = DLinearForecaster(**SHORT, **settings)
    with pytest.raises(ValueError, match=message):
        forecaster.fit(frame())
    assert not hasattr(forecaster, "model_")


def test_a_single_series_has_no_name():
    with pytest.raises(ValueError, match="series_weights must be None for a single series"):
        DLinearForecaster(series_weights={"a": 1}).fit(pd.Series(wave(40)), fh=[1])


def test_series_of_several_levels_and_after_an_update(make):
    y = pd.concat({"top": frame()}, names=["region"])
    weights = {("top", "a"): 1.0, ("top", "b"): 2.0}
    forecaster = make(series_weights=weights, horizon_weights=[3, 2, 1], **SHORT).fit(y)
    more = {
        ("top", name): pd.DataFrame({"y": wave(5)}, range(n, n + 5))
        for name, n in (("a", 40), ("b", 60))
    }
    forecaster.update(pd.concat(more, names=["region", "id", "t"]))
    assert np.isfinite(forecaster.predict([1, 2])).all(axis=None)


def test_a_reconstruction_is_weighed_by_series_alone():
    settings = {"linear_base": False, "max_epochs": 1, "random_state": 0, "hidden_size": 4}
    forecaster = MultiScaleAutoencoderForecaster(
        horizon_weights=[1, 0, 0], series_weights={"a": 1, "b": 2}, **settings, **SHORT
    )
    assert np.isfinite(forecaster.fit(frame()).predict([1])).all(axis=None)
