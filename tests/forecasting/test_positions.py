"""Rows of one index found within another, held to what pandas finds."""

import numpy as np
import pandas as pd
import pytest

from skscale.forecasting import DLinearForecaster, _positions
from skscale.forecasting._frames import check_frame
from skscale.forecasting._panel import Panel, rows_at
from skscale.forecasting._positions import ascends, has_repeats, in_order, positions, series_starts

DAYS = pd.date_range("2020-01-01", periods=9)
INSTANCES = {
    "text": pd.Index(["b", "a", "c", "aa"]),
    "objects": pd.Index(["b", "a", "c", "aa"], dtype=object),
    "several types": pd.Index(["b", 1, (2, 3), 2.5], dtype=object),
    "integers": pd.Index([7, -2, 3, 0]),
    "small integers": pd.Index([7, -2, 3, 0], dtype="int8"),
    "numbers": pd.Index([0.5, -1.0, 3.0, 7.0]),
    "categories": pd.CategoricalIndex(["b", "a", "c", "aa"], categories=["c", "b", "aa", "a"]),
    "dates": DAYS[[3, 1, 2, 0]],
    "nullable": pd.Index([7, -2, 3, 0], dtype="Int64"),
}
TIMES = {
    "days": DAYS,
    "seconds": DAYS.as_unit("s"),
    "nanoseconds": DAYS.as_unit("ns"),
    "with a zone": DAYS.tz_localize("Europe/Paris"),
    "periods": DAYS.to_period("D"),
    "integers": pd.Index(np.arange(9)),
    "short integers": pd.Index(np.arange(9), dtype="int16"),
    "unsigned": pd.Index(np.arange(9), dtype="uint8"),
}


@pytest.fixture(autouse=True, params=[5, 2**20], ids=lambda n: f"blocks of {n}")
def _blocks(monkeypatch, request):
    monkeypatch.setattr(_positions, "_BLOCK", request.param)


def assert_found(of, within):
    expected = within.copy().get_indexer(of)
    found = positions(of, within)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
@pytest.mark.parametrize("instances", INSTANCES.values(), ids=INSTANCES)
@pytest.mark.parametrize("in_order", [True, False])
def test_rows_are_those_that_pandas_finds(instances, times, in_order):
    """Series together, which begin and end anywhere, and rows in no order at all."""
    rng = np.random.default_rng(0)
    whole = pd.MultiIndex.from_product([instances, times])
    of, within = (rng.permutation(36)[:24] for _ in "ab")
    of, within = (whole[np.sort(some) if in_order else some] for some in (of, within))
    assert_found(of, within)
    assert_found(within, of)
    assert_found(of.remove_unused_levels(), within)
    assert not has_repeats(of)
    assert has_repeats(of.append(of[7:8]))


@pytest.mark.parametrize("one", TIMES)
@pytest.mark.parametrize("other", TIMES)
def test_times_of_two_kinds_are_equal_where_pandas_says_so(one, other):
    names = pd.Index(["b", "a", "c"])
    of = pd.MultiIndex.from_product([names, TIMES[one]])
    within = pd.MultiIndex.from_product([names[::-1], TIMES[other][1:]])
    assert_found(of, within)


def test_dates_of_two_resolutions_are_the_same_dates():
    one, other = (pd.MultiIndex.from_product([["a", "b"], DAYS.as_unit(u)]) for u in ("s", "ns"))
    np.testing.assert_array_equal(positions(one, other), np.arange(18))


def test_hierarchies_of_several_levels():
    rng = np.random.default_rng(1)
    levels = [pd.Index(["east", "west"]), pd.Index([3, 1, 2]), INSTANCES["text"], DAYS]
    whole = pd.MultiIndex.from_product(levels)
    for _ in range(20):
        of, within = (whole[rng.permutation(len(whole))[:50]] for _ in "ab")
        assert_found(of, within)
        assert_found(of.sort_values(), within.sort_values())
        assert not has_repeats(of)
        assert has_repeats(of.append(within))


