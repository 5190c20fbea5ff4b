"""Times by the codes of an index are those that the index shows."""

import numpy as np
import pandas as pd
import pytest

from skscale.forecasting._times import Times

LEVELS = {
    "dates": pd.date_range("2024-01-01", periods=6, tz="Europe/Berlin"),
    "periods": pd.period_range("2020-01", periods=6, freq="M"),
    "integers": pd.RangeIndex(6),
}
NAMES = ["a", "a", "a", "b", "b"]
CODES = [1, 2, 3, 0, 1]


def index_of(level):
    return pd.MultiIndex.from_arrays([NAMES, level[CODES]], names=["name", "time"])


@pytest.mark.parametrize("level", LEVELS.values(), ids=LEVELS)
@pytest.mark.parametrize("alone", [True, False])
def test_points_have_their_times(level, alone):
    index = level if alone else index_of(level)
    expected = index.get_level_values(-1)
    times = Times.of(index)
    assert len(times) == len(expected)
    assert (times.codes is None) == alone
    pd.testing.assert_index_equal(times.index, expected, check_names=False)
    for points in (slice(1, 4), np.array([4, 0, 0]), np.arange(5) % 2 == 0):
        points = points if not alone or isinstance(points, slice) else np.array([4, 0, 0])
        pd.testing.assert_index_equal(times[points], expected[points], check_names=False)
        pd.testing.assert_index_equal(times.part(points).index, times[points])
    assert times[2] == expected[2]
    asked = []
    found = times.each(lambda some: asked.append(some) or np.arange(len(some)) * 10)
    assert len(found) == len(times)
    if not alone:
        np.testing.assert_array_equal(found, 10 * np.array(CODES))
    few = times.part(slice(2))
    assert len(few.each(lambda some: asked.append(some) or np.zeros(len(some)))) == 2
    assert [len(one) for one in asked] == [len(times.level), 2]
    same = times.numbers[:, None] == times.numbers
    np.testing.assert_array_equal(same, np.equal.outer(expected, expected))


def test_missing_and_repeated_levels_are_read_row_by_row():
    dates = pd.DatetimeIndex(["2024-01-01", None, "2024-01-02"])
    index = pd.MultiIndex.from_arrays([["a", "a", "b"], dates])
    times = Times.of(index)
    assert times.codes is None
    pd.testing.assert_index_equal(times.index, dates)
    twice = pd.MultiIndex([["a", "b"], [5, 5, 6]], [[0, 0, 1], [0, 2, 1]], verify_integrity=False)
    times = Times.of(twice)
    np.testing.assert_array_equal(times.index, [5, 6, 5])
    np.testing.assert_array_equal(times.numbers, [0, 1, 0])
