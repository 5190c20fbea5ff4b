"""A fit on series of the size of M5's, by one process and by several of torchrun.

::

    python -m examples.benchmarks.processes --out docs/results/benchmarks

Each process has one core. They share every batch, so that large batches gain most; what each does
alone, reading and checking the data, does not get faster. "memory" is that of the first process.
"""

from __future__ import annotations

import json
import os
import sys
from itertools import product
from time import perf_counter

import numpy as np

from examples.benchmarks.m5_size import HORIZON, WHOLE, generated
from examples.benchmarks.measure import in_fresh_process, parser, peak_megabytes, plot, report
from examples.command_line import positive

MODULE = "examples.benchmarks.processes"


def run_one(n_series: int, batch_size: int) -> dict[str, float] | None:
    """Fit in this process, one of torchrun's or alone; None if it is not the first."""
    from skscale import SigmaForecaster

    y, X = generated(n_series)
    forecaster = SigmaForecaster(
        season_length=7,
        freq="D",
        batch_size=batch_size,
        max_epochs=3,
        pretrained=None,
        device="cpu",
        random_state=0,
    )
    started = perf_counter()
    forecaster.fit(y, X, fh=np.arange(1, HORIZON + 1))
    seconds = perf_counter() - started
    if int(os.environ.get("RANK", "0")):
        return None
    history = forecaster.history_
    return {
        "fit s": seconds,
        "epoch s": float(np.median(history["seconds"])),
        "train loss": history["train_loss"][-1],
        "memory MB": peak_megabytes(),
    }


def started(n_processes: int, arguments: list[object]) -> dict[str, float]:
    """What the first of ``n_processes`` processes of torchrun says; alone, of a bare one."""
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={n_processes}"]
    with_launcher = launcher if n_processes > 1 else []
    return in_fresh_process(MODULE, arguments, with_launcher, threads=1)


def main() -> None:
    """Print, store and draw the table."""
    arguments = parser(__doc__)
    arguments.add_argument("--series", type=positive, default=WHOLE)
    arguments.add_argument("--batches", type=positive, nargs="+", default=[256, 2_048])
    arguments.add_argument("--processes", type=positive, nargs="+", default=[1, 2])
    arguments.add_argument("--one", action="store_true", help="fit here, and print it as JSON")
    options = arguments.parse_args()
    if options.one:
        row = run_one(options.series, options.batches[0])
        if row is not None:
            json.dump(row, sys.stdout)
        return
    rows = []
    for batch, n in product(options.batches, options.processes):
        row = started(n, ["--one", "--series", options.series, "--batches", batch])
        rows.append({"series": options.series, "batch": batch, "processes": n, **row})
        report("One fit by several processes", rows, options, "processes")
    if options.out:
        wide = [
            {"processes": n}
            | {f"batch {r['batch']}: epoch s": r["epoch s"] for r in rows if r["processes"] == n}
            for n in options.processes
        ]
        columns = [f"batch {batch}: epoch s" for batch in options.batches]
        plot(wide, "processes", columns, options.out / "processes.png")


if __name__ == "__main__":
    main()
