"""Bounds of the forecasts."""

import numpy as np
import pandas as pd
import pytest


def sales(n=60):
    """Falls towards zero, with zeros on the way."""
    rng = np.random.default_rng(0)
    return np.maximum(np.linspace(10, 0, n) + rng.normal(0, 2, n), 0.0)


def test_series_with_zeros_that_never_were_negative_stay_so(make):
    y = pd.DataFrame({"sales": sales(), "profit": sales() - 5.0})
    found = make().fit(y, fh=range(1, 13)).predict()
    assert (found["sales"] >= 0).all()
    free = make(bounds=None).fit(y, fh=range(1, 13)).predict()
    pd.testing.assert_frame_equal(found.clip(lower=[0.0, -np.inf]), found)
    np.testing.assert_allclose(found["profit"], free["profit"])
    np.testing.assert_allclose(found["sales"], free["sales"].clip(lower=0.0))


@pytest.mark.parametrize("bounds", [(8.0, 9.0), (None, 9.0), (8.0, None)])
def test_bounds_of_the_user(make, series, bounds):
    free = make(bounds=None).fit(series, fh=range(1, 13)).predict()
    found = make(bounds=bounds).fit(series, fh=range(1, 13)).predict()
    pd.testing.assert_series_equal(found, free.clip(*bounds))


@pytest.mark.parametrize("bounds", ["low", (1.0,), (2.0, 1.0), (np.nan, 1.0), 3.0, ("a", None)])
def test_wrong_bounds(make, series, bounds):
    with pytest.raises(ValueError, match="bounds must be"):
        make(bounds=bounds).fit(series, fh=[1])
