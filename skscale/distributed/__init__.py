"""Beyond one machine: forecasts by Dask, Ray and Spark, training on files."""

from skscale.distributed._fit import fit_parquet
from skscale.distributed._predict import predict

__all__ = ["fit_parquet", "predict"]
