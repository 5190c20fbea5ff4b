"""Quantiles and intervals, for every forecaster."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import norm
from sktime.datasets import load_airline
from sktime.forecasting.base import BaseForecaster
from sktime.split import ExpandingWindowSplitter
from sktime.utils._testing.hierarchical import _make_hierarchical

from skscale.forecasting import NLinearForecaster, SigmaForecaster
from skscale.forecasting._held_out import (
    Errors,
    Expected,
    error_quantiles,
    learn_spread,
    mean_errors,
    relative_errors,
    trained_factor,
)
from skscale.forecasting._intervals import Spread, TrainedOffsets, seasonal_changes
from skscale.pretrained import load
from skscale.training import Batch, SeriesBuffer, Windows

from .conftest import wave

ALPHA = [0.025, 0.1, 0.5, 0.9, 0.975]
SOURCES = ["conformal", "network"]


def ends(forecaster, fh=None, X=None, coverage=0.8):
    """Lower and upper ends of one channel's intervals."""
    found = forecaster.predict_interval(fh, X, coverage)
    return found.iloc[:, 0].to_numpy(), found.iloc[:, 1].to_numpy()


def width(forecaster, fh=None, X=None):
    lower, upper = ends(forecaster, fh, X)
    return upper - lower


@pytest.mark.parametrize("source", SOURCES)
def test_quantiles_never_cross_and_the_median_is_the_forecast(make, panel, source):
    forecaster = make(context_length=12, prediction_length=3, intervals=source).fit(panel)
    fh = [-2, 0, 1, 3, 8]
    alpha = [1e-12, 1e-6, 0.01, 0.3, 0.5, 0.51, 0.8, 0.999]
    found = forecaster.predict_quantiles(fh, alpha=alpha)
    point = forecaster.predict(fh)
    assert list(found.columns) == [(c, a) for c in "ab" for a in alpha]
    for channel in "ab":
        values = found[channel]
        assert np.isfinite(values).all(axis=None)
        assert (np.diff(values) >= 0).all()
        pd.testing.assert_series_equal(values[0.5], point[channel], check_names=False, rtol=0)
    shuffled = forecaster.predict_quantiles(fh, alpha=[0.8, 0.3])
    pd.testing.assert_frame_equal(shuffled, found[shuffled.columns])


@pytest.mark.parametrize("n", [3, 8, 60])
def test_the_source_of_intervals_changes_no_forecast(make, n):
    y = pd.Series(wave(n))
    found = [make(intervals=source).fit(y, fh=[1, 2]).predict() for source in SOURCES]
    pd.testing.assert_series_equal(*found, rtol=0, atol=0)


def test_an_interval_is_a_pair_of_quantiles_and_wider_for_more_coverage(make, series):
    forecaster = make().fit(series, fh=range(1, 7))
    both = forecaster.predict_interval(coverage=[0.8, 0.95])["y"]
    quantiles = forecaster.predict_quantiles(alpha=ALPHA)["y"]
    np.testing.assert_array_equal(both, quantiles[[0.1, 0.9, 0.025, 0.975]])
    assert (both[0.95]["lower"] < both[0.8]["lower"]).all()
    assert (both[0.8]["upper"] < both[0.95]["upper"]).all()


def test_the_variance_is_that_of_the_quantiles(make, series):
    forecaster = make().fit(series, fh=[1, 2])
    middles = (np.arange(50) + 0.5) / 50
    expected = forecaster.predict_quantiles(alpha=middles)["y"].var(axis=1, ddof=0)
    pd.testing.assert_series_equal(
        forecaster.predict_var()["y"], expected, check_names=False, rtol=1e-6
    )


def test_intervals_widen_with_the_step_and_beyond_the_horizon(make, series):
    forecaster = make(prediction_length=4).fit(series)
    # Relative to the window they are the same: one series has one window.
    found = width(forecaster, range(1, 25))
    assert (np.diff(found[:4]) > -1e-6).all()
    assert (np.diff(found[3:]) > 0).all()
    gaps = width(forecaster, [3, 17])
    np.testing.assert_allclose(gaps, found[[2, 16]], rtol=1e-6)


