"""Every network trains under autocast, close to float32."""

import pytest
import torch

from skscale.nn import AutoencoderForecastNet, SigmaNet, TimeMixerNet

NETS = {
    "Sigma": lambda: SigmaNet(24, 6, 2, d_model=4, d_ff=4),
    "Sigma, joint": lambda: SigmaNet(24, 6, 2, d_model=4, d_ff=4, scale_independence=False),
    "Sigma, two blocks": lambda: SigmaNet(24, 6, 2, d_model=4, d_ff=4, n_layers=2, dropout=0.1),
    "Sigma, sample": lambda: SigmaNet(24, 6, 2, d_model=4, d_ff=4, scaling="sample"),
    "TimeMixer": lambda: TimeMixerNet(24, 6, 2, d_model=4, d_ff=4, moving_avg=5, dropout=0.0),
    "TimeMixer, dropout": lambda: TimeMixerNet(24, 6, 2, d_model=4, d_ff=4, moving_avg=5),
    "TimeMixer, mixed": lambda: TimeMixerNet(
        24, 6, 2, d_model=4, d_ff=4, moving_avg=5, channel_independent=False
    ),
    "Autoencoder": lambda: AutoencoderForecastNet(24, 6, 2, latent_size=4),
}


def gradients(net, x, y, enabled):
    net.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
        forecast = net(x)
    (forecast.float() - y).square().mean().backward()
    return {name: p.grad for name, p in net.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("name", NETS)
def test_gradients_under_autocast(name):
    torch.manual_seed(0)
    net, x, y = NETS[name]().eval(), torch.randn(16, 24, 2), torch.randn(16, 6, 2)
    exact, half = (gradients(net, x, y, enabled) for enabled in (False, True))
    assert exact.keys() == half.keys()
    whole = torch.cat([g.flatten() for g in exact.values()])
    error = torch.cat([(half[name] - g).flatten() for name, g in exact.items()])
    assert all(g.dtype == torch.float32 for g in half.values())
    # bfloat16 keeps eight bits.
    assert error.norm() < 0.05 * whole.norm()
    assert error.norm() > 0


@pytest.mark.parametrize("name", NETS)
def test_float64_is_left_alone(name):
    net, x = NETS[name]().double().eval(), torch.randn(3, 24, 2, dtype=torch.float64)
    expected = net(x)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(net(x), expected)
