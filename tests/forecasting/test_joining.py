"""Frames of new data, beside those seen before."""

import numpy as np
import pandas as pd
import pytest

from skscale.forecasting import _positions
from skscale.forecasting._joining import _extended_by_pandas, extended

DAYS = pd.date_range("2020-01-01", periods=8)


def plainly_extended(seen, new):
    """Row by row: series in the order they came in, times ascending, the newer row counts."""
    rows = {**dict(seen["y"].items()), **dict(new["y"].items())}
    names = list(dict.fromkeys(name for name, _ in [*seen.index, *new.index]))
    order = sorted(rows, key=lambda row: (names.index(row[0]), row[1]))
    index = pd.MultiIndex.from_tuples(order, names=seen.index.names)
    return pd.DataFrame({"y": [rows[row] for row in order]}, index=index)


def test_new_rows_join_those_seen_before():
    rng, whole = np.random.default_rng(0), 0
    for _ in range(100):
        names = rng.permutation(list("abcd"))[: rng.integers(1, 5)]
        index = pd.MultiIndex.from_product([names, DAYS], names=["series", "day"])
        new = pd.DataFrame({"y": rng.normal(size=len(index))}, index=index)
        days, some = index.get_level_values(-1), np.sort(rng.permutation(len(index))[:9])
        kept = [days < DAYS[3], some, index.get_level_values(0) == names[-1], days > DAYS[5]]
        seen = new.iloc[np.arange(len(new))[kept[rng.integers(4)]]] + 1
        new = new.iloc[rng.integers(0, 2) :]
        both = extended(seen, new)
        pd.testing.assert_frame_equal(both, plainly_extended(seen, new))
        whole += both is new
    assert 20 < whole < 80  # where the new rows are all there are, in order, nothing is copied


@pytest.mark.parametrize("n", [127, 128, 129, 2**15])
def test_a_series_alone_may_have_any_length(n):
    index = pd.MultiIndex.from_product([["a"], range(n)])
    whole = pd.DataFrame({"y": np.arange(n, dtype=float)}, index=index)
    pd.testing.assert_frame_equal(extended(whole[:-2] + 1, whole[-5:])[-5:], whole[-5:])
    pd.testing.assert_frame_equal(extended(whole[:-2], whole[-5:]), whole)


@pytest.mark.parametrize(
    ("seen", "new"),
    [
        (pd.to_datetime(["2020-01-01"]), ["2020-01-01"]),
        (pd.Index([1], dtype="uint64"), [-1]),
        (["1"], [1]),
    ],
    ids=["date and text", "unsigned and signed", "text and number"],
)
def test_names_of_two_types_stay_what_they_are(seen, new):
    one, other = (
        pd.DataFrame({"y": 1.0}, index=pd.MultiIndex.from_product([names, DAYS]))
        for names in (seen, new)
    )
    names = extended(one, other).index.unique(0)
    assert [str(name) for name in names] == [str(seen[0]), str(new[0])]


@pytest.mark.parametrize("first", [3, 5])
def test_dates_that_go_on_keep_their_frequency(first):
    seen, new = (
        pd.DataFrame({"y": 1.0}, index=pd.MultiIndex.from_product([["a", "b"], days]))
        for days in (DAYS[:5], DAYS[first:])
    )
    assert extended(seen, new).index.levels[-1].freq == DAYS.freq


TIMES = {
    "dates": DAYS.tz_localize("Europe/Berlin"),
    "periods": pd.period_range("2020-01", periods=8, freq="M"),
    "integers": pd.RangeIndex(3, 11),
}
NAMES = {
    "panel": ["b", "c", "a"],
    "hierarchy": [("west", "b"), ("east", "a"), ("west", "a"), ("east", "b")],
    "names of two types": [1, "a", 2],
    "a series without a name": ["a", None, "b"],
}


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_rows_join_by_codes_as_by_pandas(monkeypatch, names, times):
    monkeypatch.setattr(_positions, "_BLOCK", 5)
    rng = np.random.default_rng(0)
    parts = [
        (*np.atleast_1d(np.array(name, dtype=object)), time) for name in names for time in times
    ]
    index = pd.MultiIndex.from_tuples(parts)
    whole = pd.DataFrame({"x": rng.normal(size=len(index))}, index=index)
    whole["kind"] = pd.Categorical(rng.permutation(list("ab") * (len(index) // 2)))
    for _ in range(10):
        seen, new = (
            whole.iloc[np.sort(rng.permutation(len(whole))[: rng.integers(1, 20)])]
            for _ in range(2)
        )
        seen = seen.assign(x=seen["x"] + 1)
        pd.testing.assert_frame_equal(extended(seen, new), _extended_by_pandas(seen, new))