@pytest.mark.parametrize("source", SOURCES)
def test_intervals_scale_with_the_series(make, series, source):
    one, other = (
        make(intervals=source).fit(y, fh=range(1, 5)).predict_interval()
        for y in (series, 1000 * series + 5)
    )
    np.testing.assert_allclose(other, 1000 * one + 5, rtol=1e-4)


@pytest.mark.parametrize("source", SOURCES)
def test_coverage_of_noise_with_known_quantiles(source):
    """A season and normal noise: 80 % lie within 1.28 deviations, at every step."""
    rng = np.random.default_rng(0)
    t = np.arange(1200)
    y = pd.Series(np.sin(2 * np.pi * t / 12) + rng.normal(0, 0.5, 1200))
    forecaster = SigmaForecaster(
        max_epochs=3, season_length=12, prediction_length=6, random_state=0, intervals=source
    ).fit(y[:800])
    found = forecaster.predict_quantiles(range(1, 7), alpha=ALPHA)
    expected = 0.5 * (norm.ppf(0.9) - norm.ppf(0.1))
    np.testing.assert_allclose(found.iloc[:, 3] - found.iloc[:, 1], expected, rtol=0.35)
    inside = []
    for cut in range(800, 1190, 6):
        forecaster.update(y[cut - 6 : cut], update_params=False)
        lower, upper = ends(forecaster, range(1, 7))
        inside.append((lower <= y[cut : cut + 6]) & (y[cut : cut + 6] <= upper))
    assert abs(np.mean(inside) - 0.8) < 0.05


def test_a_random_walk_s_intervals_grow_like_the_root_of_the_step():
    rng = np.random.default_rng(1)
    y = pd.Series(np.cumsum(rng.normal(size=1500)))
    forecaster = SigmaForecaster(
        max_epochs=2, season_length=1, prediction_length=16, random_state=0
    ).fit(y)
    found = width(forecaster, [1, 4, 16, 64])
    normal = norm.ppf(0.9) - norm.ppf(0.1)
    np.testing.assert_allclose(found, normal * np.sqrt([1, 4, 16, 64]), rtol=0.4)


def test_the_head_learns_where_errors_are_large():
    """Noise in proportion to a slow level: the network's intervals follow the level."""
    rng = np.random.default_rng(0)
    level = 1 + 4 * (np.sin(np.arange(1600) / 60) > 0)
    y = pd.Series(10 * level + level * rng.normal(size=1600))
    fitted = {
        source: SigmaForecaster(
            max_epochs=3,
            context_length=8,
            prediction_length=2,
            season_length=1,
            validation_fraction=0.3,
            random_state=0,
            intervals=source,
        ).fit(y[:1500])
        for source in SOURCES
    }
    head = fitted["network"].model_.spread.head
    assert fitted["conformal"].model_.spread.head is None
    assert head.last.weight.abs().max() > 0

    def ratio(forecaster):
        """Width in a stretch of high level over that in one of low level."""
        both = []
        for high in (True, False):
            ends_at = np.flatnonzero((level[:1500] == 5) == high)
            run = [e for e in ends_at if (level[e - 20 : e + 1] == level[e]).all() and e > 100]
            steps = np.array(run[:: max(1, len(run) // 20)]) - 1499
            both.append(width(forecaster, sorted({int(s) for s in steps})).mean())
        return both[0] / both[1]

    assert abs(np.log(ratio(fitted["network"]) / 5)) < abs(np.log(ratio(fitted["conformal"]) / 5))


def test_unseen_series_have_intervals_of_their_own_size(make, panel):
    forecaster = make(context_length=12, prediction_length=3).pretrain(panel.loc[["p", "q"]])
    new = pd.Series(wave(40, seed=5), index=pd.date_range("2022", periods=40), name="a")
    y = pd.DataFrame({"a": new, "b": 100 * new})
    small, large = (forecaster.fit(k * y).predict_interval([1, 2]) for k in (1, 7))
    np.testing.assert_allclose(large, 7 * small, rtol=1e-4)
    wide = np.diff(small["b"], axis=1) / np.diff(small["a"], axis=1)
    assert (wide > 20).all()
    assert (wide < 500).all()


def test_with_exogenous_columns(make):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=90)})
    y = 5 * X["x"] + rng.normal(0, 0.1, 90)
    forecaster = make(prediction_length=4).fit(y[:80], X=X[:80])
    found = forecaster.predict_quantiles(range(1, 9), X[80:88], ALPHA)
    point = forecaster.predict(range(1, 9), X[80:88])
    np.testing.assert_array_equal(found.iloc[:, 2], point)
    # What the column explains is no uncertainty: the deviation of y is five.
    assert np.median(width(forecaster, range(1, 9), X[80:88])) < 2 * 1.28 * y.std()


