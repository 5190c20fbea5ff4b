"""Values that no forecast follows."""

import pytest
import torch

from skscale.ops import seasonal_naive
from skscale.pretrained import load, outliers


def noise(n=60, rows=1):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(rows, n, generator=generator, dtype=torch.float64)


def found(x, mask=None):
    mask = torch.ones_like(x, dtype=torch.bool) if mask is None else mask
    return outliers(x, mask)[0].nonzero().flatten().tolist()


@pytest.mark.parametrize("size", [20, 1e6, -20, -1e6])
@pytest.mark.parametrize("place", [0, 30, 58])
def test_one_huge_value_is_found(size, place):
    x = noise()
    x[0, place] += size
    assert found(x) == [place]
    assert found(1e200 * x) == [place]
    assert found(x.float() - 7) == [place]


@pytest.mark.parametrize(
    "x",
    [
        noise(),
        noise(6) * 0,
        torch.linspace(0, 1, 60)[None] ** 8,
        torch.exp(torch.linspace(0, 20, 60))[None],
        torch.tensor([0.0, 1, 1000] * 20)[None],  # a peak in every season
        torch.cat((noise(40), noise(20) + 1e4), 1),  # another level
        torch.cat((noise(59), noise(1) + 1e4), 1),  # perhaps another level
        torch.tensor([[0.0, 1e6, 0, 1, 0]]),  # too few to tell
    ],
    ids=["noise", "constant", "bent", "growth", "peaks", "level", "last", "few"],
)
def test_what_is_usual_stays(x):
    assert found(x) == []


def test_a_tenth_away_from_the_range_of_the_others():
    x = torch.tensor([[0.0, 1, 0, 1, 0, 1, 0, 1, 0, 1]])
    x[0, 4] = 10.9
    assert found(x) == []
    x[0, 4] = 11.1
    assert found(x) == [4]


def test_what_is_not_observed_is_no_outlier():
    x, mask = noise(), torch.ones(1, 60, dtype=torch.bool)
    x[0, :5], mask[0, :5] = torch.nan, False
    x[0, 20] = 1e6
    assert found(x, mask) == [20]
    mask[0, 20] = False
    assert found(x, mask) == []
    assert found(x, mask & False) == []


def test_channels_are_told_apart():
    x = noise(60, 2).T[None].clone()
    x[0, 30, 1] = -1e3
    assert outliers(x, torch.ones_like(x, dtype=torch.bool)).nonzero().tolist() == [[0, 30, 1]]


@pytest.mark.parametrize("name", ["seasonal-1", "seasonal-12", "seasonal-24"])
@pytest.mark.parametrize("size", [20, 1e6])
def test_the_forecast_is_that_of_a_hole(name, size):
    net = load(name)
    x = 5 + torch.sin(torch.arange(120) * 6.28318530718 / 12)[None] + noise(120)
    mask = torch.arange(120)[None] != 100
    expected = net.quantiles(x, mask)
    x[0, 100] += size * 3
    torch.testing.assert_close(net.quantiles(x), expected, rtol=0, atol=0)
    # Without care it would be far away.
    assert (expected - seasonal_naive(x, mask, 12, expected.shape[1])[..., None]).abs().max() < 4
