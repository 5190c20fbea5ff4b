"""How much data speak for what was learned from them."""

import math

import pytest

from skscale.forecasting._evidence import Evidence

AS_GOOD = 1 / 1.15  # errors on stretches that chose among candidates look so much smaller


def share(n_values, ratio=AS_GOOD, n_stretches=1):
    return Evidence(n_values, n_values)._odds(ratio, n_stretches)


@pytest.mark.parametrize(("n_values", "expected"), [(100, 1 / 65), (200, 1 / 17), (800, 0.5)])
def test_before_any_evidence_the_odds_grow_with_the_square_of_the_points(n_values, expected):
    assert share(n_values) == pytest.approx(expected)
    assert share(n_values, ratio=3.0, n_stretches=0) == pytest.approx(expected)


def test_more_points_alone_never_speak_for_more_than_a_half():
    assert share(100_000) == pytest.approx(0.5)


def test_errors_on_held_out_data_move_the_odds_by_the_root_of_their_number():
    odds = {n: share(800, AS_GOOD / 2, n) / (1 - share(800, AS_GOOD / 2, n)) for n in (1, 4)}
    assert odds[1] == pytest.approx(2**1.25)
    assert odds[4] == pytest.approx(odds[1] ** 2)
    assert share(800, 2 * AS_GOOD) == pytest.approx(1 / (1 + 2**1.25))


@pytest.mark.parametrize("ratio", [0.0, math.inf])
def test_ratios_beyond_numbers_decide(ratio):
    assert share(800, ratio) == pytest.approx(float(ratio == 0.0))


def test_two_dozen_values_can_teach():
    assert not Evidence(23, 23).teach
    assert Evidence(24, 24).teach