def test_codes_as_they_come():
    """Levels that are unsorted or unused, and those that pandas itself must compare."""
    rng = np.random.default_rng(2)
    for missing in (False, True) * 20:
        levels = [rng.permutation(6), pd.Index(list("xyzw"))[rng.permutation(4)], DAYS[::-1]]
        codes = [rng.integers(-missing, len(level) - 1, 40) for level in levels]
        index = pd.MultiIndex(levels, codes)
        assert has_repeats(index) == index.copy().has_duplicates
        index = index[~index.duplicated()]
        half = np.sort(rng.permutation(len(index))[: len(index) // 2])
        assert_found(index, index[half])
        assert_found(index[half][::-1], index)


def test_a_series_without_a_name():
    index = pd.MultiIndex.from_product([["a", np.nan, "b"], [1, 2]])
    assert_found(index[::-1], index)
    assert_found(index, pd.MultiIndex.from_product([["b", "a"], [2, 1]]))
    assert not has_repeats(index)
    assert has_repeats(index.append(index[2:3]))


def test_levels_that_hold_a_value_twice_go_by_pandas():
    index = pd.MultiIndex([["a", "a"], [1, 2]], [[0, 0, 1], [0, 1, 0]], verify_integrity=False)
    assert has_repeats(index) == index.copy().has_duplicates


def test_more_combinations_than_numbers_go_by_pandas():
    wide = pd.MultiIndex.from_arrays([np.arange(100)] * 11)
    assert _positions._tables(wide) is None  # 100 to the 11th is more than 64 bits hold
    assert_found(wide[::-1], wide)
    assert not has_repeats(wide)


def test_keys_of_64_bits():
    rows = np.random.default_rng(3).permutation(2000)
    index = pd.MultiIndex.from_arrays([rows, rows[::-1], np.arange(2000)])
    assert _positions._tables(index)[0].dtype == np.int64  # 2000 cubed
    assert_found(index[::-3], index)
    assert _positions._tables(index.droplevel(0))[0].dtype == np.int32


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
def test_single_series_and_empty_ones(times):
    assert_found(times[::-2], times[1:])
    assert not has_repeats(times)
    assert has_repeats(times[:2].append(times[1:]))
    panel = pd.MultiIndex.from_product([["a"], times])
    assert_found(panel[:0], panel)
    assert_found(panel, panel[:0])


def test_ascends():
    assert ascends(np.arange(23))
    assert ascends(np.zeros(0))
    for i in range(1, 23):
        values = np.arange(23)
        values[i] = values[i - 1]
        assert not ascends(values)


def test_series_in_order():
    whole = pd.MultiIndex.from_product([["b", "c", "a"], DAYS])
    assert in_order(whole)
    assert in_order(whole[[*range(4, 9), *range(9, 27, 5)]])
    assert not in_order(whole[[0, 1, 9, 2]])  # the first series stands in two places
    assert not in_order(whole[[0, 2, 1, 9]])  # its times are out of order
    assert not in_order(whole[[0, 1, 1, 9]])
    assert series_starts(whole).tolist() == [0, 9, 18]
    assert series_starts(whole[[3, 9, 10, 0, 18]]).tolist() == [0, 1, 3, 4]


def test_series_of_a_hierarchy_begin_where_any_level_changes():
    whole = pd.MultiIndex.from_product([["east", "west"], ["a", "b"], DAYS[:2]])
    assert series_starts(whole).tolist() == [0, 2, 4, 6]
    assert series_starts(whole[[0, 1, 4, 5]]).tolist() == [0, 2]
    assert in_order(whole)


def test_rows_of_a_frame_in_order_are_the_frame_itself():
    index = pd.MultiIndex.from_product([["b", "a"], DAYS])
    X = pd.DataFrame({"x": np.arange(18.0)}, index=index)
    assert rows_at(X, index.copy(), "y") is X
    assert rows_at(X.iloc[:9], index[:9], "y").x.tolist() == list(range(9))
    assert rows_at(X, index[::-1], "y").x.tolist() == list(range(18))[::-1]
    with pytest.raises(ValueError, match=r"no row for \('a', Timestamp\('2020-01-01.*9 of 18 rows"):
        rows_at(X.iloc[:9], index, "y")


def panel(n_series=3, n_days=60):
    """Series whose names are out of order, and a column known a week longer."""
    rng = np.random.default_rng(0)
    names = [f"series {i}" for i in range(n_series)][::-1]
    days = pd.date_range("2020-01-01", periods=n_days + 7)
    index = pd.MultiIndex.from_product([names, days], names=["series", "day"])
    X = pd.DataFrame({"x": rng.normal(size=len(index))}, index=index)
    y = pd.DataFrame({"y": rng.normal(size=len(index))}, index=index)
    within = index.get_level_values(-1) < days[n_days]
    return y[within], X


def test_the_index_of_the_user_keeps_no_table_of_all_rows():
    y, X = panel()
    y.index, X.index = y.index.copy(), X.index.copy()
    forecaster = DLinearForecaster(max_epochs=1, pretrained=None, random_state=0)
    forecaster.fit(y, X, fh=range(1, 8))
    forecaster.predict(X=X)
    for frame in (y, X):
        check_frame("y", frame)
        Panel.from_frames(frame)
        assert "_engine" not in frame.index._cache
    y.index.get_indexer(y.index[:2])
    assert "_engine" in y.index._cache  # which pandas would keep
