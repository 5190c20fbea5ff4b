"""The detector as users call it."""

import numpy as np
import pandas as pd
import pytest
from sktime.forecasting.compose import TransformedTargetForecaster
from sktime.transformations.series.detrend import Detrender

import skscale
from skscale import MultiScaleAnomalyDetector, NLinearForecaster, SigmaForecaster
from skscale.detection import _fitting
from skscale.operators import AveragePooling
from tests.detection.series import season, small

MODELS = {"both": {}, "forecasts": {"autoencoder": "drop"}, "windows": {"forecaster": "drop"}}


@pytest.fixture(scope="module")
def fitted():
    return {
        name: MultiScaleAnomalyDetector(**small(**kept)).fit(season(columns="ab"))
        for name, kept in MODELS.items()
    }


def later(n=96, seed=1):
    return season(n, "2024-01-11", "ab", seed)  # follows the 240 hours of `season`


def with_spike(n=96, at=40, size=4.0):
    X = later(n)
    X.iloc[at, 0] += size
    return X


@pytest.mark.parametrize("name", MODELS)
def test_a_spike_stands_out_alone(fitted, name):
    found = fitted[name].transform_scores(with_spike())["scores"]
    assert found.index.equals(later().index)
    assert found.idxmax() == later().index[40]
    regular = fitted[name].transform_scores(later())["scores"]
    assert found.iloc[40] > 3 * regular.max()
    assert 40 in fitted[name].predict(with_spike())["ilocs"].to_list()


@pytest.mark.parametrize("name", MODELS)
def test_points_scores_and_labels_agree(fitted, name):
    X, detector = with_spike(), fitted[name]
    points = detector.predict(X)["ilocs"].to_numpy()
    scores = detector.transform_scores(X)["scores"].to_numpy()
    np.testing.assert_array_equal(points, np.flatnonzero(scores > detector.threshold_))
    np.testing.assert_array_equal(detector.predict_scores(X)["scores"], scores[points])
    np.testing.assert_array_equal(np.flatnonzero(detector.transform(X)["labels"]), points)
    np.testing.assert_array_equal(detector.predict_points(X)["ilocs"], points)


def test_scores_are_the_largest_of_a_model_and_the_mean_of_both(fitted):
    X = with_spike()
    parts = fitted["both"].scores_by_scale(X)
    assert parts.columns.names == ["model", "scale", "column"]
    assert parts.shape == (96, 2 * 3 * 2)
    of_models = parts.T.groupby(level="model").max().mean()
    scores = fitted["both"].transform_scores(X)["scores"]
    pd.testing.assert_series_equal(of_models, scores, check_names=False, check_freq=False)
    assert parts.iloc[40].idxmax()[1:] == (1, "a")


def test_segments_join_what_is_near(fitted, monkeypatch):
    detector = fitted["both"].clone()
    detector.max_gap, detector.threshold_, detector._is_fitted = 2, 1.0, True
    detector._scorer = fitted["both"]._scorer
    scores = np.zeros(20)
    scores[[0, 3, 4, 8, 19]] = 2.0
    monkeypatch.setattr(type(detector._scorer), "scores", lambda self, rows: scores)
    found = detector.predict_segments(later(20))["ilocs"]
    assert [(one.left, one.right) for one in found] == [(0, 5), (8, 9), (19, 20)]
    scores[:] = np.nan
    assert len(detector.predict_segments(later(20))) == 0


@pytest.mark.parametrize("name", MODELS)
def test_scores_depend_on_the_past_alone_where_no_window_reaches(fitted, name):
    """What comes later moves the scores of no earlier row, but through windows it shares."""
    X = later()
    changed = X.copy()
    changed.iloc[60:] += 50
    one, other = (fitted[name].scores_by_scale(part).iloc[:28] for part in (X, changed))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("name", MODELS)
def test_rows_of_fit_are_the_past_of_those_directly_behind(fitted, name):
    whole = pd.concat([later(), season(48, "2024-01-15", "ab", 3)])
    alone = fitted[name].transform_scores(whole)
    # One row: its only past is that of fit.
    first = fitted[name].transform_scores(whole[:1])
    assert first["scores"].iloc[0] < 2
    assert np.isfinite(alone["scores"]).all()


