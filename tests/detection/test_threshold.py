"""Thresholds on scores whose distribution is known."""

import numpy as np
import pytest
from scipy import stats

from skscale.detection._threshold import extreme_threshold, quantile_threshold


def scores(distribution, n=4000):
    """Its quantiles, evenly spaced, in no order."""
    values = distribution.ppf((np.arange(n) + 0.5) / n)
    return np.random.default_rng(0).permutation(values)


@pytest.mark.parametrize("rate", [0.01, 1e-3, 1e-4, 1e-5])
@pytest.mark.parametrize(
    "distribution", [stats.expon(1), stats.genpareto(0.2), stats.genpareto(-0.1), stats.uniform(3)]
)
def test_a_known_tail_is_found_beyond_the_data(distribution, rate):
    found = extreme_threshold(scores(distribution), rate)
    assert found == pytest.approx(distribution.isf(rate), rel=0.05)


def test_a_wilder_tail_is_held_in_bounds():
    found = extreme_threshold(scores(stats.genpareto(2.0)), 1e-4)
    assert scores(stats.genpareto(2.0)).mean() < found < stats.genpareto(2.0).isf(1e-4)


def test_of_few_exceedances_the_tail_is_exponential():
    values = np.arange(1.0, 41.0)  # 36.1 is the 90th percentile
    excess = values[values > 36.1] - 36.1
    assert extreme_threshold(values, 0.01) == pytest.approx(36.1 + np.log(10) * excess.mean())


def test_a_rate_within_the_data_is_their_quantile():
    values = np.random.default_rng(0).permutation(np.arange(1.0, 102.0))
    assert quantile_threshold(values, 0.1) == 91
    assert extreme_threshold(values, 0.2) == 81


@pytest.mark.parametrize("find", [extreme_threshold, quantile_threshold])
@pytest.mark.parametrize("values", [np.zeros(50), np.zeros(1), np.full(50, 1e-9)])
def test_rounding_is_no_anomaly(find, values):
    assert find(values, 0.01) == 0.1


def test_equal_scores_have_no_tail():
    assert extreme_threshold(np.full(50, 3.0), 1e-3) == 3.0
