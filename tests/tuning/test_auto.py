import numpy as np
import pandas as pd
import pytest

from skscale.evaluation import backtest
from skscale.forecasting import DLinearForecaster, NLinearForecaster, SigmaForecaster
from skscale.tuning import AutoMultiScale, _auto
from skscale.tuning._blend import blend_weights
from skscale.tuning._splitter import LastWindows

from ..forecasting.conftest import panel, series, wave  # noqa: F401


def quick(kind=DLinearForecaster, **parameters):
    return kind(max_epochs=2, random_state=0, pretrained=None, **parameters)


def test_the_forecast_is_the_weighted_mean_of_the_members(series, monkeypatch):  # noqa: F811
    weights = np.array([0.25, 0.0, 0.75])
    monkeypatch.setattr(_auto, "blend_weights", lambda forecasts, truth: weights)
    auto = AutoMultiScale(forecasters=[quick(), quick(NLinearForecaster)], max_candidates=3)
    auto.set_params(random_state=0).fit(series, fh=[1, 2, 3])
    assert auto.weights_.tolist() == [0.75, 0.25]
    assert auto.forecasters_[1].get_params() == quick().get_params()
    expected = sum(
        w * one.predict([1, 2, 3]).to_numpy().ravel()
        for w, one in zip(auto.weights_, auto.forecasters_, strict=True)
    )
    np.testing.assert_allclose(auto.predict(), expected)
    quantiles = auto.predict_quantiles(alpha=[0.1, 0.5, 0.9])
    np.testing.assert_allclose(quantiles.iloc[:, 1], expected)
    assert (quantiles.iloc[:, 0] < quantiles.iloc[:, 2]).all()


def test_the_leaderboard_holds_the_errors_of_a_backtest(series):  # noqa: F811
    auto = AutoMultiScale(forecasters=[quick(), quick(NLinearForecaster)], max_candidates=3)
    board = auto.set_params(random_state=0).fit(series, fh=[1, 2, 3]).leaderboard_
    assert board["mae"].is_monotonic_increasing
    assert set(board["forecaster"]) == {"DLinearForecaster", "NLinearForecaster"}
    assert board["weight"].sum() == pytest.approx(1)
    plain = board[(board["forecaster"] == "DLinearForecaster") & (board["params"] == {})]
    windows = LastWindows.of(series.to_frame(), 3)
    assert windows.n_windows > 3
    found = backtest(quick(), series, windows, detail=True)
    error = np.abs(found.forecasts - found.truth).mean()
    assert plain["mae"].item() == pytest.approx(error)


def test_no_candidate_is_begun_behind_the_limit(series, monkeypatch):  # noqa: F811
    clock = iter(range(0, 10_000, 10))
    monkeypatch.setattr(_auto, "perf_counter", lambda: float(next(clock)))
    auto = AutoMultiScale(forecasters=[quick()], time_limit=100, random_state=0)
    board = auto.fit(series, fh=[1]).leaderboard_
    # Two readings for each candidate: begun at 10, 30 and 50, ten seconds each.
    assert len(board) == 3
    assert (board["seconds"] == 10).all()


def test_one_candidate_is_tried_however_little_time_there_is(series):  # noqa: F811
    auto = AutoMultiScale(forecasters=[quick()], time_limit=0).fit(series, fh=[1, 2])
    assert auto.weights_.tolist() == [1.0]
    assert np.isfinite(auto.predict()).all()


def test_a_panel_of_unequal_series(panel):  # noqa: F811
    auto = AutoMultiScale(forecasters=[quick()], max_candidates=2, random_state=0)
    found = auto.fit(panel, fh=[1, 2]).predict()
    assert found.shape == (6, 2)
    assert np.isfinite(found).all(axis=None)


def test_columns_are_used():
    x = np.random.default_rng(0).normal(size=80)
    X, y = pd.DataFrame({"x": x}), pd.Series(wave(80) + 5 * x)
    auto = AutoMultiScale(forecasters=[quick()], max_candidates=1).fit(y[:-4], X=X[:-4], fh=[1, 4])
    ahead = X[-4:].copy()
    before = auto.predict(X=ahead)
    ahead["x"] += 1
    assert (auto.predict(X=ahead) - before > 3).all()


