"""Frames of new data, beside those seen before."""

import numpy as np
import pandas as pd
import pytest

from skscale.forecasting._frames import check_frame, extended

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


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "Float64", object])
@pytest.mark.parametrize("n_columns", [1, 2])
def test_infinite_values_of_any_type(dtype, n_columns):
    values = np.zeros((9, n_columns))
    values[:4] = np.nan
    for last in (0, np.inf, -np.inf):
        values[5, -1] = last
        X = pd.DataFrame(values, columns=list("xz")[:n_columns]).astype(dtype)
        if not last:
            check_frame("X", X)
            continue
        with pytest.raises(ValueError, match=r"inf at 5 \(row 5\), the first of 1 values"):
            check_frame("X", X)


@pytest.mark.parametrize("wrong", [2e300, -2e300])
def test_values_too_large_to_compute_with(wrong):
    y = pd.DataFrame({"y": [0.0, 1e300, np.nan, wrong, -1e300]})
    with pytest.raises(ValueError, match=r"2e\+300 at 3 \(row 3\); at most 1e\+300 in size"):
        check_frame("y", y)
    check_frame("y", y.drop(3))


@pytest.mark.parametrize("missing", [pd.NaT, None])
def test_a_missing_time_of_a_panel_is_named_by_its_row(missing):
    index = pd.MultiIndex.from_arrays([list("aab"), [DAYS[0], missing, DAYS[1]]])
    y = pd.DataFrame({"y": np.arange(3.0)}, index=index)
    with pytest.raises(ValueError, match="the index of y holds NaT in row 1"):
        check_frame("y", y)


def test_a_repeated_row_of_a_panel_is_named():
    index = pd.MultiIndex.from_product([["b", "a"], DAYS])
    y = pd.DataFrame({"y": np.arange(17.0)}, index=index[[*range(16), 3]])
    with pytest.raises(ValueError, match=r"repeats \('b', Timestamp\('2020-01-04"):
        check_frame("y", y)
