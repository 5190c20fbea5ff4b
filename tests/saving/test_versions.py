"""A file of every format that there was is read, and forecasts what it did."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import skscale
from skscale.saving._container import FORMAT

FOLDER = Path(__file__).parents[1] / "data" / "saved"
# Forecasts and intervals of 80 % when the file was saved, of a panel with categories and a
# column that is not known ahead.
FORECASTS = {
    1: (
        [33.968029, 38.377187, 33.769657, 13.014196, 16.673353, 9.861683],
        [
            *(33.840425, 34.095634, 38.152431, 38.601943, 33.354911, 34.184402),
            *(12.906506, 13.121885, 16.483675, 16.863031, 9.511667, 10.2117),
        ],
    )
}


def test_there_is_a_file_of_every_format():
    assert sorted(FORECASTS) == list(range(1, FORMAT + 1))


@pytest.mark.parametrize("version", FORECASTS)
def test_files_of_every_format_are_read(version):
    forecaster = skscale.load(FOLDER / f"format-{version}")
    days = pd.date_range("2024-01-29", periods=5, freq="D")
    ahead = pd.DataFrame({"price": 3 + np.cos(np.arange(28, 33))}, index=days)
    X = pd.concat({"north": ahead, "south": ahead}, names=["shop", "day"])
    forecasts, intervals = FORECASTS[version]
    np.testing.assert_allclose(forecaster.predict(X=X)["sales"], forecasts, rtol=1e-5)
    found = forecaster.predict_interval(X=X, coverage=0.8).to_numpy().ravel()
    np.testing.assert_allclose(found, intervals, rtol=1e-5)
