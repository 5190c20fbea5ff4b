"""New rows beside those seen."""

import numpy as np
import pandas as pd
import pytest

from skscale.detection._timeline import Timeline

INDICES = {
    "integers": pd.RangeIndex(5, 25),
    "hours in a time zone": pd.date_range("2024-03-30", periods=20, freq="h", tz="Europe/Berlin"),
    "without a frequency": pd.DatetimeIndex(pd.date_range("2024", periods=20, freq="D"), freq=None),
    "months": pd.period_range("2000-01", periods=20, freq="M"),
    "month ends": pd.date_range("2000-01-31", periods=20, freq="ME"),
}


def rows(index, first=0):
    return pd.DataFrame({"a": first + np.arange(len(index)) * 1.0}, index)


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_where_rows_stand(index):
    timeline = Timeline.of(rows(index[5:10]))
    for first, last, start, known_from in [
        (10, 12, 5, 0),  # directly behind
        (5, 10, 0, 0),  # the same
        (8, 13, 3, 0),  # beginning among those seen
        (12, 14, 7, 7),  # behind a gap
        (0, 3, 0, 0),  # before a gap
        (11, 12, 6, 6),  # a single row
    ]:
        joined = timeline.joined(rows(index[first:last], 100), ahead=1)
        assert (joined.start, joined.stop) == (start, start + last - first)
        assert joined.known_from == known_from
        grid = index[min(first, 5) : max(last, 10)]
        assert list(joined.frame.index[:-1]) == list(grid)
        expected = pd.concat([rows(index[5:10]), rows(index[first:last], 100)])
        expected = expected[~expected.index.duplicated(keep="last")].reindex(grid)
        np.testing.assert_array_equal(joined.frame["a"][:-1], expected["a"])
        assert np.isnan(joined.frame["a"].iloc[-1])


@pytest.mark.parametrize(
    ("new", "error", "text"),
    [
        (rows(pd.RangeIndex(3)), TypeError, "X has an index of int64, but that of fit has dat"),
        (rows(pd.date_range("2024", periods=3, freq="h")), ValueError, "index of X leaves the g"),
        (rows(pd.date_range("2024", periods=3, freq="2D")), ValueError, "01-01 .*followed by .*03"),
        (rows(INDICES["without a frequency"])[["a", "a"]], ValueError, r"the columns \['a', 'a'\]"),
    ],
)
def test_what_does_not_fit_is_named(new, error, text):
    timeline = Timeline.of(rows(INDICES["without a frequency"]))
    with pytest.raises(error, match=text):
        timeline.joined(new)


def test_columns_come_in_any_order_and_one_by_any_name():
    index = pd.RangeIndex(4)
    both = Timeline.of(rows(index).assign(b=7.0))
    joined = both.joined(rows(index, 3).assign(b=1.0)[["b", "a"]])
    assert list(joined.frame) == ["a", "b"]
    assert joined.frame["b"].tolist() == [1.0] * 4
    one = Timeline.of(rows(index)).joined(rows(index, 3).rename(columns={"a": "c"}))
    assert one.frame["a"].tolist() == [3.0, 4.0, 5.0, 6.0]