@pytest.mark.parametrize("start", ["2024-06-01", "2020-01-01", "2024-01-03"])
def test_series_from_elsewhere_are_judged_by_themselves(fitted, start):
    X = season(60, start, "ab", 5)
    X.iloc[30, 1] += 6
    found = fitted["both"].transform_scores(X)["scores"]
    assert found.argmax() == 30
    assert found.iloc[:30].max() < fitted["both"].threshold_
    parts = fitted["both"].scores_by_scale(X).xs("forecast", axis=1).xs(1, axis=1)
    behind_rows_seen = start == "2024-01-03"
    assert parts.iloc[:24].isna().to_numpy().all() == (not behind_rows_seen)


def test_missing_values_are_no_anomalies(fitted):
    X = with_spike()
    X.iloc[50:80] = np.nan
    X.iloc[20, 1] = np.nan
    found = fitted["both"].transform_scores(X)["scores"]
    assert np.flatnonzero(found.isna()).tolist() == list(range(50, 80))
    assert found.idxmax() == X.index[40]
    assert found.iloc[80:].max() < fitted["both"].threshold_
    gaps = season(columns="ab")
    gaps.loc[gaps.index.hour == 5, "b"] = np.nan
    assert np.isfinite(MultiScaleAnomalyDetector(**small()).fit(gaps).threshold_)


@pytest.mark.parametrize("kind", ["Series", "array", "periods", "nullable"])
def test_every_container(kind):
    frame = season()
    X = {
        "Series": frame["a"],
        "array": frame["a"].to_numpy(),
        "periods": frame.set_axis(frame.index.to_period("h")),
        "nullable": frame.astype("Float64"),
    }[kind]
    expected = MultiScaleAnomalyDetector(**small(forecaster="drop")).fit(frame)
    detector = MultiScaleAnomalyDetector(**small(forecaster="drop")).fit(X)
    assert detector.threshold_ == pytest.approx(expected.threshold_)
    np.testing.assert_allclose(detector.transform_scores(X), expected.transform_scores(frame))
    detector.update(X)
    assert len(detector._X) == 240


def test_thresholds_by_their_words():
    X = season()
    X.iloc[100:103] += 3
    scores, thresholds = {}, {}
    for name, rate in {"quantile": 0.1, "contamination": 0.05, "extreme": 1e-4}.items():
        detector = MultiScaleAnomalyDetector(**small(threshold=name, rate=rate)).fit(X)
        scores[name] = detector.transform_scores(X)["scores"]
        thresholds[name] = detector.threshold_
    held_out = scores["quantile"].iloc[168:]  # the last three of ten
    assert thresholds["quantile"] == np.quantile(held_out, 0.9)
    assert (scores["contamination"] > thresholds["contamination"]).sum() == 12
    assert thresholds["extreme"] > held_out.max()


def test_the_same_seed_gives_the_same_scores_and_models_keep_their_own():
    X = season()
    one, two = (MultiScaleAnomalyDetector(**small()).fit(X) for _ in range(2))
    pd.testing.assert_frame_equal(one.transform_scores(X), two.transform_scores(X))
    assert (one.autoencoder_.random_state, one.forecaster_.random_state) == (0, 0)
    own = small(forecaster=NLinearForecaster(max_epochs=1, pretrained=None, random_state=5))
    detector = MultiScaleAnomalyDetector(**own).fit(X)
    assert detector.forecaster_.random_state == 5
    assert detector.forecaster.random_state == 5
    assert detector.autoencoder.random_state is None  # what was given stays as it was


def test_forecasts_of_several_steps_do_not_get_used_to_a_change():
    X = later()
    X.iloc[40:60, 0] += 1.5
    found = {}
    for horizon in (1, 12):
        kept = small(autoencoder="drop", horizon=horizon)
        detector = MultiScaleAnomalyDetector(**kept).fit(season(columns="ab"))
        scores = detector.transform_scores(X)["scores"]
        found[horizon] = scores.iloc[45:55].mean() / scores.iloc[:40].mean()
    assert found[12] > 1.2 * found[1]


def test_pipelines_forecast_too():
    pipeline = TransformedTargetForecaster(
        [Detrender(), NLinearForecaster(max_epochs=1, pretrained=None, random_state=0)]
    )
    X = season()
    X["a"] += np.arange(240) * 0.1
    detector = MultiScaleAnomalyDetector(**small(autoencoder="drop", forecaster=pipeline)).fit(X)
    X.iloc[150] += 3
    assert detector.transform_scores(X)["scores"].argmax() == 150


