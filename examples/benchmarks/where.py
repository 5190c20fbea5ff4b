"""Where the time of each headline goes: by library, and by kind of operator within torch.

::

    python -m examples.benchmarks.where --out docs/results/benchmarks

Shares of the time that Python's profiler sees (which slows Python code down, so that its share
is an upper bound), and of the time that torch's profiler gives to operators.
"""

from __future__ import annotations

import cProfile
import pstats
from argparse import Namespace
from collections.abc import Callable, Iterator

import numpy as np
from sktime.datasets import load_airline
from sktime.split import ExpandingWindowSplitter
from torch.profiler import ProfilerActivity, profile

from examples.benchmarks.backtest import HORIZON, short_of_training
from examples.benchmarks.fit import CASES, our_fit
from examples.benchmarks.many_series import monthly
from examples.benchmarks.measure import parser, report
from examples.paper.protocol import load
from skscale.evaluation import backtest
from skscale.forecasting import SigmaForecaster, all_forecasters

LIBRARIES = ("torch", "sktime", "pandas", "numpy", "skscale")
KINDS = {
    "products": ("mm", "bmm", "addmm", "addmv", "addr", "baddbmm"),
    "GELU": ("gelu",),
    "copies": ("copy", "cat", "clone", "contiguous", "index", "stack", "roll", "fill", "zero"),
    "Adam": ("adam",),
}


def headlines(options: Namespace) -> Iterator[tuple[str, Callable[[], object]]]:
    """What users wait for."""
    data = load("ETTh1", options.data)
    for name, case in CASES.items():
        yield f"fit {name}, ETTh1", our_fit(case, data, 60)
    cv = ExpandingWindowSplitter(fh=np.arange(1, HORIZON + 1), initial_window=data.valid_end)
    for estimator in all_forecasters():
        forecaster = short_of_training(estimator)
        yield (
            f"backtest {estimator.__name__}, ETTh1",
            lambda forecaster=forecaster: backtest(forecaster, data.values, cv),
        )
    fitted = SigmaForecaster(max_epochs=1, random_state=0).fit(load_airline(), fh=range(1, 13))
    yield "100 predicts, airline", lambda: [fitted.predict() for _ in range(100)]
    panel = monthly(options.data, 4_000)
    forecaster = SigmaForecaster(season_length=12, random_state=0)
    yield "fit and predict, 4,000 series", lambda: forecaster.fit(panel, fh=range(1, 19)).predict()


def by_library(run: Callable[[], object]) -> dict[str, float]:
    """Seconds within the functions of each library, without what they call."""
    profiler = cProfile.Profile()
    profiler.runcall(run)
    seconds = dict.fromkeys((*LIBRARIES, "other"), 0.0)
    for (path, _, function), (_, _, own, _, _) in pstats.Stats(profiler).stats.items():
        place = path if path != "~" else function
        # The package lies in a folder of its own name: the last match is the library.
        found = max(LIBRARIES, key=lambda name: place.rfind(name))
        seconds[found if found in place else "other"] += own
    return seconds


def by_kind(run: Callable[[], object]) -> dict[str, float]:
    """Share of each kind of operator in what torch's profiler saw."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        run()
    times = dict.fromkeys((*KINDS, "element-wise and other"), 0.0)
    for event in profiler.key_averages():
        name = event.key.removeprefix("aten::").strip("_")
        kind = next(
            (kind for kind, parts in KINDS.items() if any(part in name for part in parts)),
            "element-wise and other",
        )
        times[kind] += event.self_cpu_time_total
    total = sum(times.values())
    return {name: value / total for name, value in times.items()}


def main() -> None:
    """Print and store the table."""
    options = parser(__doc__).parse_args()
    rows = []
    for name, run in headlines(options):
        run()
        seconds = by_library(run)
        total = sum(seconds.values())
        rows.append(
            {
                "headline": name,
                "seconds": total,
                **{library: value / total for library, value in seconds.items()},
                **by_kind(run),
            }
        )
    report("Where the time goes", rows, options, "where")


if __name__ == "__main__":
    main()
