"""Fit and predict on M4 Monthly through the sktime interface: time and memory by number of series.

::

    python -m examples.benchmarks.many_series --out docs/results/benchmarks

Each number of series runs in a process of its own; memory is the most that process has held,
with everything it imported and the data themselves.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from examples.benchmarks.measure import in_fresh_process, parser, peak_megabytes, plot, report

SIZES = (1_000, 4_000, 16_000, 48_000)
HORIZON = 18
TYPES = {f"V{i}": np.float32 for i in range(2, 2_796)}


def monthly(folder: Path, n_series: int) -> pd.DataFrame:
    """Read the first series of M4 Monthly as sktime's panel of long format."""
    path, names, parts = folder / "m4" / "Monthly-train.csv.xz", [], []
    # The file is one row a series, padded to the longest: a gigabyte if read at once.
    for wide in pd.read_csv(path, index_col=0, nrows=n_series, chunksize=1_000, dtype=TYPES):
        values = wide.to_numpy()
        series, time = np.nonzero(~np.isnan(values))
        parts.append((series + len(names), time, values[series, time]))
        names.extend(wide.index)
    series, time, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    levels, codes = [names, np.arange(time.max() + 1)], [series, time]
    index = pd.MultiIndex(levels, codes, names=["series", "time"])
    return pd.DataFrame({"y": values}, index=index).sort_index()


def run_one(folder: Path, n_series: int) -> dict[str, float]:
    """Fit and predict once; everything measured in this process."""
    from skscale.forecasting import SigmaForecaster

    imported = peak_megabytes()
    y = monthly(folder, n_series)
    data = peak_megabytes()
    started = perf_counter()
    forecaster = SigmaForecaster(season_length=12, random_state=0)
    forecaster.fit(y, fh=np.arange(1, HORIZON + 1))
    fitted = perf_counter()
    forecast = forecaster.predict()
    assert len(forecast) == n_series * HORIZON
    return {
        "series": n_series,
        "points": len(y),
        "fit s": fitted - started,
        "predict s": perf_counter() - fitted,
        "imported MB": imported,
        "with data MB": data,
        "peak MB": peak_megabytes(),
    }


def main() -> None:
    """Print and store the table and its plot."""
    arguments = parser(__doc__)
    arguments.add_argument("--one", type=int, help="run one size here and print it as JSON")
    options = arguments.parse_args()
    if options.one:
        json.dump(run_one(options.data, options.one), sys.stdout)
        return
    module = "examples.benchmarks.many_series"
    rows = [in_fresh_process(module, ["--data", options.data, "--one", n]) for n in SIZES]
    report("M4 Monthly, one global model", rows, options, "many_series")
    if options.out:
        plot(rows, "series", ["fit s", "predict s", "peak MB"], options.out / "many_series.png")


if __name__ == "__main__":
    main()
