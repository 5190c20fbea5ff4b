"""Which candidates the default recipe mixes, and by which errors."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from skscale import SigmaForecaster
from skscale.forecasting._recipe import _distinct, _relative_errors, _shares
from skscale.nn import LinearForecast, reference_maps
from skscale.training import SeriesBuffer, TrainingConfig, Windows, predict, series_errors

SIZES = {"d_model": 4, "d_ff": 4, "max_epochs": 2, "pretrained": None, "random_state": 0}


class Constant(nn.Module):
    """Forecasts one number for each of the windows' channels, whatever the past."""

    n_past_features = n_future_features = 0

    def __init__(self, *values):
        super().__init__()
        self.values = torch.tensor(values)

    def forward(self, x, past=None, future=None, mask=None):
        return self.values.expand(len(x), 1, -1)


def windows_at_zero(*scales, n_channels=1):
    """One-step windows of series of zeros with these scales."""
    n = len(scales)
    scale = torch.tensor(scales, dtype=torch.float64).reshape(n, 1).expand(n, n_channels)
    buffer = SeriesBuffer(torch.zeros(4 * n, n_channels), 4 * torch.arange(n + 1), 0 * scale, scale)
    return Windows(buffer, 2, 1, torch.full((n,), 2), torch.full((n,), 3))


def relative(models, windows):
    return _relative_errors(models, windows, TrainingConfig())


def test_repeated_maps_count_once():
    assert len(_distinct(reference_maps(12, 6, 1))) == 2
    assert len(_distinct(reference_maps(12, 6, 4))) == 4


def test_errors_are_relative_within_each_channel():
    """The first candidate wins on one channel, the second by as much on one of other size."""
    found, _ = relative(
        [Constant(1.0, 3000.0), Constant(3.0, 1000.0)], windows_at_zero(1, 1, n_channels=2)
    )
    np.testing.assert_allclose(found, [1.0, 1.0])


def test_one_series_keeps_the_ratio_of_errors():
    found, n_series = relative([Constant(2.0), Constant(3.0)], windows_at_zero(1.0))
    assert float(found[1] / found[0]) == pytest.approx(1.5)
    assert n_series == 1


def test_constant_series_say_nothing():
    found, n_series = relative([Constant(0.0), Constant(3.0)], windows_at_zero(0.0, 0.0))
    assert found[0] == found[1]
    assert n_series == 0


def test_a_trace_of_an_error_costs_a_trace():
    """Where all others are exact, a mean would call any error many times theirs."""
    found, _ = relative([Constant(0.0), Constant(0.0), Constant(1e-4)], windows_at_zero(1.0))
    assert found[2] == pytest.approx(0.01)


def test_a_candidate_that_diverged_leaves_the_others_apart():
    errors = [Constant(2.0), Constant(3.0), Constant(1e30)]
    found, _ = relative(errors, windows_at_zero(1.0))
    assert float(found[1] / found[0]) == pytest.approx(1.5)
    assert _shares(found, 8.0)[2] == 0.0


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
    totals, expected_counts = np.zeros((3, 2)), np.zeros((3, 2))
    for i in chosen.tolist():
        batch = windows.batch(torch.tensor([i]))
        observed = int(windows.observed(torch.tensor([i])))
        series = 0 if i < 8 else 1
        totals[series] += (predict(net, windows)[i] - batch.y[0])[:observed].abs().sum(0).numpy()
        expected_counts[series] += observed
    np.testing.assert_allclose(counts, expected_counts)
    np.testing.assert_allclose(found, totals / np.maximum(expected_counts, 1), rtol=1e-5)
    assert (counts[2] == 0).all()


T = np.arange(60)
SEASONAL = {f"s{i}": 5 * np.sin(2 * np.pi * (T + i) / 6) + 100 for i in range(12)}
LAYOUT = {"season_length": 6, "context_length": 12, "prediction_length": 6}


def rising():
    """Flat while it was scaled, then up a thousandfold."""
    noise = np.random.default_rng(0).normal(size=60)
    return 100 + 0.001 * noise + np.where(T < 44, 0, 40.0 * (T - 43))


@pytest.mark.parametrize("form", ["panel", "columns"])
def test_a_series_that_leaves_its_range_does_not_rule_the_others(form):
    def mean_error(series):
        if form == "panel":
            y = pd.concat({k: pd.DataFrame({"y": v[:54]}) for k, v in series.items()})
        else:
            y = pd.DataFrame(series)[:54]
        found = SigmaForecaster(**SIZES, **LAYOUT).fit(y).predict(range(1, 7))
        columns = found["y"].unstack(0) if form == "panel" else found
        return np.mean([np.abs(columns[k] - SEASONAL[k][54:]).mean() for k in SEASONAL])

    assert mean_error({**SEASONAL, "rising": rising()}) < mean_error(SEASONAL) + 0.2


@pytest.mark.parametrize("extra", [np.zeros(60), np.where(T == 5, 1.0, 0.0)], ids=["zeros", "one"])
def test_flat_series_leave_the_network_its_share(extra):
    """The network alone sees the exogenous column that rules nine series."""
    rng = np.random.default_rng(0)

    def share(n_extra):
        frames = {}
        for i in range(9 + n_extra):
            x = rng.normal(size=60)
            y = 3 * x + 0.1 * rng.normal(size=60) if i < 9 else extra
            frames[f"s{i}"] = pd.DataFrame({"y": y, "x": x})
        both = pd.concat(frames)
        settings = SIZES | LAYOUT | {"max_epochs": 30, "learning_rate": 0.02}
        fitted = SigmaForecaster(**settings).fit(both[["y"]], X=both[["x"]])
        return fitted.model_.forecast.share

    assert share(3) > 0.5 * share(0) > 0.2


def test_a_loss_of_ones_own_trains_as_the_named_one(make, series):
    def absolute(forecast, batch):
        error = (forecast - batch.y).abs()
        return error.mean() if batch.y_mask is None else error[batch.y_mask].mean()

    settings = {"linear_base": False, "prediction_length": 3}
    own, named = (make(loss=loss, **settings).fit(series) for loss in (absolute, "mae"))
    pd.testing.assert_series_equal(own.predict([1, 2]), named.predict([1, 2]), rtol=1e-4)
    with pytest.raises(TypeError, match="loss must return a Tensor of one number"):
        make(loss=lambda forecast, batch: forecast, **settings).fit(series)
