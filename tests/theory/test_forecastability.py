"""Forecastability of arrays and the gap of Theorem 4.2."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skscale.operators import ContinuousScale, MaxPooling, MovingAverage
from skscale.theory import forecastability, quantization_gap

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 96)).cumsum(axis=1)


def test_forecastability_is_one_minus_the_spectral_entropy():
    power = np.abs(np.fft.fft(X - X.mean(1, keepdims=True), axis=1)) ** 2
    p = np.maximum(power / power.sum(1, keepdims=True), 1e-300)
    expected = 1 + (p * np.log(p)).sum(1) / np.log(96)
    np.testing.assert_allclose(forecastability(X), expected)
    tensor = forecastability(torch.from_numpy(X))
    np.testing.assert_allclose(tensor, expected)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=6, deadline=None)
def test_every_gap_is_at_least_its_bound(seed):
    rng = np.random.default_rng(seed)
    x = np.concatenate((rng.normal(size=(3, 64)), rng.normal(size=(3, 64)).cumsum(axis=1)))
    result = quantization_gap(x, scales=range(1, 9))
    assert (result.lower_bound >= 0).all()
    assert (result.gap >= result.lower_bound).all()
    assert (result.gap >= result.uniform_gap).all()
    assert (result.uniform_gap >= 0).all()


def test_bounds_are_not_all_trivial():
    result = quantization_gap(X)
    assert (result.lower_bound > 1e-6).mean() > 0.5
    assert len(result.curve) == len(result.scales) == 151


@pytest.mark.parametrize("operator", [MaxPooling(), MovingAverage()])
def test_the_scales_found_are_the_best(operator):
    result = quantization_gap(X, operator, scales=range(1, 7), step=0.25)
    values = [
        forecastability(ContinuousScale(operator, s, grid="full").fit_transform(X))
        for s in result.scales
    ]
    np.testing.assert_allclose(np.mean(values, axis=1), result.curve)
    np.testing.assert_array_equal(result.scales[np.argmax(values, axis=0)], result.uniform_scale)
    whole = np.arange(0, 21, 4)
    best = 1 + np.argmax(np.array(values)[whole], axis=0)
    np.testing.assert_array_equal(best, result.discrete_scale)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: forecastability(X[0]), "X must have shape .n_samples, n_timepoints."),
        (lambda: forecastability(X * np.inf), "contains NaN or infinity"),
        (lambda: forecastability(torch.ones(3)), "X must be finite and have shape"),
        (lambda: quantization_gap(X, scales=(1, 2.5)), "scale must be a whole number"),
        (lambda: quantization_gap(X, scales=(1, 97)), "larger than the series"),
        (lambda: quantization_gap(X, step=0), "step must be in"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
