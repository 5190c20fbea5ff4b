"""What the benchmark scripts share: turns, peak memory of a fresh process, tables."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

import pandas as pd
import torch
from torch.utils.flop_counter import FlopCounterMode

from examples.command_line import add_data_argument, script_parser
from examples.paths import ROOT


def parser(doc: str) -> ArgumentParser:
    """Arguments that every benchmark takes."""
    found = script_parser(doc)
    add_data_argument(found)
    found.add_argument("--out", type=Path, help="folder for the tables, as CSV")
    return found


def turns(forms: Mapping[str, Callable[[], object]], repeats: int, warm_up: int = 1) -> dict:
    """Median seconds of each form; they take turns, so that all see the same machine."""
    times: dict[str, list[float]] = {name: [] for name in forms}
    for _ in range(warm_up + repeats):
        for name, form in forms.items():
            started = perf_counter()
            form()
            times[name].append(perf_counter() - started)
    return {name: median(values[warm_up:]) for name, values in times.items()}


def in_fresh_process(
    module: str,
    arguments: Iterable[object],
    launcher: Iterable[str] = (),
    threads: int | None = None,
) -> dict:
    """Run a benchmark module in a process of its own and read the JSON line it prints last.

    ``launcher`` are arguments of Python that start it, such as those of torchrun; ``threads``
    bounds those of a process.
    """
    command = [sys.executable, *launcher, "-m", module, *map(str, arguments)]
    environment = dict(os.environ) | ({} if threads is None else {"OMP_NUM_THREADS": str(threads)})
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def gigaflops(run: Callable[[], object]) -> float:
    """Billions of operations of the matrix products in ``run``, which must build a graph."""
    in_place = {torch.ops.aten.addmm_: _flops_of_addmm}
    with FlopCounterMode(display=False, custom_mapping=in_place) as counter:
        run()
    return counter.get_total_flops() / 1e9


def _flops_of_addmm(
    total: Sequence, a: Sequence, b: Sequence, *others: object, **kw: object
) -> int:
    """Count what torch's counter leaves out, from the shapes: ``total += a @ b``."""
    return 2 * a[0] * a[1] * b[1]


def peak_megabytes() -> float:
    """Most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def printed(rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """Table of rows, each of which is shown as soon as it is there."""
    found = []
    for row in rows:
        found.append(row)
        print(row, flush=True)
    return pd.DataFrame(found)


def report(title: str, rows: Iterable[Mapping[str, object]], options: Namespace, name: str) -> None:
    """Print a table, and store it where ``--out`` says."""
    table = pd.DataFrame(rows)
    print(f"\n{title} (torch {torch.__version__}, {torch.get_num_threads()} threads)")
    print(table.to_string(index=False, float_format=lambda x: f"{x:.3f}"), flush=True)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        table.to_csv(options.out / f"{name}.csv", index=False, float_format="%.4f")


def plot(
    rows: Iterable[Mapping[str, object]], x: str, ys: list[str], path: Path, log: bool = False
) -> None:
    """One small panel for each column of ``ys``, over column ``x``."""
    from matplotlib.figure import Figure

    table = pd.DataFrame(rows)
    figure = Figure(figsize=(3.2 * len(ys), 2.8), layout="constrained")
    for axes, y in zip(figure.subplots(1, len(ys), squeeze=False)[0], ys, strict=True):
        axes.plot(table[x], table[y], "o-")
        axes.set(xlabel=x, ylabel=y)
        if log:
            axes.set(xscale="log", yscale="log")
        else:
            axes.set(xlim=(0, None), ylim=(0, None))
    figure.savefig(path, dpi=120)
