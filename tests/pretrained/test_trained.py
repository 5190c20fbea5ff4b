"""Forecasts of the packed networks: units, lengths, holes, long horizons, wrong input."""

import numpy as np
import pytest
import torch

from skscale.pretrained import TrainedNet, available, load
from skscale.pretrained._net import QuantileNet

MEDIAN = TrainedNet.quantile_levels.index(0.5)
NETS = {name: load(name) for name in available()}


@pytest.fixture(params=list(NETS))
def net(request):
    return NETS[request.param]


def rows(*series):
    return torch.tensor(np.stack(series), dtype=torch.float64)


def waves(net, n=400):
    """A trend, the season of the net, and noise."""
    t = np.arange(n)
    noise = np.random.default_rng(0).normal(size=n)
    return 100 + 0.1 * t + 5 * np.sin(2 * np.pi * t / max(net.season, 3)) + noise


def test_shape_order_and_dtype(net):
    for dtype in (torch.float32, torch.float64):
        found = net.quantiles(rows(waves(net), waves(net)[::-1].copy()).to(dtype))
        assert found.shape == (2, net.prediction_length, len(net.quantile_levels))
        assert found.dtype == dtype
        assert (found.diff(dim=2) >= 0).all()


def test_units_of_the_context(net):
    x = rows(waves(net))
    plain = net.quantiles(x)
    for scale in (1e-200, 1e3, 1e200):
        torch.testing.assert_close(net.quantiles(x * scale) / scale, plain, rtol=1e-5, atol=1e-5)


def test_batch_mates_change_nothing(net):
    x = rows(waves(net), np.random.default_rng(1).normal(size=400))
    both = net.quantiles(x)
    for row in range(2):
        alone = net.quantiles(x[row : row + 1])[0]
        torch.testing.assert_close(both[row], alone, rtol=1e-4, atol=1e-4)


def test_what_is_older_than_the_history_is_cut(net):
    x = rows(np.tile(waves(net), 3))
    expected = net.quantiles(x[:, -net.history_length :])
    torch.testing.assert_close(net.quantiles(x), expected, rtol=0, atol=0)


@pytest.mark.parametrize("n", [1, 3, 17])
def test_a_short_series_is_padded(net, n):
    x = rows(waves(net)[:n])
    padded = torch.nn.functional.pad(x, (50, 0), value=1e9)
    mask = torch.arange(50 + n) >= 50
    expected = net.quantiles(x)
    torch.testing.assert_close(net.quantiles(padded, mask[None]), expected, rtol=0, atol=0)


def test_holes_repeat_the_value_before(net):
    x = rows(waves(net))
    filled, mask = x.clone(), torch.ones_like(x, dtype=torch.bool)
    mask[0, [380, 381, 399]] = False
    filled[0, 380:382], filled[0, 399] = x[0, 379], x[0, 398]
    x[~mask] = torch.nan
    torch.testing.assert_close(net.quantiles(x, mask), net.quantiles(filled), rtol=0, atol=0)


@pytest.mark.parametrize("value", [0.0, 3.7, -1e12, 1e300])
@pytest.mark.parametrize("n", [1, 3, 200])
def test_constants_forecast_themselves(net, value, n):
    found = net.quantiles(torch.full((1, n), value, dtype=torch.float64), steps=100)
    assert (found == value).all()


def test_a_shorter_horizon_is_the_beginning_of_a_longer(net):
    x = rows(waves(net))
    long = net.quantiles(x, steps=3 * net.prediction_length + 1)
    assert long.shape[1] == 3 * net.prediction_length + 1
    for steps in (1, net.prediction_length, net.prediction_length + 1):
        torch.testing.assert_close(net.quantiles(x, steps=steps), long[:, :steps])


def test_beyond_the_networks_the_last_season_goes_on_and_intervals_widen(net):
    horizon, season = net.prediction_length, net.season
    found = net.quantiles(rows(waves(net)), steps=5 * horizon)[0]
    width = found[:, -1] - found[:, 0]
    expected = width[horizon - 1] * (torch.arange(horizon, 5 * horizon) + 1).div(horizon).sqrt()
    expected = expected.double()
    torch.testing.assert_close(width[horizon:], expected, rtol=1e-5, atol=0)
    median = found[:, MEDIAN]
    if season <= horizon:
        shape = median[horizon - season : horizon] - median[horizon - season : horizon].mean()
        later = median[-season:] - median[-season:].mean()
        turned = later.roll((5 * horizon) % season - horizon % season)
        assert (shape - turned).abs().max() < 2.0  # of a wave that is 10 high


