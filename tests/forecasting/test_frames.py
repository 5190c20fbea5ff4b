"""What is checked of frames."""

import numpy as np
import pandas as pd
import pytest

from skscale.forecasting._frames import check_frame

DAYS = pd.date_range("2020-01-01", periods=8)


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


@pytest.mark.parametrize("name", ["y", "X"])
def test_a_panel_out_of_order_is_named_by_its_row(name):
    index = pd.MultiIndex.from_product([["b", "a"], DAYS])
    data = pd.DataFrame({"x": np.arange(16.0)}, index=index)
    check_frame(name, data)
    check_frame(name, data.iloc[[*range(4), *range(8, 16), *range(4, 8)]])  # in two places
    fault = rf"the index of {name} is not sorted: \('a', Timestamp\('2020-01-02.*behind \('a', Tim"
    with pytest.raises(ValueError, match=fault):
        check_frame(name, data.iloc[[*range(8), 10, 9, *range(11, 16)]])