def test_series_too_short_to_hold_anything_out():
    auto = AutoMultiScale(random_state=0).fit(pd.Series([1.0, 2.0, 4.0]), fh=[1, 2])
    assert np.isfinite(auto.predict()).all()
    assert auto.leaderboard_["mae"].isna().all()


def test_candidates_that_do_not_suit_the_data_are_left_out(series):  # noqa: F811
    wrong = quick().set_params(max_epochs=0)
    auto = AutoMultiScale(forecasters=[wrong, quick()], max_candidates=2, random_state=0)
    assert len(auto.fit(series, fh=[1]).leaderboard_) == 1
    with pytest.raises(ValueError, match="no candidate can be fitted") as caught:
        AutoMultiScale(forecasters=[wrong], max_candidates=2).fit(series, fh=[1])
    assert "max_epochs must be" in str(caught.value.__cause__)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("time_limit", value) for value in (None, -1, "long", np.nan)),
        *(("forecasters", value) for value in ([], [SigmaForecaster], ["SigmaForecaster"], 3)),
        *(("max_candidates", value) for value in (0, 1.5, True)),
        *(("random_state", value) for value in (-1, "seed")),
        *(("cv", value) for value in (3, "last")),
    ],
)
def test_wrong_parameters_are_named_before_training(name, value, series, monkeypatch):  # noqa: F811
    monkeypatch.setattr(SigmaForecaster, "fit", None)
    with pytest.raises((TypeError, ValueError), match=f"^{name} must be"):
        AutoMultiScale(**{name: value}).fit(series)


def test_infinite_values_are_named():
    y = pd.Series(wave(60))
    y[50] = np.inf
    with pytest.raises(ValueError, match="holds inf at 50"):
        AutoMultiScale().fit(y)


def test_windows_at_the_end_of_every_series():
    index = pd.MultiIndex.from_tuples([(k, t) for k, n in (("b", 20), ("a", 16)) for t in range(n)])
    y = pd.DataFrame({"y": np.arange(36.0)}, index=index)
    cv = LastWindows.of(y, 10)
    assert cv == LastWindows(horizon=4, n_windows=3)
    splits = [(train.tolist(), test.tolist()) for train, test in cv.split(y)]
    last = ([*range(16), *range(20, 32)], [*range(16, 20), *range(32, 36)])
    assert splits[2] == last
    assert splits[0][1] == [*range(12, 16), *range(28, 32)]
    assert LastWindows.of(y[:3], 1) is None


@pytest.mark.parametrize(("n", "n_windows"), [(60, 3), (90, 5), (600, 12)])
def test_longer_series_have_more_windows(n, n_windows):
    y = pd.DataFrame({"y": np.arange(float(n))})
    assert LastWindows.of(y, 10).n_windows == n_windows


def test_the_blend_is_as_good_as_its_best_member_and_better_where_errors_cancel():
    truth = np.zeros((1, 1, 4, 1))
    high, low, worse = (np.full(truth.shape, value) for value in (1.0, -1.0, 5.0))
    np.testing.assert_allclose(blend_weights(np.stack([high, worse, low]), truth), [0.5, 0, 0.5])
    np.testing.assert_allclose(blend_weights(np.stack([worse, high]), truth), [0, 1])


def test_every_series_of_a_blend_counts_in_its_own_unit():
    """The first is better on the small series by half, the second on the large by a tenth."""
    truth = np.zeros((1, 2, 3, 1))
    one, other = np.ones_like(truth), np.ones_like(truth)
    one[:, 0], other[:, 0] = 1.0, 2.0
    one[:, 1], other[:, 1] = 1100.0, 1000.0
    assert blend_weights(np.stack([one, other]), truth, n_steps=1).tolist() == [1, 0]


def test_missing_truths_do_not_count():
    truth = np.zeros((1, 1, 4, 1))
    truth[..., -1, :] = np.nan
    one, other = np.ones_like(truth), np.full(truth.shape, 2.0)
    one[..., -1, :] = 100.0
    assert blend_weights(np.stack([one, other]), truth).tolist() == [1, 0]