def test_in_sample_intervals_are_those_of_one_step_ahead(make, series):
    forecaster = make(prediction_length=4).fit(series[:-2])
    ahead = forecaster.predict_interval([1])
    inside = forecaster.update(series[-2:], update_params=False).predict_interval([-1])
    pd.testing.assert_frame_equal(inside, ahead, rtol=1e-5)
    every = forecaster.predict_interval(range(-59, 1))
    assert len(every) == 60
    assert (every.iloc[:, 0] < every.iloc[:, 1]).all()


@pytest.mark.parametrize("update_params", [True, False])
def test_after_update(make, series, update_params):
    forecaster = make().fit(series[:50], fh=[1, 2])
    found = forecaster.update(series[50:], update_params=update_params).predict_interval()
    assert list(found.index) == list(pd.period_range("2005-01", periods=2, freq="M"))
    assert (found.iloc[:, 0] < found.iloc[:, 1]).all()


def test_a_constant_channel_has_no_width(make):
    y = pd.DataFrame({"a": wave(40), "b": np.full(40, 1 / 3)})
    found = make().fit(y, fh=[1, 2]).predict_interval()
    assert (found["b"] == 1 / 3).all(axis=None)
    assert (found["a"].iloc[:, 0] < found["a"].iloc[:, 1]).all()
    alone = make().fit(pd.Series(np.full(20, 7.0)), fh=[1]).predict_interval()
    assert (alone == 7.0).all(axis=None)


def test_hierarchies_keep_their_index(make):
    y = _make_hierarchical((2, 3), min_timepoints=24, max_timepoints=24, random_state=0)
    forecaster = make().fit(y, fh=[1, 2])
    found = forecaster.predict_interval(coverage=[0.5, 0.9])
    assert found.index.equals(forecaster.predict().index)


@pytest.mark.parametrize("n", [2, 3, 5, 9])
@pytest.mark.parametrize("source", SOURCES)
def test_short_series(make, n, source):
    y = pd.Series([1.0, 3.0, 2.0, 5.0, 4.0, 4.5, 6.0, 5.0, 7.0][:n])
    lower, upper = ends(make(intervals=source).fit(y), range(1, 9))
    assert np.isfinite(upper - lower).all()
    assert (lower < upper).all()


def test_without_validation(make, series):
    """Errors of windows trained on count, and are known to be too small."""
    forecaster = make(validation_fraction=0.0).fit(series, fh=range(1, 4))
    lower, upper = ends(forecaster)
    assert (lower < upper).all()
    assert (upper - lower < np.ptp(series)).all()


@pytest.mark.parametrize("source", SOURCES)
def test_pickles(make, series, source):
    forecaster = make(intervals=source).fit(series, fh=[1, 2])
    found = pickle.loads(pickle.dumps(forecaster)).predict_interval()
    pd.testing.assert_frame_equal(found, forecaster.predict_interval(), rtol=0, atol=0)


