"""Maps that are iterated: no root outside the unit circle."""

import pytest
import torch

from skscale.nn import reference_maps, stabilised


def iterated(weight, n_blocks):
    """Forecasts of a map around the mean of the window, block by block, written out."""
    length = weight.shape[1]
    window, found = torch.sin(torch.arange(length).double()), []
    for _ in range(n_blocks):
        mean = window.mean()
        block = weight @ (window - mean) + mean
        window = torch.cat((window, block))[-length:]
        found.append(block)
    return torch.cat(found)


@pytest.fixture
def naive():
    return reference_maps(12, 4, 12)["seasonal_naive"].double()


def test_an_explosive_map_is_drawn_towards_a_stable_one(naive):
    explosive = naive * 1.2
    assert iterated(explosive, 200).abs().max() > 1e3
    assert iterated(stabilised(explosive, naive), 200).abs().max() < 3


def test_a_stable_map_stays(naive):
    damped = naive * 0.9
    assert stabilised(damped, naive) is damped
    assert stabilised(naive, naive) is naive


def test_nothing_but_the_stable_map_is_left_of_a_hopeless_one(naive):
    torch.testing.assert_close(stabilised(-1e9 * naive, naive), naive)
