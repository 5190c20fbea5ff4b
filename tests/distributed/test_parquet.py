import numpy as np
import pytest

from skscale.distributed._parquet import LongTable, ParquetShards
from skscale.forecasting._panel import Panel
from tests.distributed.tables import past, shops

pytest.importorskip("pyarrow")


def named(path, keys=("shop",), time="day", target=("sales",)):
    return LongTable(str(path), list(keys), time, list(target))


def panels(shards):
    return [shards[i] for i in range(len(shards))]


@pytest.fixture
def rows():
    """Sales of six shops, the third of which is shorter."""
    table = past(shops()).reset_index()
    return table[(table["shop"] != "s2") | (table["day"] < "2024-02-01")].reset_index(drop=True)


def assert_same(shards, rows, keys):
    """Panels, one after the other, that together are the table."""
    whole = Panel.from_frames(rows.set_index([*keys, "day"])[["sales"]])
    assert np.array_equal(np.concatenate([one.values for one in shards]), whole.values)
    assert np.array_equal(np.concatenate([one.lengths for one in shards]), whole.lengths)
    assert [key for one in shards for key in one.keys] == list(whole.keys)
    assert [t for one in shards for t in one.times] == list(whole.times)
    assert all(one.step == whole.step for one in shards)


@pytest.mark.parametrize("row_group_size", [10, 60, 1000])
@pytest.mark.parametrize("shard_size", [1, 100, 1000])
def test_panels_are_whole_series_whatever_the_row_groups(
    tmp_path, rows, row_group_size, shard_size
):
    rows.to_parquet(tmp_path / "x.parquet", row_group_size=row_group_size)
    shards = ParquetShards(named(tmp_path / "x.parquet"), shard_size)
    assert len(shards) == {1: 6, 100: 3, 1000: 1}[shard_size]
    assert_same(panels(shards), rows, ["shop"])
    assert_same([shards[i] for i in reversed(range(len(shards)))][::-1], rows, ["shop"])


def test_a_folder_is_one_table_and_its_folders_may_name_the_series(tmp_path, rows):
    for name, some in rows.groupby("shop"):
        (tmp_path / "files").mkdir(exist_ok=True)
        some.to_parquet(tmp_path / "files" / f"{name}.parquet")
    rows.to_parquet(tmp_path / "hive", partition_cols=["shop"])
    for folder in ("files", "hive"):
        assert_same(panels(ParquetShards(named(tmp_path / folder), 100)), rows, ["shop"])


def test_several_keys_of_any_type(tmp_path, rows):
    number = rows["shop"].str[1].astype(int)
    rows = rows.assign(region=(number // 2).astype("category"), shop=number % 2)
    rows.to_parquet(tmp_path / "x.parquet", row_group_size=60)
    shards = ParquetShards(named(tmp_path / "x.parquet", ["region", "shop"]), 100)
    assert_same(panels(shards), rows.assign(region=number // 2), ["region", "shop"])


def test_steps_may_be_integers(tmp_path, rows):
    rows["day"] = rows.groupby("shop").cumcount()
    rows.to_parquet(tmp_path / "x.parquet")
    assert_same(panels(ParquetShards(named(tmp_path / "x.parquet"), 100)), rows, ["shop"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.sort_values("day"), r"series 's4' do not stand together .* sort it by"),
        (lambda t: t.assign(shop=t["shop"].where(t["shop"] != "s1")), "'shop' .* lacks the name"),
        (lambda t: t[:0], "has no rows"),
    ],
    ids=["mixed series", "no name", "no rows"],
)
def test_names_that_tell_no_series(tmp_path, rows, change, message):
    change(rows).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(ValueError, match=message):
        ParquetShards(named(tmp_path / "x.parquet"), 100)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.assign(sales=np.inf), "'sales' of y holds inf"),
        (lambda t: t.assign(sales="many"), "must hold numbers"),
        (
            lambda t: t.assign(day=t["day"].where(t["day"] > "2024-01-05")),
            "every row needs its time",
        ),
        (lambda t: t[t["day"] != "2024-01-20"], "not evenly spaced"),
        (lambda t: t[::-1], "not sorted"),
        (lambda t: t.assign(day=t["day"].astype(str)), "index"),
    ],
    ids=["infinite", "text", "no time", "a gap in time", "backwards", "times as text"],
)
def test_what_is_wrong_is_named_with_its_series(tmp_path, rows, change, message):
    change(rows).to_parquet(tmp_path / "x.parquet")
    with pytest.raises((TypeError, ValueError), match=message) as error:
        panels(ParquetShards(named(tmp_path / "x.parquet"), 10))
    assert "x.parquet, series 's" in str(error.value)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"keys": ["city"]}, "keys must name columns of .* got 'city'"),
        ({"time": "hour"}, "time must name columns of .* got 'hour'"),
        ({"target": ["shop"]}, "target names the column 'shop' a second time"),
        ({"target": ["sales", "sales"]}, "target names the column 'sales' a second time"),
    ],
)
def test_columns_that_are_not_there(tmp_path, rows, columns, message):
    rows.to_parquet(tmp_path / "x.parquet")
    with pytest.raises(ValueError, match=message):
        named(tmp_path / "x.parquet", **columns).dataset()