def test_one_jump_in_a_panel_leaves_the_intervals_of_the_others():
    def widths(jump):
        frames = {i: pd.DataFrame({"y": wave(60, seed=i)}) for i in range(12)}
        frames[0].iloc[-3:] += jump
        y = pd.concat(frames, names=["i", "t"])
        found = SigmaForecaster(max_epochs=1, random_state=0).fit(y, fh=[1, 2]).predict_interval()
        return np.diff(found.loc[1:]).mean()

    assert widths(1e6) < 3 * widths(0)


def test_wrong_source():
    with pytest.raises(ValueError, match=r"intervals must be one of .*'network'\], got 'bayes'"):
        SigmaForecaster(intervals="bayes").fit(pd.Series(wave(40)))


def test_moving_cutoffs_equal_the_loop(make, series):
    """Points of all cut-offs, from the same passes as their quantiles."""
    forecaster = make().fit(series[:40], fh=[1, 2])
    cv = ExpandingWindowSplitter(initial_window=2, step_length=6, fh=[1, 2])
    quick = forecaster.update_predict(series[40:], cv=cv, update_params=False)
    loop = BaseForecaster._predict_moving_cutoff(
        forecaster, series[40:].to_frame(), cv, None, update_params=False
    )
    np.testing.assert_allclose(quick, loop, rtol=1e-5)


# The parts


def errors(values, weight=None):
    values = np.asarray(values, dtype=float)
    weight = np.ones_like(values) if weight is None else weight
    none, chosen = np.full_like(values, np.nan), torch.arange(len(values))
    return Errors(values, weight, none, np.ones(values.shape[-1]), chosen, 1)


def test_without_windows_the_prior_is_all():
    prior = Expected(level=2.0, growth=0.5)
    none = errors(np.zeros((0, 4, 1)))
    np.testing.assert_allclose(mean_errors(none, prior)[:, 0], 2 * np.sqrt([1, 2, 3, 4]))


def test_many_windows_outweigh_the_prior():
    rng = np.random.default_rng(0)
    scale = np.array([1.0, 3.0, 2.0, 4.0])[:, None] * np.array([1.0, 2.0])
    found = errors(rng.normal(size=(20_000, 4, 2)) * scale / np.sqrt(2 / np.pi))
    width = mean_errors(found, Expected())
    # Steps two and three share what they know.
    np.testing.assert_allclose(width, np.outer([1, 2.5, 2.5, 4], [1, 2]), rtol=0.02)
    shape = error_quantiles(found.values / scale, found, Expected())
    probability = 1 / (1 + np.exp(-np.linspace(-9, 9, 181)))
    inner = (probability > 0.02) & (probability < 0.98)
    expected = norm.ppf(probability) / np.sqrt(2 / np.pi)
    np.testing.assert_allclose(shape[inner], expected[inner], atol=0.06)


def test_seasonal_changes_are_those_of_observed_values():
    x = torch.tensor([[5.0, 5.0, 1.0, 4.0, 2.0, 8.0]]).unsqueeze(-1)
    mask = torch.tensor([[False, False, True, True, True, True]])
    total, count = seasonal_changes(x, mask, 2)
    assert float(total) == abs(2 - 1) + abs(8 - 4)
    assert int(count) == 2
    by_value = seasonal_changes(x, mask.unsqueeze(-1), 2)
    assert by_value == (total, count)


def test_a_spread_in_plain_numbers():
    shape = np.linspace(-9, 9, 181)  # the logit itself
    spread = Spread(1, np.array([2.0]), np.array([[1.0], [3.0]]), 0.5, shape, 20.0)
    x = torch.tensor([0.0, 1.0, 0.0]).reshape(1, 3, 1)
    batch = Batch(x, x, None, None, None, None, x, x)
    unit = (2 * 1 + 10 * 2) / 12
    ahead = torch.full((1, 8, 1), 100.0)
    found = spread.quantiles(ahead, batch, [0.5, 1 / (1 + np.exp(-2.0))])
    assert (found[0] == 100).all()
    expected = unit * 2 * np.array([1, 3, 3 * 1.5**0.5, 3 * 2**0.5])
    np.testing.assert_allclose(found[1, 0, :4, 0] - 100, expected, rtol=1e-5)


