"""Training on parquet files and from memory: peak memory and time by the size of the data.

::

    python -m examples.benchmarks.parquet --out docs/results/benchmarks

Generated daily series of 1,000 days, written and fitted in processes of their own; sizes are those
of the values alone, in float64. Memory is the most that the process has held, all that it
imported included. Seconds are those of the processor, of all threads together: on a machine that
others use, they tell more than the clock does, which stands beside. ``--folder`` says where the
files lie meanwhile, nine bytes a value.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandas as pd

from examples.benchmarks.measure import in_fresh_process, parser, peak_megabytes, report

MODULE = "examples.benchmarks.parquet"
DAYS, HORIZON = 1_000, 28
SIZES = (0.25, 1.0, 4.0, 16.0)  # GB of values
MOST_IN_MEMORY = 1.0
SERIES_AT_ONCE = 1_000
SETTINGS = {"context_length": 56, "max_epochs": 2, "pretrained": None, "random_state": 0}


def n_series(gigabytes: float) -> int:
    """Series that take so much memory in float64."""
    return round(gigabytes * 1e9 / 8 / DAYS)


def series(first: int, last: int) -> Any:
    """Long table of the series from ``first`` to before ``last``: a level, a week and noise."""
    import pyarrow as pa

    rng = np.random.default_rng(first)
    n, week = last - first, np.sin(2 * np.pi * np.arange(DAYS) / 7)
    level, size = rng.lognormal(3, 1, size=(2, n, 1))
    values = level + size * (week + rng.normal(0, 0.5, size=(n, DAYS)))
    names = pa.array([f"shop {i:07d}" for i in range(first, last)])
    day = np.arange("2021-01-01", DAYS, dtype="datetime64[D]").astype("datetime64[ms]")
    columns = {
        "shop": names.take(pa.array(np.repeat(np.arange(n), DAYS))),
        "day": pa.array(np.tile(day, n)),
        "sales": pa.array(values.ravel()),
    }
    return pa.table(columns)


def write(path: Path, gigabytes: float) -> None:
    """Write so many series, some at a time."""
    from pyarrow.parquet import ParquetWriter

    n = n_series(gigabytes)
    with ParquetWriter(path, series(0, 1).schema) as file:
        for first in range(0, n, SERIES_AT_ONCE):
            file.write_table(series(first, min(n, first + SERIES_AT_ONCE)))


def seconds(fit: Callable[[], object]) -> dict[str, float]:
    """Seconds of the processor and of the clock that a fit takes."""
    clock, processor = perf_counter(), process_time()
    fit()
    return {"fit CPU s": process_time() - processor, "clock s": perf_counter() - clock}


def fit_files(path: Path) -> dict[str, float]:
    """Fit to the files."""
    from skscale.distributed import fit_parquet
    from skscale.forecasting import DLinearForecaster

    forecaster, steps = DLinearForecaster(**SETTINGS), range(1, HORIZON + 1)
    columns = {"keys": "shop", "time": "day", "target": "sales"}
    return seconds(lambda: fit_parquet(forecaster, path, **columns, fh=steps))


def fit_memory(path: Path) -> dict[str, float]:
    """Fit to the same data in memory; reading them is not counted."""
    from skscale.forecasting import DLinearForecaster

    y = pd.read_parquet(path).set_index(["shop", "day"])
    forecaster, steps = DLinearForecaster(**SETTINGS), range(1, HORIZON + 1)
    return seconds(lambda: forecaster.pretrain(y, fh=steps))


def run_one(path: Path, where: str) -> dict[str, float]:
    """Fit once; everything measured in this process."""
    taken = {"files": fit_files, "memory": fit_memory}[where](path)
    return {**taken, "peak MB": peak_megabytes()}


def rows_of(gigabytes: float, folder: Path) -> list[dict]:
    """Both ways to fit, or files alone where memory takes too much."""
    path = folder / "sales.parquet"
    in_fresh_process(MODULE, ["--write", gigabytes, "--path", path])
    size = {"GB": gigabytes, "series": n_series(gigabytes), "values": DAYS * n_series(gigabytes)}
    size["file MB"] = path.stat().st_size / 1e6
    ways = ("files", "memory") if gigabytes <= MOST_IN_MEMORY else ("files",)
    return [
        {**size, "from": way, **in_fresh_process(MODULE, ["--one", way, "--path", path])}
        for way in ways
    ]


def main() -> None:
    """Print and store the table and its plot."""
    arguments = parser(__doc__)
    arguments.add_argument("--folder", type=Path, help="where the files lie meanwhile")
    arguments.add_argument("--sizes", type=float, nargs="+", default=SIZES, help="GB of values")
    arguments.add_argument("--write", type=float, help="write so many GB to --path, and stop")
    arguments.add_argument("--one", help="fit to --path from files or memory, print JSON")
    arguments.add_argument("--path", type=Path)
    options = arguments.parse_args()
    if options.write:
        write(options.path, options.write)
        json.dump({}, sys.stdout)
        return
    if options.one:
        json.dump(run_one(options.path, options.one), sys.stdout)
        return
    rows = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            rows += rows_of(size, Path(folder))
        report("Training on parquet files", rows, options, "parquet")  # large sizes take long
    if options.out:
        draw(rows, options.out / "parquet.png")


def draw(rows: list[dict], path: Path) -> None:
    """Time and memory over the size of the data, from files and from memory."""
    from matplotlib.figure import Figure

    table, titles = pd.DataFrame(rows), ("fit CPU s", "peak MB")
    figure = Figure(figsize=(6.4, 2.8), layout="constrained")
    for axes, title in zip(figure.subplots(1, 2), titles, strict=True):
        for way, some in table.groupby("from"):
            axes.plot(some["GB"], some[title], "o-", label=way)
        axes.set(xlabel="values, GB", ylabel=title, xlim=(0, None), ylim=(0, None))
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
