"""Series shorter than the context: the season that they hold goes on."""

import numpy as np
import pandas as pd
import pytest

from skscale.forecasting import SigmaForecaster

END, STEPS = pd.Period("2020-12", "M"), 12
TRUTH = 100 + 20 * np.sin(np.pi * np.arange(STEPS) / 6)


def months(n, seed):
    """A year's wave of 20 around 100, with noise of deviation 1."""
    t = np.arange(-n, 0)
    values = 100 + 20 * np.sin(np.pi * t / 6) + np.random.default_rng(seed).normal(0, 1, n)
    return pd.DataFrame({"y": values}, index=pd.period_range(END - n + 1, END, freq="M"))


def panel(lengths):
    return pd.concat({i: months(n, i) for i, n in enumerate(lengths)}, names=["id", "t"])


def errors(forecast):
    return np.abs(forecast["y"].to_numpy().reshape(-1, STEPS) - TRUTH).mean(axis=1)


def test_thirty_short_series_beside_a_long_one():
    y = panel([60] + [12] * 30)
    forecaster = SigmaForecaster(pretrained=None, random_state=0)
    found = errors(forecaster.fit(y, fh=range(1, 13)).predict())
    naive = np.mean([np.abs(months(12, i)["y"] - TRUTH).mean() for i in range(1, 31)])
    assert found[0] < 1.2
    assert found[1:].mean() < 1.25 * naive


@pytest.mark.parametrize("n", [12, 18, 24, 30])
def test_cold_start_after_pretrain_with_a_longer_context(make, n):
    forecaster = make(context_length=36)
    forecaster.pretrain(panel([120] * 6), fh=range(1, 13))
    found, naive = [], []
    for seed in range(100, 104):
        new = months(n, seed)
        found.append(errors(forecaster.fit(new).predict(fh=range(1, 13))).mean())
        naive.append(np.abs(new["y"].to_numpy()[-12:] - TRUTH).mean())
    assert np.mean(found) < 1.25 * np.mean(naive)