def plain_spread(n_windows):
    """Errors have the logit itself for quantile, at every step."""
    one = np.ones(1)
    return Spread(1, one, one[:, None], 0.5, np.linspace(-9, 9, 181), n_windows)


LEVELS = (0.1, 0.5, 0.8)


def trained_offsets(share):
    """Three quantiles of two windows: narrow and wide below, alike above."""
    values = torch.tensor([[-1.0, 0.0, 2.0], [-3.0, 0.0, 2.0]], dtype=torch.float64)
    return TrainedOffsets(LEVELS, values.reshape(2, 1, 1, 3), torch.tensor(share).reshape(2, 1, 1))


def test_trained_offsets_are_linear_in_the_logit():
    alpha = [1e-12, 0.01, 0.1, 0.3, 0.5, 0.7, 0.8, 0.95]
    found = trained_offsets([1.0, 1.0]).at(alpha)[:, :, 0, 0].numpy()

    def line(p, slope):
        return slope * max(np.log(p / (1 - p)), -9)

    below, above = np.log(9), 2 / np.log(4)
    for p, row in zip(alpha, found, strict=True):
        slopes = (1 / below, 3 / below) if p < 0.5 else (above, above)
        np.testing.assert_allclose(row, [line(p, slope) for slope in slopes], rtol=1e-12)
    assert (found[4] == 0).all()


def test_trained_weights_count_as_forty_windows():
    x = torch.tensor([[0.0, 1.0, 0.0]] * 2).unsqueeze(-1)  # changes of one
    batch = Batch(x, x, None, None, None, None, x, x)
    ahead = torch.full((2, 1, 1), 100.0, dtype=torch.float64)

    def quantiles(n_windows, share, factor=1.0):
        spread, trained = plain_spread(n_windows), trained_offsets(share)
        spread.trained_factor.fill_(factor)
        return spread.quantiles(ahead, batch, LEVELS, trained)[:, :, 0, 0].numpy() - 100

    held_out = np.log([1 / 9, 1.0, 4.0])[:, None]
    trained = np.array([[-1, -3], [0, 0], [2, 2]])
    assert (quantiles(10.0, [1.0, 0.5])[1] == 0).all()
    np.testing.assert_allclose(quantiles(0.0, [1.0, 1.0]), trained)
    np.testing.assert_allclose(quantiles(40.0, [1.0, 1.0]), (held_out + trained) / 2, rtol=1e-6)
    doubled = (held_out + 2 * trained) / 2
    np.testing.assert_allclose(quantiles(40.0, [1.0, 1.0], 2.0), doubled, rtol=1e-6)
    # Weights that have no part in a forecast have none in its quantiles.
    found = quantiles(120.0, [0.0, 1.0])
    np.testing.assert_allclose(found[:, :1], held_out, rtol=1e-6)
    np.testing.assert_allclose(found[:, 1:], 0.75 * held_out + 0.25 * trained[:, 1:], rtol=1e-6)


@pytest.mark.parametrize("source", SOURCES)
def test_intervals_with_trained_weights(make, source):
    """Around the forecast, never crossing, in the series' units, behind the weights' horizon."""
    y = load_airline()[:60]
    alpha = [1e-9, 0.025, 0.06, 0.5, 0.8, 0.99]

    def fitted(values):
        return make(pretrained="auto", intervals=source).fit(values, fh=range(1, 31))

    forecaster = fitted(y)
    fh = [-3, 0, 1, 12, 18, 30]
    found = forecaster.predict_quantiles(fh, alpha=alpha)
    assert np.isfinite(found).all(axis=None)
    assert (np.diff(found) >= 0).all()
    median = found.iloc[:, 3]
    pd.testing.assert_series_equal(median, forecaster.predict(fh), check_names=False, rtol=0)
    other = fitted(1000 * y).predict_quantiles(fh, alpha=alpha)
    np.testing.assert_allclose(other, 1000 * found, rtol=1e-4)


