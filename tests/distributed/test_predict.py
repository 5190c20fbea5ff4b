import numpy as np
import pandas as pd
import pytest

from skscale.distributed import _sent, predict
from skscale.forecasting import DLinearForecaster
from tests.distributed.tables import ahead, fitted, past, shops, without_a_day

FH = [1, 3]
INTERVALS = ["sales_lower_80", "sales_upper_80", "sales_lower_97_5", "sales_upper_97_5"]


@pytest.fixture(scope="module")
def table():
    return shops()


@pytest.fixture(scope="module")
def forecaster(table):
    return fitted(table)


def indexed(found):
    assert found["error"].isna().all()
    return found.drop(columns="error").set_index(["shop", "day"]).sort_index()


def test_forecasts_and_intervals_are_those_of_the_forecaster(table, forecaster):
    rows, X = past(table).reset_index(), ahead(table)
    found = predict(forecaster, rows.sample(frac=1, random_state=0), FH, X, coverage=[0.8, 0.975])
    assert list(found.columns) == ["shop", "day", "sales", *INTERVALS, "error"]
    found = indexed(found)
    point = forecaster.predict(FH, X)
    both = forecaster.predict_interval(FH, X, coverage=[0.8, 0.975])
    assert found.index.equals(point.index)
    np.testing.assert_allclose(found["sales"], point["sales"], rtol=1e-6)
    np.testing.assert_allclose(found[INTERVALS], both, rtol=1e-5)


def test_the_forecaster_stays_as_it_is(table, forecaster):
    before = forecaster.predict(FH, ahead(table))
    predict(forecaster, past(shops(2)) * 3, FH, ahead(table))
    pd.testing.assert_frame_equal(forecaster.predict(FH, ahead(table)), before)


def test_series_that_were_not_in_fit(table, forecaster):
    new = 5 * past(table).rename({"s0": "new"}, level="shop").loc[["new"]]
    X = 5 * ahead(table).rename({"s0": "new"}, level="shop").loc[["new"]]
    alone = DLinearForecaster(**{**forecaster.get_params(), "fine_tune": False})
    alone.pretrained_, alone._pretrained_attrs = forecaster.model_, ["pretrained_"]
    alone._state = "pretrained"
    expected = alone.fit(new[["sales"]], new[["price"]]).predict(FH, X)
    found = indexed(predict(forecaster, new, FH, X))
    np.testing.assert_allclose(found["sales"], expected["sales"])


def test_a_series_that_fails_is_named_and_the_others_are_kept(table, forecaster):
    rows, X = past(table).reset_index(), ahead(table)
    whole = indexed(predict(forecaster, rows, FH, X))
    found = predict(forecaster, without_a_day(rows, "s2"), FH, X)
    failed = found[found["error"].notna()]
    assert list(failed["shop"]) == ["s2"]
    assert "not evenly spaced: 2024-01-19" in failed["error"].item()
    assert failed[["day", "sales"]].isna().all(axis=None)
    kept = indexed(found[found["error"].isna()])
    np.testing.assert_allclose(kept["sales"], whole.drop("s2")["sales"], rtol=1e-6)


def test_where_all_fail_all_are_named(table, forecaster):
    rows = past(table).reset_index()
    found = predict(forecaster, rows, FH, ahead(table).groupby(level="shop").head(1))
    assert list(found["shop"]) == [f"s{i}" for i in range(6)]
    assert found["error"].str.contains("X has no row for").all()
    assert found["sales"].isna().all()


def test_an_empty_table_has_no_forecasts(table, forecaster):
    found = predict(forecaster, past(table).iloc[:0], FH, ahead(table), coverage=0.8)
    assert (len(found), list(found.columns)[-1]) == (0, "error")


def test_a_pretrained_forecaster_takes_the_columns_left_for_the_index(table):
    seen = past(table)[["sales"]]
    forecaster = DLinearForecaster(context_length=14, max_epochs=1, random_state=0, freq="D")
    rows = seen.reset_index().rename(columns={"shop": "store", "day": "date"})
    found = predict(forecaster.pretrain(seen), rows, 1)
    assert list(found.columns) == ["store", "date", "sales", "error"]
    assert list(found["date"].unique()) == [pd.Timestamp("2024-02-27")]


def test_files_of_parquet(table, forecaster, tmp_path):
    pytest.importorskip("pyarrow")
    past(table).reset_index().to_parquet(tmp_path / "past.parquet")
    ahead(table).reset_index().to_parquet(tmp_path / "ahead.parquet")
    found = predict(forecaster, tmp_path / "past.parquet", FH, tmp_path / "ahead.parquet")
    expected = predict(forecaster, past(table), FH, ahead(table))
    np.testing.assert_array_equal(found["sales"], expected["sales"])


def test_what_is_wrong_is_named_before_any_work(table, forecaster):
    rows, X = past(table).reset_index(), ahead(table).reset_index()
    with pytest.raises(TypeError, match="forecaster must be a fitted forecaster of skscale"):
        predict("nonsense", rows, FH, X)
    with pytest.raises(ValueError, match="forecaster is not fitted"):
        predict(DLinearForecaster(), rows, FH, X)
    with pytest.raises(ValueError, match="data lacks the column 'price'; it has"):
        predict(forecaster, rows.drop(columns="price"), FH, X)
    with pytest.raises(ValueError, match="X lacks the column 'shop'; it has"):
        predict(forecaster, rows, FH, X.drop(columns="shop"))
    with pytest.raises(ValueError, match="X is needed"):
        predict(forecaster, rows, FH)
    with pytest.raises(ValueError, match="columns for the series and the time"):
        predict(forecaster, rows.drop(columns="shop"), FH, X)
    with pytest.raises(ValueError, match=r"coverage must lie between 0 and 1, got 80"):
        predict(forecaster, rows, FH, X, coverage=[0.5, 80])
    with pytest.raises(ValueError, match="n_partitions must be a positive integer or None, got 0"):
        predict(forecaster, rows, FH, X, n_partitions=0)
    with pytest.raises(TypeError, match="column 'day' of data holds periods"):
        predict(forecaster, rows.assign(day=rows["day"].dt.to_period("D")), FH, X)


def test_x_without_columns_in_fit(table):
    seen = past(table)[["sales"]]
    forecaster = DLinearForecaster(context_length=14, max_epochs=1, random_state=0).fit(seen)
    with pytest.raises(ValueError, match="the forecaster was fitted without X"):
        predict(forecaster, seen, FH, ahead(table))


def test_a_process_loads_a_forecaster_once(forecaster, monkeypatch):
    monkeypatch.setattr(_sent, "_loaded", {})
    fetched = []
    sent = _sent.sent_by(None, _sent.global_forecaster(forecaster))
    counted = _sent.Sent(sent.kind, sent.digest, lambda: fetched.append(1) or sent.fetch())
    first, second = counted.forecaster(), counted.forecaster()
    assert fetched == [1]
    assert first is not second
    assert first.pretrained_.network is not second.pretrained_.network
    assert not hasattr(first, "_context")
