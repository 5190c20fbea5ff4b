"""The benchmark of intervals: its scores, its stretches, and the table on its page."""

import numpy as np
import pandas as pd
import pytest

from examples.benchmarks.intervals import LENGTHS, scores, stretches
from examples.paper.m4_data import Frequency
from examples.paths import RESULTS, ROOT


def test_scores_by_hand():
    """Three steps; the last value lies one above the 80 % interval, two above that of 95 %."""
    truth = np.array([[0.0, 0.0, 5.0]])
    ends = np.array([[[-1, 1, -2, 2], [-1, 1, -2, 2], [-1, 4, -2, 3]]], dtype=float)
    found = list(scores(truth, ends, np.array([2.0])))
    assert [row["coverage_80"] for row in found] == pytest.approx([100, 100, 0, 200 / 3])
    assert [row["coverage_95"] for row in found] == pytest.approx([100, 100, 0, 200 / 3])
    # Width, plus 2 / (1 - 0.95) = 40 times what lies outside, over the unit.
    last = (5 + 40 * 2) / 2
    expected = [2, 2, last, (4 + last) / 3]
    assert [row["scaled_score"] for row in found] == pytest.approx(expected)


def test_stretches_have_all_lengths_and_move():
    rng = np.random.default_rng(0)
    values = np.stack([np.ones(2000), rng.normal(size=2000)], axis=1)
    found = stretches(values, Frequency(14, 7, 7), 30)
    assert {len(one) for one in found} == {length + 14 for length in LENGTHS}
    assert 0 < len(found) < 30
    assert all(np.ptp(one) > 0 for one in found)


def test_the_page_shows_the_table():
    table = pd.read_csv(RESULTS / "benchmarks" / "intervals.csv")
    whole = table[table["steps"] == "all"]
    page = (ROOT / "docs" / "intervals.md").read_text().splitlines()
    for row in whole.itertuples():
        line = (
            f"| {row.data} | {row.method} | {row.series} | {row.coverage_80:.0f} | "
            f"{row.coverage_95:.0f} | {row.scaled_score:.1f} |"
        )
        assert line in page
    assert sum(line.startswith("| ") for line in page) == len(whole) + 2