@pytest.mark.parametrize("name", MODELS)
def test_saved_and_loaded(fitted, name, tmp_path):
    detector = fitted[name]
    detector.save(tmp_path / "one")
    again = skscale.load(tmp_path / "one")
    X = with_spike()
    pd.testing.assert_frame_equal(again.transform_scores(X), detector.transform_scores(X))
    assert again.threshold_ == detector.threshold_
    again.save(tmp_path / "two")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    unfitted = MultiScaleAnomalyDetector(scales=(1, 2))
    unfitted.save(tmp_path / "three")
    assert skscale.load(tmp_path / "three").scales == (1, 2)
    assert not skscale.load(tmp_path / "three").is_fitted


PANEL = pd.concat({"p": season(60), "q": season(60)}, names=["one", "when"])
WRONG = {
    "panel": (PANEL, TypeError, "X must be one series, got a panel"),
    "columns": (season(50, columns="ac"), ValueError, r"columns \['a', 'c'\].*\['a', 'b'\]"),
    "integers": (np.zeros((50, 2)), ValueError, "columns"),
    "index": (later().reset_index(drop=True), TypeError, "index of int64"),
    "uneven": (later().iloc[[0, 1, 5, 6]], ValueError, "followed by 2024-01-11 05:00"),
    "infinite": (later().replace(later().iloc[3, 1], np.inf), ValueError, "'b' of X holds inf"),
    "unsorted": (later()[::-1], ValueError, "not sorted"),
}


@pytest.mark.parametrize(("X", "error", "text"), WRONG.values(), ids=WRONG)
def test_wrong_rows_are_named(fitted, X, error, text):
    with pytest.raises(error, match=text):
        fitted["both"].predict(X)


@pytest.mark.parametrize(
    ("parameters", "X", "error", "text"),
    [
        ({}, season(7), ValueError, "X has 7 rows; .* at least 8"),
        ({}, season(50) * np.nan, ValueError, "column 'a' of X must have two values in its first"),
        ({"window_length": 200}, season(), ValueError, "window_length must be at most 168"),
        ({"forecaster": AveragePooling()}, season(), TypeError, "forecaster must be one of sksc"),
        ({"autoencoder": AveragePooling()}, season(), TypeError, "autoencoder must be a Multi"),
        ({"autoencoder": "drop", "forecaster": "drop"}, season(), ValueError, "nothing is left"),
        ({"scales": (4, 4)}, season(), ValueError, "scales must be each there once"),
    ],
)
def test_wrong_fits_are_named_and_leave_nothing(parameters, X, error, text):
    detector = MultiScaleAnomalyDetector(**small(**parameters))
    with pytest.raises(error, match=text):
        detector.fit(X)
    assert not detector.is_fitted
    assert not hasattr(detector, "threshold_")


def test_a_failed_fit_leaves_an_earlier_one(monkeypatch):
    detector = MultiScaleAnomalyDetector(**small(autoencoder="drop")).fit(season())
    before = detector.transform_scores(season())

    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(_fitting, "ForecastErrors", stop)
    with pytest.raises(KeyboardInterrupt):
        detector.update(season(5, "2024-01-11"))
    pd.testing.assert_frame_equal(detector.transform_scores(season()), before)
    assert len(detector._X) == 240


@pytest.mark.parametrize("name", MODELS)
def test_constants_and_their_first_change(name):
    X = pd.DataFrame({"a": np.full(60, 7.0)})
    detector = MultiScaleAnomalyDetector(**small(**MODELS[name])).fit(X)
    assert len(detector.predict(X)) == 0
    X.iloc[30] = 8.0
    assert detector.transform_scores(X)["scores"].iloc[:20].max() < detector.threshold_
    assert 30 in detector.predict(X)["ilocs"].to_list()


def test_the_default_forecaster_is_sigma_and_windows_are_four_seasons():
    detector = MultiScaleAnomalyDetector(random_state=0).fit(season(300))
    assert isinstance(detector.forecaster_, SigmaForecaster)
    assert detector.window_length_ == 96
    assert detector.autoencoder_.latent_size == 16
