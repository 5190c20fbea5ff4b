"""Benchmarks on real series: which series count, what is told to whom, and the tables."""

import numpy as np
import pandas as pd
import pytest

from examples.benchmarks import global_fit, parquet, sktime_series
from examples.paths import RESULTS
from examples.pretraining.data import FREQUENCIES


def test_every_series_of_sktime_with_enough_points_is_there():
    found = list(sktime_series.all_series())
    counts = pd.Series([known.set for known in found]).value_counts()
    assert len(found) == 31
    assert counts[["macroeconomic", "uschange", "product sales"]].tolist() == [12, 5, 4]
    assert "longley" not in counts  # 16 points
    for known in found:
        assert np.isfinite(known.y.to_numpy()).all()
        assert len(known.y) >= 20


def test_the_committed_table_has_every_series_and_set():
    table = pd.read_csv(sktime_series.OUT)
    known = [(one.set, one.name) for one in sktime_series.all_series()]
    assert list(table[["set", "series"]].itertuples(index=False, name=None)) == known
    page = (RESULTS / "index.md").read_text("utf-8")
    for name, row in sktime_series.by_set(table).iterrows():
        cells = [f"{row[method]:.3f}" for method in sktime_series.METHODS]
        assert f"| {name} | {int(row['series'])} | {' | '.join(cells)} |" in page


def test_the_summary_by_hand():
    rows = {"season": [1, 4, 4, 4], "ratio": [0.5, 2.0, 0.25, np.nan]}
    table = pd.DataFrame(rows | {name: [1.0, 2.0, 3.0, 9.0] for name in sktime_series.METHODS})
    text = sktime_series.summary(table)
    assert "on 1 of 2 with a season and 1 of 1 without" in text
    assert "geometric mean ratio 0.630, above 1.5 on 1" in text
    assert "mean MASE seasonal naive 2.000" in text


def test_seasonal_naive_repeats_a_season_or_the_last_value():
    rows = [np.tile([1.0, 2.0, 3.0, 4.0], 4)[:n] for n in (16, 3)]
    quarterly = FREQUENCIES["Quarterly"]
    found = global_fit.seasonal_naive(rows, quarterly)
    np.testing.assert_array_equal(found[0], [1, 2, 3, 4, 1, 2, 3, 4])
    np.testing.assert_array_equal(found[1], [3.0] * 8)


@pytest.mark.parametrize("fit", global_fit.FITS.values(), ids=global_fit.FITS)
def test_fits_answer_for_every_series_in_order(fit):
    season = np.tile([0.0, 1.0, 0.5, 2.0], 8)
    rows = [season[: 32 - n] + 100 * n for n in range(3)]
    found = fit(rows, FREQUENCIES["Quarterly"])
    assert found.shape == (3, 8)
    np.testing.assert_allclose(found.mean(axis=1), [0, 100, 200], atol=3)


def test_generated_series_are_a_long_table_in_order():
    pytest.importorskip("pyarrow")
    found = parquet.series(3, 5).to_pandas()
    assert list(found["shop"].unique()) == ["shop 0000003", "shop 0000004"]
    assert len(found) == 2 * parquet.DAYS == 2 * found["day"].nunique()
    assert found.equals(found.sort_values(["shop", "day"]))
    assert parquet.n_series(0.4) * parquet.DAYS * 8 == 0.4e9
