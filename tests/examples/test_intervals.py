"""The benchmarks of intervals and missing values: their scores, and the tables on their pages."""

import numpy as np
import pandas as pd
import pytest

from examples.benchmarks import pages
from examples.benchmarks.intervals import COVERAGE, LENGTHS, scores, stretches
from examples.benchmarks.missing import summary
from examples.paper.m4_data import Frequency


def test_scores_by_hand():
    """Three steps; the last value lies one above all intervals but that of 95 %, two above that."""
    truth = np.array([[0.0, 0.0, 5.0]])
    narrow, wide = np.array([[-1, 1], [-1, 1], [-1, 4]]), np.array([[-2, 2], [-2, 2], [-2, 3]])
    ends = np.concatenate([narrow] * (len(COVERAGE) - 1) + [wide], axis=1)[None].astype(float)
    found = list(scores(truth, ends, np.array([2.0])))
    for name in ("coverage_20", "coverage_80", "coverage_95"):
        assert [row[name] for row in found] == pytest.approx([100, 100, 0, 200 / 3])
    # Width, plus 2 / (1 - 0.95) = 40 times what lies outside, over the unit.
    last = (5 + 40 * 2) / 2
    expected = [2, 2, last, (4 + last) / 3]
    assert [row["scaled_score"] for row in found] == pytest.approx(expected)
    # A level p of an end that is d above the truth costs d (1 - p), d below it d p.
    upper = [(1 + c) / 2 for c in COVERAGE]
    low = [5 - (-1)] * (len(COVERAGE) - 1) + [5 - (-2)]
    high = [1.0] * (len(COVERAGE) - 1) + [2.0]
    costs = [
        (below * (1 - p) + above * p) / 2 for p, below, above in zip(upper, low, high, strict=True)
    ]
    assert found[2]["pinball"] == pytest.approx(np.mean(costs) / 2)


def test_stretches_have_all_lengths_and_move():
    rng = np.random.default_rng(0)
    values = np.stack([np.ones(2000), rng.normal(size=2000)], axis=1)
    found = stretches(values, Frequency(14, 7, 7), 30)
    assert {len(one) for one in found} == {length + 14 for length in LENGTHS}
    assert 0 < len(found) < 30
    assert all(np.ptp(one) > 0 for one in found)


@pytest.mark.parametrize("place", range(5))
def test_the_pages_show_the_tables(place):
    path, tables = list(pages.pages())[place]
    text = path.read_text("utf-8")
    assert pages.page(text, tables) == text


def test_a_place_for_a_table_is_missed():
    with pytest.raises(ValueError, match="the page has 0 places for the table 'whole'"):
        pages.page("no table", {"whole": "| a |"})


def test_the_picture_has_a_panel_for_every_set_of_some_series():
    table = pd.read_csv(pages.FOLDER / "intervals.csv")
    shown = [axes.get_title() for axes in pages.picture(table).axes if axes.axison]
    some = table[(table["series"] >= pages.FEWEST) & table["method"].isin(pages.DRAWN)]
    assert shown == list(some["data"].unique())


def test_costs_of_missing_values_by_hand():
    rows = pd.DataFrame(
        {
            "series": "s",
            "missing": "points",
            "share": 0.1,
            "late": [0, 1],
            "whole": [1.0, 3.0],
            "ours": [1.5, 3.0],
            "imputed": [2.0, 4.0],
        }
    )
    (row,) = summary(rows).to_dict("records")
    assert row["n_series"] == 2
    assert row["late"] == 1
    assert row["median_ratio"] == 1.25
    assert row["ours_ratio"] == 4.5 / 4
    assert row["imputed_ratio"] == 6 / 4
    assert row["in_time_ratio"] == 1.5
