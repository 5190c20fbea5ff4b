"""Which candidates the default recipe mixes, and by which errors."""

import numpy as np
import pandas as pd
import pytest
import torch

from skscale import SigmaForecaster
from skscale.forecasting._recipe import _distinct, _relative, _shares
from skscale.nn import LinearForecast, reference_maps
from skscale.training import SeriesBuffer, TrainingConfig, Windows, predict, series_errors

SIZES = {"d_model": 4, "d_ff": 4, "max_epochs": 2, "random_state": 0}


def errors(*values, counts=(1.0, 1.0)):
    return [(torch.tensor(v, dtype=torch.float64), torch.tensor(counts).double()) for v in values]


def test_repeated_maps_count_once():
    assert len(_distinct(reference_maps(12, 6, 1).values())) == 2
    assert len(_distinct(reference_maps(12, 6, 4).values())) == 4


def test_errors_are_relative_within_each_series():
    """The first candidate wins on one series, the second by as much on one of other size."""
    found = _relative(errors([1.0, 3000.0], [3.0, 1000.0]))
    np.testing.assert_allclose(found, [1.0, 1.0])


def test_one_series_keeps_the_ratio_of_errors():
    found = _relative(errors([2.0], [3.0], counts=(5.0,)))
    assert float(found[1] / found[0]) == pytest.approx(1.5)


def test_series_without_values_or_errors_say_nothing():
    found = _relative(errors([1.0, 0.0], [3.0, 0.0]))
    np.testing.assert_allclose(found, [0.5, 1.5])
    np.testing.assert_allclose(_relative(errors([1.0, 9.0], [3.0, 1.0], counts=(2.0, 0.0))), found)
    np.testing.assert_allclose(_relative(errors([0.0, 0.0], [0.0, 0.0])), [1.0, 1.0])


def test_shares_fall_with_the_power_of_the_error():
    shares = _shares(torch.tensor([1.0, 2.0], dtype=torch.float64), 3.0)
    np.testing.assert_allclose(shares, [8 / 9, 1 / 9], rtol=1e-6)


@pytest.mark.parametrize("at_most", [None, 7])
def test_series_errors_equal_a_loop(at_most):
    lengths = [12, 9, 5]
    values = torch.randn(sum(lengths), 2)
    offsets = torch.tensor([0, *np.cumsum(lengths)])
    one = torch.ones(3, 2, dtype=torch.float64)
    last = torch.tensor([11, 7, -1])
    windows = Windows(
        SeriesBuffer(values, offsets, 0 * one, one), 4, 3, torch.tensor([4, 4, 4]), last
    )
    net = LinearForecast(reference_maps(4, 3, 2)["seasonal_naive"].float(), 2)
    config = TrainingConfig(validation_windows=at_most, batch_size=2)
    found, counts = series_errors(net, windows, config)

    chosen = torch.linspace(0, len(windows) - 1, at_most or len(windows)).long()
    totals, expected_counts = np.zeros(3), np.zeros(3)
    for i in chosen.tolist():
        batch = windows.batch(torch.tensor([i]))
        observed = int(windows.observed(torch.tensor([i])))
        error = (predict(net, windows)[i] - batch.y[0])[:observed].abs().sum()
        series = 0 if i < 8 else 1
        totals[series] += float(error)
        expected_counts[series] += 2 * observed
    np.testing.assert_allclose(counts, expected_counts)
    np.testing.assert_allclose(found, totals / np.maximum(expected_counts, 1), rtol=1e-5)
    assert counts[2] == 0


def test_series_that_leave_their_range_do_not_rule_a_panel():
    """Seasonal series beside one that was flat when it was scaled, then rises a thousandfold."""
    t = np.arange(60)
    rng = np.random.default_rng(0)
    seasonal = {f"s{i}": 5 * np.sin(2 * np.pi * (t + i) / 6) + 100 for i in range(12)}
    rising = 100 + 0.001 * rng.normal(size=60) + np.where(t < 44, 0, 40.0 * (t - 43))
    settings = {**SIZES, "season_length": 6, "context_length": 12, "prediction_length": 6}

    def mean_error(series):
        y = pd.concat({k: pd.DataFrame({"y": v[:54]}) for k, v in series.items()})
        found = SigmaForecaster(**settings).fit(y).predict(range(1, 7))
        return np.mean([abs(found.loc[k, "y"] - seasonal[k][54:]).mean() for k in seasonal])

    assert mean_error({**seasonal, "rising": rising}) < 2 * mean_error(seasonal) + 0.5
