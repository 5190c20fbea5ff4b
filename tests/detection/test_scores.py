"""Errors at several scales, beside a plain form."""

import numpy as np
import pandas as pd
import pytest

from skscale.detection._scores import Units


def plain(errors, scales, n_regular):
    """Means of a pandas window, single errors bounded by two units; units by hand."""
    single = np.nanquantile(errors[:n_regular], 0.95, axis=0)
    found = []
    for scale in scales:
        bounded = errors if scale == 1 else np.minimum(errors, 2 * single)
        # A centred window of an even number has its extra point in the past.
        before, after = scale // 2, (scale - 1) // 2
        rows = []
        for i in range(len(errors)):
            window = pd.DataFrame(bounded[max(0, i - before) : i + after + 1])
            rows.append(window.mean().to_numpy())
        found.append(np.array(rows))
    return np.stack(found)


@pytest.mark.parametrize("scales", [(1,), (1, 4, 16), (5, 2), (300, 1)])
@pytest.mark.parametrize("holes", [False, True])
def test_equal_to_the_plain_form(scales, holes):
    errors = np.abs(np.random.default_rng(0).normal(size=(60, 2)))
    errors[50] *= 20
    if holes:
        errors[[3, 20, 21, 22], 0] = np.nan
    units = Units.of(errors, scales, np.full(2, 1e-9))
    expected = plain(errors, tuple(min(s, 60) for s in scales), 60)
    expected /= np.nanquantile(expected, 0.95, axis=1)[:, None]
    np.testing.assert_allclose(units.scaled(errors, scales), expected, rtol=1e-12)


def test_a_window_without_an_error_is_nan():
    errors = np.ones((9, 1))
    errors[2:7] = np.nan
    found = Units.of(np.ones((9, 1)), (1, 3), np.full(1, 1e-9)).scaled(errors, (1, 3))
    assert np.isnan(found[0, 2:7]).all()
    assert np.flatnonzero(np.isnan(found[1, :, 0])).tolist() == [3, 4, 5]


def test_one_large_error_is_a_matter_of_the_finest_scale():
    rng = np.random.default_rng(0)
    regular = np.abs(rng.normal(size=(400, 1)))
    units = Units.of(regular, (1, 16), np.full(1, 1e-9))
    spike = regular.copy()
    spike[200] = 1000.0
    found = units.scaled(spike, (1, 16))
    assert found[0, 200] > 100
    assert found[1].max() < 1.6


def test_a_unit_is_no_smaller_than_rounding():
    units = Units.of(np.zeros((20, 2)), (1, 4), np.array([0.5, 2.0]))
    np.testing.assert_array_equal(units.averaged, [[0.5, 2.0], [0.5, 2.0]])
    missing = Units.of(np.full((20, 1), np.nan), (1,), np.ones(1))
    np.testing.assert_array_equal(missing.single, [1.0])
