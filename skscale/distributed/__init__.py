"""Beyond one machine: forecasts by Dask, Ray and Spark."""

from skscale.distributed._predict import predict

__all__ = ["predict"]
