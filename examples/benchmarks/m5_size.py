"""Fit, predict and backtest on daily series of the size of M5: time and memory.

The data are generated: as many series and days as M5 has, 30,490 and 1,941, nearly two thirds of
whose values are zeros. Three columns are known ahead: the price, events and days of food stamps.

::

    python -m examples.benchmarks.m5_size --out docs/results/benchmarks

Each number of series runs in a process of its own; memory is the most that it has held, with
everything it imported and the data themselves.
"""

from __future__ import annotations

import json
import sys
from time import perf_counter, process_time

import numpy as np
import pandas as pd

from examples.benchmarks.measure import in_fresh_process, parser, peak_megabytes, report
from examples.command_line import positive

WHOLE, DAYS, HORIZON = 30_490, 1_941, 28
SERIES_AT_ONCE = 1_000
WEEK = np.array([0.9, 0.85, 0.85, 0.85, 0.95, 1.25, 1.35])
# Of the logarithm of the mean daily sales of a series: a third of the items sell one a day or more.
RATE, RATE_SPREAD = -0.6, 1.1


def generated(n_series: int, n_days: int = DAYS, seed: int = 0) -> tuple[pd.DataFrame, ...]:
    """Sales, and the columns known ahead for a horizon more, as frames of long format."""
    rng, longer = np.random.default_rng(seed), n_days + HORIZON
    day = np.arange(longer)
    event = (rng.random(longer) < 0.08).astype(np.float32)
    snap = (day % 30 < 10).astype(np.float32)
    of_day = WEEK[day % 7] * (1 + 0.1 * snap - 0.05 * event)
    sales = np.empty((n_series, n_days), dtype=np.float32)
    price = np.empty((n_series, longer), dtype=np.float32)
    for first in range(0, n_series, SERIES_AT_ONCE):
        some = slice(first, min(first + SERIES_AT_ONCE, n_series))
        price[some] = _prices(rng, some.stop - first, longer)
        sales[some] = _sales(rng, price[some], of_day)[:, :n_days]
    X = {"price": price.ravel(), "event": np.tile(event, n_series), "snap": np.tile(snap, n_series)}
    return (
        pd.DataFrame({"sales": sales.ravel()}, index=_index(n_series, n_days)),
        pd.DataFrame(X, index=_index(n_series, longer)),
    )


def _sales(rng: np.random.Generator, price: np.ndarray, of_day: np.ndarray) -> np.ndarray:
    """Numbers sold: rates that differ by series and change by month, price and day."""
    n_series, n_days = price.shape
    rate = np.exp(rng.normal(RATE, RATE_SPREAD, (n_series, 1)))
    month = rng.gamma(1.0, 1.0, (n_series, n_days // 30 + 1)).repeat(30, axis=1)[:, :n_days]
    relative = price / price.mean(axis=1, keepdims=True)
    return rng.poisson(rate * month * of_day * relative**-1.5)


def _prices(rng: np.random.Generator, n_series: int, n_days: int) -> np.ndarray:
    """Prices around four dollars, which change about every three months by a tenth."""
    changes = rng.random((n_series, n_days)) < 1 / 90
    steps = np.where(changes, rng.normal(0, 0.1, (n_series, n_days)), 0.0)
    return np.exp(np.log(4.4) + rng.normal(0, 0.6, (n_series, 1)) + steps.cumsum(axis=1) / 2)


def _index(n_series: int, n_days: int) -> pd.MultiIndex:
    names = [f"item_{i:05d}" for i in range(n_series)]
    days = pd.date_range("2011-01-29", periods=n_days, freq="D")
    return pd.MultiIndex.from_product([names, days], names=["item", "day"])


def run_one(n_series: int) -> dict[str, float]:
    """Fit, predict and backtest once; everything measured in this process."""
    from sktime.split import SlidingWindowSplitter

    from skscale import SigmaForecaster
    from skscale.evaluation import backtest

    steps = np.arange(1, HORIZON + 1)
    y, X = generated(n_series)
    data = peak_megabytes()
    forecaster = SigmaForecaster(season_length=7, freq="D", random_state=0)
    clock = _Clock()
    forecaster.fit(y, X, fh=steps)
    fit = clock.lap("fit")
    forecast = forecaster.predict(X=X)
    predict = clock.lap("predict")
    assert len(forecast) == n_series * HORIZON
    fitted = peak_megabytes()
    forecaster = forecaster.clone()
    # Four cut-offs, the last four horizons; fitted once, before the first.
    first = DAYS - 4 * HORIZON
    cv = SlidingWindowSplitter(steps, window_length=first, step_length=HORIZON)
    scores = backtest(forecaster, y, cv, X)
    assert len(scores) == 4
    return {
        "series": n_series,
        "points": len(y),
        "zeros": float((y["sales"] == 0).mean()),
        **fit,
        **predict,
        **clock.lap("backtest"),
        "with data MB": data,
        "fitted MB": fitted,
        "peak MB": peak_megabytes(),
    }


class _Clock:
    """Time, and that of all cores, which says more on a machine that others use as well."""

    def __init__(self) -> None:
        self._now = perf_counter(), process_time()

    def lap(self, name: str) -> dict[str, float]:
        """Seconds since the last lap."""
        then, self._now = self._now, (perf_counter(), process_time())
        wall, cores = (b - a for a, b in zip(then, self._now, strict=True))
        return {f"{name} s": wall, f"{name} core s": cores}


def main() -> None:
    """Print and store the table."""
    arguments = parser(__doc__)
    sizes = [1_000, 3_000, 10_000, WHOLE]
    arguments.add_argument("--sizes", type=positive, nargs="+", default=sizes)
    arguments.add_argument("--one", type=positive, help="run one size here and print it as JSON")
    options = arguments.parse_args()
    if options.one:
        json.dump(run_one(options.one), sys.stdout)
        return
    module, rows = "examples.benchmarks.m5_size", []
    for n in options.sizes:
        rows.append(in_fresh_process(module, ["--one", n]))
        report("Series of the size of M5's, one global model", rows, options, "m5_size")


if __name__ == "__main__":
    main()
