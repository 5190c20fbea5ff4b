"""Series that tests of the examples share."""

import numpy as np
import pandas as pd


def walk(n_rows: int, n_channels: int = 2) -> pd.DataFrame:
    steps = np.random.default_rng(0).normal(size=(n_rows, n_channels))
    index = pd.date_range("2020-01-01", periods=n_rows, freq="D", name="date")
    return pd.DataFrame(steps.cumsum(axis=0), index, [f"c{i}" for i in range(n_channels)])
