"""Shares of the candidates."""

import pytest

from skscale.pretrained import shares


@pytest.mark.parametrize("season", [1, 4, 52])
@pytest.mark.parametrize("n_points", [1, 3, 60, 1000])
@pytest.mark.parametrize("net", [True, False])
def test_shares_sum_to_one(season, n_points, net):
    found = shares(season, n_points, net)
    assert sum(found.values()) == pytest.approx(1.0)
    assert ("net" in found) is net


def test_a_slope_is_trusted_from_two_seasons_on():
    assert shares(12, 23) == {"net": 0.8, "seasonal_naive": 0.2}
    assert shares(12, 24) == {"net": 0.8, "damped": 0.2}
    assert shares(7, 100) == {"net": 0.3, "damped": 0.7}
    assert shares(1, 3) == {"net": 0.8, "damped": 0.2}
    assert shares(12, 24, net=False) == {"damped": 1.0}


@pytest.mark.parametrize(("season", "n_points"), [(0, 5), (4, 0)])
def test_wrong_sizes_are_named(season, n_points):
    with pytest.raises(ValueError, match=f"got season={season}, n_points={n_points}"):
        shares(season, n_points)