def test_intervals_of_noise_widen_less_than_those_of_a_walk():
    """Sixteen years leave too few held-out windows to tell; the weights see it."""
    years = pd.period_range("1990", periods=16, freq="Y")
    noise = np.random.default_rng(0).normal(size=16)

    def widening(values):
        found = width(SigmaForecaster(random_state=0).fit(pd.Series(values, years), fh=range(1, 7)))
        return found[-1] / found[0]

    assert widening(100 + noise) < 0.7 * widening(100 + np.cumsum(noise))


def test_without_held_out_windows_quantiles_are_the_weights_own():
    y = load_airline()[:60]
    forecaster = SigmaForecaster(random_state=0).fit(y, fh=range(1, 13))
    forecaster.model_.spread.n_windows = 0.0
    forecaster.model_.spread.trained_factor.fill_(1.0)
    found = forecaster.predict_quantiles(alpha=[0.05, 0.5, 0.9]).to_numpy()
    net = load("seasonal-12")
    places = [net.quantile_levels.index(level) for level in (0.05, 0.5, 0.9)]
    trained = net.quantiles(torch.tensor(y.to_numpy())[None], steps=12)[0][:, places].numpy()
    offsets = trained - trained[:, 1:2]
    np.testing.assert_allclose(found - found[:, 1:2], offsets, rtol=1e-4, atol=1e-3)


def test_errors_beyond_trained_offsets_by_hand():
    """The quantiles of one tenth and nine are -1 or -3, and 2 * log(9) / log(4)."""
    error = torch.tensor([[[2.0]], [[-6.0]]], dtype=torch.float64)
    trained = trained_offsets([1.0, 1.0])
    found = trained.beyond(error).flatten().numpy()
    np.testing.assert_allclose(found, [np.log(4) / np.log(9), 2.0])
    zero = trained._replace(values=torch.zeros_like(trained.values))
    assert zero.beyond(0 * error).tolist() == [[[0.0]], [[0.0]]]
    assert (zero.beyond(error) > 1e30).all()


def test_trained_offsets_are_scaled_to_hold_eight_errors_in_ten():
    """Of 1, ..., 10 intervals' ends eight lie within eight; few windows do not say so alone."""
    beyond = np.arange(1.0, 11.0).reshape(10, 1, 1)
    known = errors(np.zeros((10, 1, 1)))._replace(beyond=beyond)
    prior = Expected(trained=0.5, for_trained=10)
    assert trained_factor(known, prior) == pytest.approx(np.sqrt(8 * 0.5))
    assert trained_factor(known, prior._replace(for_trained=0)) == pytest.approx(8)
    # What weights take no part in does not count, nor what is not observed.
    unknown = np.where(beyond > 5, np.nan, beyond)
    expected = 4 ** (1 / 3) * 0.5 ** (2 / 3)
    assert trained_factor(known._replace(beyond=unknown), prior) == pytest.approx(expected)
    unobserved = known._replace(weight=(beyond <= 5).astype(float))
    assert trained_factor(unobserved, prior) == pytest.approx(expected)
    assert trained_factor(errors(np.zeros((10, 1, 1))), prior) == 0.5
    assert trained_factor(errors(np.zeros((0, 1, 1))), prior) == 0.5
    assert Expected.of(24).trained > Expected.of(12).trained == 1.0


def test_a_panel_s_windows_do_not_silence_the_weights():
    """Those of other series say little of one that is calmer: its own window, and weights, do."""
    months = pd.period_range("2015-01", periods=60, freq="M")
    rng = np.random.default_rng(0)
    frames = {i: pd.DataFrame({"y": 100 + rng.normal(size=60)}, months) for i in range(20)}
    y = pd.concat(frames, names=["i", "t"])
    spread = SigmaForecaster(random_state=0).fit(y, fh=[1, 2, 3]).model_.spread
    alone = SigmaForecaster(random_state=0).fit(frames[0], fh=[1, 2, 3]).model_.spread
    assert spread.n_windows == pytest.approx(alone.n_windows)
    assert 0.8 < float(spread.trained_factor) < 1.25