@pytest.mark.parametrize("n", [3, 6, 40, 400])
def test_long_forecasts_stay_bounded(net, n):
    rng = np.random.default_rng(n)
    noise = rng.normal(size=(30, n))
    spikes = np.where(rng.random((5, n)) < 0.1, 1e6, rng.normal(size=(5, n)))
    grown = np.exp(np.linspace(0, 20, n))[None]
    x = torch.tensor(np.concatenate([noise, spikes, grown, 1e-9 * noise, 1e9 + noise]))
    steps = 1000
    found = net.quantiles(x, steps=steps)
    assert found.isfinite().all()
    # What the docstring promises: the furthest value, and as much for each length ahead.
    history = x[:, -net.history_length :]
    furthest = (history - history[:, -1:]).abs().amax(1, keepdim=True)
    ahead = torch.arange(1, steps + 1) / (history.shape[1] - 1)
    distance = (found[..., MEDIAN] - x[:, -1:]).abs()
    assert (distance <= furthest * (1 + ahead) * 1.001).all()


def test_noise_is_forecast_inside_its_range(net):
    x = torch.tensor(np.random.default_rng(0).normal(size=(200, 60)))
    median = net.quantiles(x, steps=200)[..., MEDIAN]
    assert median.abs().mean() < 1.0
    assert (median.abs() > 3.5).double().mean() < 0.02


@pytest.mark.parametrize(("steps", "away_by_two"), [(6, 0.0), (24, 0.05)])
def test_six_points_of_noise_do_not_run_away(net, steps, away_by_two):
    x = torch.tensor(np.random.default_rng(0).normal(size=(300, 6)))
    low, high = x.amin(1, keepdim=True), x.amax(1, keepdim=True)
    median = net.quantiles(x, steps=steps)[..., MEDIAN]
    away = torch.maximum(median - high, low - median).amax(1) / (high - low).squeeze(1)
    assert (away > 2).double().mean() <= away_by_two
    assert away.max() < 4


def test_a_line_goes_on(net):
    x = torch.arange(200.0, dtype=torch.float64)[None]
    median = net.quantiles(x)[0, :, MEDIAN]
    line = torch.arange(200, 200 + net.prediction_length)
    # The last value alone would be a whole horizon away at the end.
    assert (median - line).abs().max() < 0.6 * net.prediction_length


def test_forward_has_gradients():
    net = TrainedNet([QuantileNet(12, 5, "mlp", 8)], season=4, history_length=20)
    x = rows(waves(net)[:20])
    net(x, torch.ones_like(x, dtype=torch.bool)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())


@pytest.mark.parametrize(
    ("context", "mask", "steps", "message"),
    [
        (torch.zeros(5), None, 3, "context must be a floating tensor of shape"),
        (torch.zeros(1, 5, dtype=torch.int64), None, 3, "got torch.int64 of shape"),
        (torch.zeros(1, 0), None, 3, "row 0 of the context has no observed value"),
        (torch.zeros(1, 5), None, 0, "steps must be at least 1, got 0"),
        (torch.zeros(2, 5), torch.ones(2, 4, dtype=torch.bool), 3, "mask must be a bool tensor"),
        (torch.zeros(2, 5), torch.ones(2, 5), 3, "got torch.float32"),
        (torch.zeros(2, 5), torch.tensor([[True] * 5, [False] * 5]), 3, "row 1 of the context"),
        (torch.tensor([[1.0, torch.nan]]), None, 3, r"got nan at \[0, 1\]"),
        (torch.tensor([[1.0, torch.inf]]), None, 3, r"got inf at \[0, 1\]"),
    ],
)
def test_wrong_input_is_named(context, mask, steps, message):
    net = next(iter(NETS.values()))
    with pytest.raises(ValueError, match=message):
        net.quantiles(context, mask, steps)
