from dataclasses import replace

import numpy as np
import pytest
import torch

from skscale.nn import LinearForecast, reference_maps
from skscale.training import SeriesBuffer, TrainingConfig, Windows, evaluate, series_errors
from skscale.training import evaluation as passes

L, T, N = 3, 2, 12
# Of the last value seen, by cut; nothing can be compared at the cuts from 5 to 7.
ERRORS = {3: [1, 2], 4: [1], 8: [5], 9: [5, 6], 10: [1, 2]}


@pytest.fixture
def windows():
    """A slope of one whose steps 5 to 8 are missing; 1e9 stands there."""
    values = torch.arange(float(N)).reshape(N, 1)
    observed = torch.ones(N, 1, dtype=torch.bool)
    observed[5:9] = False
    one = torch.ones(1, 1)
    values = values.masked_fill(~observed, 1e9)
    buffer = SeriesBuffer(values, torch.tensor([0, N]), 0 * one, one, observed=observed)
    return Windows(buffer, L, T, torch.tensor([L]), torch.tensor([N - T]))


def naive():
    return LinearForecast(reference_maps(L, T, 1)["naive"], 1)


def test_windows_without_a_target_do_not_count(windows, monkeypatch):
    monkeypatch.setattr(passes, "_VALUES_AT_ONCE", 1)  # a window at a time
    config = TrainingConfig(loss="mae", batch_size=1)
    expected = np.mean([np.mean(errors) for errors in ERRORS.values()])
    assert evaluate(naive(), windows, config) == pytest.approx(expected)


def test_errors_of_missing_values_do_not_count(windows):
    errors, counts = series_errors(naive(), windows, TrainingConfig(batch_size=2))
    every = np.concatenate(list(ERRORS.values()))
    assert counts.tolist() == [[len(every)]]
    assert float(errors) == pytest.approx(every.mean())


def test_errors_count_by_their_weights(windows):
    """The second step counts three times as much as the first."""
    windows.buffer = replace(windows.buffer, weight=torch.tensor([[0.5, 1.5]]))
    errors, counts = series_errors(naive(), windows, TrainingConfig(batch_size=2))
    # By step and cut: the second is missing at cut 4, the first at cut 8.
    first, second = [1, 1, 5, 1], [2, 5, 6, 2]
    assert counts.tolist() == [[0.5 * 4 + 1.5 * 4]]
    assert float(errors) == pytest.approx((0.5 * sum(first) + 1.5 * sum(second)) / 8)
