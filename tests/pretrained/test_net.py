"""The networks: what they see, and the order of their quantiles."""

import pytest
import torch

from skscale.ops import damped_line, theta_line
from skscale.ops.classical import textbook_lines
from skscale.pretrained._net import QUANTILES, Inputs, QuantileNet, scaled_inputs


def series(n_rows=3, length=30, seed=0):
    generator = torch.Generator().manual_seed(seed)
    y = torch.randn(n_rows, length, generator=generator, dtype=torch.float64).cumsum(1) + 20
    return y, torch.ones(n_rows, length, dtype=torch.bool)


def seen(y, mask, season, context_length, horizon):
    textbook = textbook_lines(y, mask, season, horizon)
    return scaled_inputs(y, mask, season, context_length, textbook)


def test_inputs_are_deviations_in_units_of_the_seasonal_difference():
    y, mask = series()
    inputs = seen(y, mask, 4, 12, 5)
    recent = y[:, -12:]
    scale = (recent[:, 4:] - recent[:, :-4]).abs().mean(1, keepdim=True)
    step = recent.diff(dim=1).abs().mean(1, keepdim=True)
    scale = torch.maximum(scale, step / 2)
    torch.testing.assert_close(inputs.scale, scale)
    torch.testing.assert_close(inputs.location, y[:, -1:])
    torch.testing.assert_close(inputs.context, ((recent - y[:, -1:]) / scale).float())
    for place, line in enumerate((theta_line, damped_line)):
        whole = (line(y, mask, 4, 5) - y[:, -1:]) / scale
        torch.testing.assert_close(inputs.textbook[:, place], whole.float())


def test_noise_is_not_blown_up_by_a_season_that_repeats():
    # The season repeats exactly: half the mean step, (1 + 1) / 2 / 2, is the scale.
    y = torch.tensor([[0.0, 1.0] * 10], dtype=torch.float64)
    inputs = seen(y, torch.ones_like(y, dtype=torch.bool), 2, 20, 3)
    assert inputs.scale.item() == 0.5


def test_a_series_shorter_than_a_season_is_scaled_by_its_steps():
    y = torch.tensor([[9.0, 9.0, 1.0, 3.0, 2.0]], dtype=torch.float64)
    mask = torch.tensor([[False, False, True, True, True]])
    inputs = seen(y, mask, 4, 5, 3)
    assert inputs.scale.item() == 1.5
    assert inputs.context[0].tolist() == pytest.approx([0, 0, -1 / 1.5, 1 / 1.5, 0])
    assert inputs.observed[0].tolist() == [0, 0, 1, 1, 1]


@pytest.mark.parametrize("body", ["sigma", "mlp"])
@pytest.mark.parametrize("horizon", [1, 3, 20])
def test_quantiles_never_cross(body, horizon):
    torch.manual_seed(0)
    net = QuantileNet(12, horizon, body, 8)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn_like(parameter))
    y, mask = series()
    found = net(*seen(y, mask, 4, 12, horizon)[:3])
    assert found.shape == (3, horizon, len(QUANTILES))
    assert (found.diff(dim=2) >= 0).all()


@pytest.mark.parametrize("body", ["sigma", "mlp"])
def test_the_last_values_of_a_longer_input_are_seen(body):
    torch.manual_seed(0)
    net = QuantileNet(12, 5, body, 8)
    y, mask = series()
    context, observed, textbook, _, _ = seen(y, mask, 4, 20, 5)
    expected = net(context[:, -12:], observed[:, -12:], textbook)
    torch.testing.assert_close(net(context, observed, textbook), expected)


def test_a_new_mlp_forecasts_the_mean_of_both_textbook_forecasts():
    torch.manual_seed(0)
    net = QuantileNet(12, 5, "mlp", 8)
    torch.nn.init.zeros_(net.body.linear.bias)
    torch.nn.init.zeros_(net.body.last.bias)
    y, mask = series()
    inputs = seen(y, mask, 4, 12, 5)
    median = net(*inputs[:3])[..., QUANTILES.index(0.5)]
    torch.testing.assert_close(median, inputs.textbook.mean(1))


def test_a_constant_has_no_scale():
    y = torch.full((1, 20), 7.0, dtype=torch.float64)
    inputs = seen(y, torch.ones_like(y, dtype=torch.bool), 4, 12, 5)
    assert isinstance(inputs, Inputs)
    assert inputs.scale.item() == 0
    assert inputs.context.abs().max() == inputs.textbook.abs().max() == 0
