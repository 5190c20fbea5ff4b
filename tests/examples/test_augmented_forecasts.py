"""Forecasters with and without augmentation see the same windows as often."""

import numpy as np
import pandas as pd
import pytest

from examples.benchmarks import augmented_forecasts as study

PROBLEM = study.Problem(np.random.default_rng(0).normal(size=(9, 40)).cumsum(axis=1), (4,), 6, 3, 1)


def windows(series, length):
    found = np.lib.stride_tricks.sliding_window_view(series, length, axis=1).reshape(-1, length)
    return sorted(map(tuple, found))


def test_pieces_hold_every_recent_window_once_and_nothing_of_the_last_two_horizons():
    draw = study.Draw.of(PROBLEM, 4, seed=0)
    found = windows(draw.pieces(), 6 + 3)
    assert len(found) == len(set(found)) == 4 * 24
    train = draw.known[:, : 40 - 2 * 3]
    # Of 26 windows of the training part the two oldest do not fill a piece.
    assert found == windows(train[:, 2:], 6 + 3)


def test_series_are_in_units_of_their_training_part_and_drawn_without_repetition():
    draw = study.Draw.of(PROBLEM, 4, seed=1)
    both = np.concatenate([draw.known, draw.unseen])
    assert both.shape == (9, 40)
    assert len(np.unique(both, axis=0)) == 9
    np.testing.assert_allclose(both[:, :34].mean(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose(both[:, :34].std(axis=1), 1)
    assert not np.array_equal(draw.known, study.Draw.of(PROBLEM, 4, seed=2).known)


def test_series_that_stand_still_are_left_out():
    values = PROBLEM.values.copy()
    values[2, :34] = 5.0
    draw = study.Draw.of(PROBLEM._replace(values=values), 4, seed=0)
    assert len(draw.known) + len(draw.unseen) == 8
    assert np.isfinite(draw.known).all()


@pytest.mark.parametrize("way", study.WAYS)
def test_every_way_has_as_many_pieces(way):
    pieces = study.Draw.of(PROBLEM, 4, seed=0).pieces()
    found = study.Varied(pieces, seed=0).extended(way, 0.5)
    assert found.shape == (len(pieces) * (study.COPIES + 1), pieces.shape[1])
    np.testing.assert_array_equal(found[: len(pieces)], pieces)
    again = found[len(pieces) : 2 * len(pieces)]
    assert np.array_equal(again, pieces) == (way == "none")


def test_a_row_for_every_network_and_way(monkeypatch):
    networks = {name: (kind, 1) for name, (kind, _) in study.NETWORKS.items()}
    monkeypatch.setattr(study, "NETWORKS", networks)
    monkeypatch.setattr(study, "EPOCHS", 1)
    rows = pd.DataFrame(study.rows_of("a set", PROBLEM, 4, 0))
    places = list(zip(rows["network"], rows["way"], strict=True))
    assert places == [(network, way) for network in networks for way in study.WAYS]
    assert np.isfinite(rows[study.ERRORS]).all(axis=None)
    assert set(rows["strength"]) <= {0.0, *study.STRENGTHS}


def test_an_error_does_not_change_the_network():
    draw = study.Draw.of(PROBLEM, 4, seed=0)
    forecaster = study.trained("DLinear", draw, draw.pieces())
    first = study.error(forecaster, draw.known, PROBLEM)
    assert np.isfinite(study.error(forecaster, draw.unseen, PROBLEM))
    assert study.error(forecaster, draw.known, PROBLEM) == first
    assert np.isnan(study.error(forecaster, draw.known[:0], PROBLEM))


def test_ratios_by_hand():
    rows = [
        *(("s", "DLinear", 5, 0, way, m, u) for way, m, u in (("none", 2, 4), ("jitter", 1, 6))),
        *(("s", "DLinear", 5, 1, way, m, u) for way, m, u in (("none", 4, 4), ("jitter", 1, 6))),
    ]
    table = pd.DataFrame(rows, columns=[*study.DRAWN, "way", *study.ERRORS])
    found = study.relative(table)
    assert found["mase ratio"].tolist() == [1, 0.5, 1, 0.25]
    assert found["unseen ratio"].tolist() == [1, 1.5, 1, 1.5]
