"""Shares of the candidates."""

import pytest

from skscale.pretrained import available, card, shares


@pytest.mark.parametrize("season", [1, 4, 11, 52])
@pytest.mark.parametrize("n_points", [1, 3, 60, 1000])
@pytest.mark.parametrize("net", [True, False])
def test_shares_sum_to_one(season, n_points, net):
    found = shares(season, n_points, net)
    assert sum(found.values()) == pytest.approx(1.0)
    assert ("net" in found) is (net and season != 11)


def test_every_network_has_a_share():
    for name in available():
        assert 0 < shares(card(name)["season"], 1000)["net"] < 1


def test_a_slope_is_trusted_from_two_seasons_on():
    assert shares(12, 23) == {"net": 1.0}
    assert shares(12, 24) == {"net": 0.7, "damped": 0.3}
    assert shares(7, 3) == shares(7, 100) == {"net": 0.3, "damped": 0.7}
    assert shares(1, 3) == {"net": 0.9, "damped": 0.1}
    assert shares(12, 23, net=False) == {"damped": 0.5, "seasonal_naive": 0.5}
    assert shares(12, 24, net=False) == {"damped": 1.0}


@pytest.mark.parametrize(("season", "n_points"), [(0, 5), (4, 0)])
def test_wrong_sizes_are_named(season, n_points):
    with pytest.raises(ValueError, match=f"got season={season}, n_points={n_points}"):
        shares(season, n_points)
