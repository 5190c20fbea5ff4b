"""Networks on other devices than the CPU, as far as a machine without one can tell."""

import pytest
import torch

from tests.elsewhere import elsewhere, moved
from tests.nn.networks import (
    BATCH,
    CHANNELS,
    HORIZON,
    NETWORKS,
    build,
    draw,
    gappy,
    padded,
    trained,
)

SHAPE = (BATCH, HORIZON, CHANNELS)
every_network = pytest.mark.parametrize("name", [n for n, row in NETWORKS.items() if not row.waits])
every_mask = pytest.mark.parametrize("masked", [lambda inputs: inputs, padded, gappy])


@every_network
@every_mask
def test_a_step_touches_one_device_and_never_waits(name, masked):
    net = moved(build(name, dtype=torch.float32)).train()
    inputs = masked(draw(net, dtype=torch.float32)).each(moved)
    inputs(net)  # tables that are copied to a device once
    with elsewhere():
        forecast = inputs(net)
        if forecast.requires_grad:
            forecast.square().mean().backward()
    assert forecast.shape == SHAPE
    for path, parameter in net.named_parameters():
        assert parameter.grad is not None or path not in trained(name)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: x + torch.ones(2),
        lambda x: x[x > 0],
        lambda x: x + torch.tensor(1.0, device=x.device),
        lambda x: x[[0, 1]],
        lambda x: float(x.sum()),
        lambda x: x.new_tensor([1.0, 2.0]),
        lambda x: torch.zeros(2),
        lambda x: x.repeat_interleave(torch.ones(2, dtype=torch.int64, device=x.device)),
        lambda x: torch.nonzero(x),
    ],
)
def test_what_a_gpu_would_wait_for_is_seen(wrong):
    with elsewhere(), pytest.raises(AssertionError, match=r"CPU|waits"):
        wrong(torch.ones(2, device="meta"))


def test_the_rest_passes():
    with elsewhere():
        x = torch.ones(2, 3, device="meta")
        x[0] = 1.0
        assert (2 * x.masked_fill(x > 0, 0.0))[..., :2].clamp(min=1).shape == (2, 2)
