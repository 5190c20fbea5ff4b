"""A whole fit and a whole backtest on a device, beside the CPU's and beside the papers' loop.

::

    python -m examples.benchmarks.whole --device cuda --out docs/results/benchmarks

A series of ETTh1's size, 7 channels, T = 96 and batch 32; random walks where the data are not at
hand, which costs the same. "papers' loop" trains the plain network through a DataLoader on the
same device.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import torch
from sktime.split import ExpandingWindowSplitter

from examples.benchmarks.fit import CASES, FORECASTERS, our_fit, papers_loop
from examples.benchmarks.measure import parser, report, turns
from examples.paper.protocol import Benchmark, load, split
from skscale.evaluation import backtest

BORDERS = (8640, 11520, 14400)  # of ETTh1


def etth1(options: Namespace) -> Benchmark:
    """Return ETTh1, or random walks of its size."""
    try:
        return load("ETTh1", options.data)
    except FileNotFoundError:
        walks = np.random.default_rng(0).normal(size=(BORDERS[-1], 7)).cumsum(axis=0)
        index = pd.date_range("2016-07-01", periods=BORDERS[-1], freq="h")
        columns = [f"walk{i}" for i in range(7)]
        return split(pd.DataFrame(walks, index=index, columns=columns), BORDERS)


def finished(work: Callable[[], object]) -> Callable[[], None]:
    """Wait for the device behind ``work``."""

    def run() -> None:
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()

    return run


def rows(options: Namespace) -> Iterator[dict[str, object]]:
    """Measure both networks."""
    data, device = etth1(options), options.device
    for name, case in CASES.items():
        fits = {
            "fit": our_fit(case, data, options.steps, device=device),
            "papers' loop": papers_loop(case, data, options.steps, device),
            "fit on the CPU": our_fit(case, data, options.steps, device="cpu"),
        }
        times = turns({form: finished(work) for form, work in fits.items()}, options.repeats)
        tests = {}
        for place, where in {"backtest": device, "backtest on the CPU": "cpu"}.items():
            forecaster = FORECASTERS[name](
                context_length=96, max_epochs=1, steps_per_epoch=5, device=where, random_state=0
            )
            cv = ExpandingWindowSplitter(fh=np.arange(1, 97), initial_window=data.valid_end)
            found = backtest(forecaster, data.values, cv)
            tests[place] = found["pred_time"].sum()
        yield {
            "model": name,
            "steps": options.steps,
            **{f"{form} s": seconds for form, seconds in (times | tests).items()},
            "faster than papers' loop": times["papers' loop"] / times["fit"],
            "faster than the CPU": times["fit on the CPU"] / times["fit"],
        }


def main() -> None:
    """Print and store the table."""
    arguments = parser(__doc__)
    arguments.add_argument("--device", default="cpu")
    arguments.add_argument("--steps", type=int, default=200)
    arguments.add_argument("--repeats", type=int, default=3)
    options = arguments.parse_args()
    report("Fit and backtest", list(rows(options)), options, f"whole_{options.device}")


if __name__ == "__main__":
    main()
