"""The same forecasts from local clusters of Dask, Ray and Spark."""

import os
import sys

import numpy as np
import pytest

from skscale.distributed import predict
from tests.distributed.tables import ahead, fitted, past, shops, without_a_day

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["pandas", "dask", "ray", "spark"])
def engine(request, tmp_path_factory):
    """What is passed as ``engine``, of two workers, and how its result becomes one of pandas."""
    pytest.importorskip("fugue")
    yield from globals()[f"_{request.param}"](str(tmp_path_factory.mktemp(request.param)))


def _pandas(folder):
    yield "pandas", lambda found: found.to_pandas()


def _dask(folder):
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=folder
    )
    with cluster, distributed.Client(cluster) as client:
        yield client, lambda found: found.compute()


def _ray(folder):
    ray = pytest.importorskip("ray")
    pytest.importorskip("duckdb", reason="Fugue runs Ray beside DuckDB")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield "ray", lambda found: found.to_pandas()
    ray.shutdown()


def _spark(folder):
    sql = pytest.importorskip("pyspark.sql")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = sql.SparkSession.builder.master("local[2]")
    for name, value in {
        "spark.ui.enabled": False,
        "spark.sql.shuffle.partitions": 2,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.warehouse.dir": folder,
    }.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:  # of many kinds where there is no Java
        pytest.skip(f"Spark does not start: {error}")
    yield session, lambda found: found.toPandas()
    session.stop()


def test_an_engine_forecasts_as_this_process_does(engine):
    """Points and intervals; a series that fails is named, and costs the others nothing."""
    where, to_pandas = engine
    table = shops()
    forecaster, X = fitted(table), ahead(table)
    rows = without_a_day(past(table).reset_index(), "s2")
    found = to_pandas(
        predict(forecaster, rows, [1, 3], X, coverage=0.8, engine=where, n_partitions=2)
    )
    expected = predict(forecaster, rows, [1, 3], X, coverage=0.8)
    failed = found[found["error"].notna()]
    assert list(failed["shop"]) == ["s2"]
    assert "not evenly spaced" in failed["error"].item()
    found, expected = (
        one[one["error"].isna()].sort_values(["shop", "day"]) for one in (found, expected)
    )
    assert list(found["shop"]) == list(expected["shop"])
    assert (found["day"].to_numpy() == expected["day"].to_numpy()).all()
    for name in ("sales", "sales_lower_80", "sales_upper_80"):
        np.testing.assert_allclose(found[name].astype(float), expected[name], rtol=1e-5)