def test_overlapping_windows_are_not_news():
    """Windows of one series say less than as many of several series do."""
    torch.manual_seed(0)

    def zero(windows, index):
        return torch.zeros(len(index), 8, 1), None

    def windows_of(n_series):
        n = 160 // n_series
        offsets = torch.arange(0, 161, n)
        one = torch.ones(n_series, 1)
        buffer = SeriesBuffer(torch.randn(160, 1), offsets, 0 * one, one)
        cuts = torch.full((n_series,), 4)
        last = torch.full((n_series,), n - 8)
        return Windows(buffer, 4, 8, cuts, last)

    one, many = (relative_errors(zero, windows_of(n), 1) for n in (1, 10))
    # 149 windows of one series, five of each of ten.
    step = np.arange(1, 9)
    np.testing.assert_allclose(one.weight.sum(axis=0)[:, 0], 1 + 148 / step)
    np.testing.assert_allclose(many.weight.sum(axis=0)[:, 0], 10 * (1 + 4 / step))
    assert learn_spread(zero, windows_of(1), 1, False).width.shape == (8, 1)


@pytest.mark.parametrize("intervals", ["conformal", "network"])
def test_intervals_with_missing_values(make, intervals):
    y = pd.DataFrame({"a": wave(), "b": 100 * wave(seed=1)})
    y.iloc[[3, 20, 58], 0] = np.nan
    y.iloc[40:45, 1] = np.nan
    found = make(intervals=intervals).fit(y, fh=range(1, 7)).predict_interval(coverage=0.9)
    assert np.isfinite(found).all(axis=None)
    for column in ("a", "b"):
        assert (found[column, 0.9, "lower"] < found[column, 0.9, "upper"]).all()


def test_intervals_widen_with_the_values_missing_at_the_end(make, series):
    """The first step behind ten missing months is as unsure as the eleventh."""
    settings = {"context_length": 24, "prediction_length": 12}
    late = series.astype(float).copy()
    late.iloc[-10:] = np.nan

    def width(y, step):
        found = make(**settings).fit(y).predict_interval(fh=[step], coverage=0.9).iloc[0]
        return found.iloc[1] - found.iloc[0]

    assert width(late, 1) > 1.2 * width(series, 1)
    assert width(late, 12) > width(late, 1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (95, "sequence of such, got 95; 95 % is 0.95"),
        (0, "got 0$"),
        (1.0, "got 1.0$"),
        (1.5, "got 1.5"),
        (-0.1, "got -0.1"),
        ("a", "got 'a'"),
        (True, "got True"),
        (np.nan, "got nan"),
        ([0.5, 2], "got 2"),
        ([], r" hold at least one probability, got \[\]"),
        ([0.5, 0.5], r" hold every probability once, got \[0.5, 0.5\]"),
        ([None], "got None"),
    ],
)
def test_what_is_no_probability_is_named(quick, wrong, message, monkeypatch):
    monkeypatch.setattr(type(quick.model_), "predict", None)  # nothing is computed
    for name, ask in [("coverage", quick.predict_interval), ("alpha", quick.predict_quantiles)]:
        with pytest.raises(ValueError, match=f"^{name} must.*{message}"):
            ask(**{name: wrong})


def test_probabilities_come_in_any_sequence(quick):
    expected = quick.predict_quantiles(alpha=[0.25, 0.5])
    for same in ((0.25, 0.5), np.array([0.25, 0.5]), pd.Series([0.25, 0.5])):
        pd.testing.assert_frame_equal(quick.predict_quantiles(alpha=same), expected)
    assert list(quick.predict_quantiles().columns.get_level_values(1)) == [0.05, 0.95]


@pytest.fixture(scope="module")
def quick():
    y = pd.Series(np.arange(30.0) % 4)
    return NLinearForecaster(pretrained=None, max_epochs=1).fit(y, fh=[1])
