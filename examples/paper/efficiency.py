"""Figures 5 and 10 of the Sigma paper: accuracy, time and memory of every network, side by side.

::

    OMP_NUM_THREADS=1 python -m examples.paper.efficiency
    OMP_NUM_THREADS=1 python -m examples.paper.efficiency --dataset Electricity Traffic --memory 16
    python -m examples.paper.efficiency --device cuda --dataset ETTh1 Electricity Traffic

L = 96, T = 720, batch 32, random values of a data set's size: a training step is forward,
backward and Adam, with the settings of `examples.paper.models`. With seven channels on a CPU the
networks take turns, so that all see the same machine; else each has a process of its own, and one
that does not fit has no numbers. Figure 5 goes to ``efficiency.csv``, the sizes of Figure 10 to
``efficiency_channels.csv``. The test error is that of the finished runs on ETTh1 in
``docs/results/paper/long_term.csv``, at the longest horizon that a network has been trained for;
a network without a run has no point in the plot.
"""

from __future__ import annotations

import resource
from argparse import Namespace
from itertools import product
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch
from torch import nn

from examples.benchmarks.measure import in_fresh_process
from examples.benchmarks.network_forms import Case
from examples.benchmarks.training_step import (
    captured_step,
    medians,
    step_megabytes,
    training_step,
)
from examples.command_line import positive, script_parser
from examples.paper.models import MODELS
from examples.paper.results import versions_text
from examples.paths import PAPER_RESULTS
from skscale.forecasting import NetworkForecaster
from skscale.forecasting._windows import Layout

FIGURE_5 = PAPER_RESULTS / "figure_5_efficiency.svg"
CONTEXT, HORIZON, SEASON = 96, 720, 24
CHANNELS = {"ETTh1": 7, "Electricity": 321, "Traffic": 862}


def network(name: str, dataset: str) -> nn.Module:
    """Build the network that the forecaster ``name`` of the tables would train."""
    model = MODELS[name]
    estimator = cast(type[NetworkForecaster], model.estimator)
    forecaster = estimator(**model.settings_at(dataset, HORIZON))
    settings = forecaster._network_settings(Layout(CONTEXT, HORIZON, SEASON))
    return forecaster._network(CONTEXT, HORIZON, CHANNELS[dataset], **settings)


def costs(names: list[str], dataset: str, repeats: int, device: str = "cpu") -> pd.DataFrame:
    """Median milliseconds, peak megabytes and parameters of a training step of every network."""
    try:
        return pd.DataFrame(_taking_turns(names, dataset, repeats, device))
    except (RuntimeError, MemoryError) as error:
        out = isinstance(error, torch.OutOfMemoryError | MemoryError)
        if not (out or "allocate memory" in str(error)):
            raise
        torch.cuda.empty_cache()
        rows = [{"model": n, "dataset": dataset, "versions": versions_text()} for n in names]
        return pd.DataFrame(rows)


def _taking_turns(names: list[str], dataset: str, repeats: int, device: str) -> list[dict]:
    torch.manual_seed(0)
    case = Case("any", CHANNELS[dataset], HORIZON, {})
    nets = {name: network(name, dataset) for name in names}
    steps = {name: training_step(net, case, device) for name, net in nets.items()}
    times = medians(steps, repeats)
    rows = [
        {
            "model": name,
            "dataset": dataset,
            "ms": times[name],
            "megabytes": step_megabytes(steps[name], device),
            "parameters": sum(p.numel() for p in net.parameters()),
            "versions": versions_text(),
        }
        for name, net in nets.items()
    ]
    if device != "cpu":
        captured = {name: captured_step(net, case, device) for name, net in nets.items()}
        for row, ms in zip(rows, medians(captured, repeats).values(), strict=True):
            row["captured ms"] = ms
    return rows


def costs_in_fresh_process(name: str, dataset: str, args: Namespace) -> pd.DataFrame:
    """`costs` of one network, which nothing that another has left behind can disturb."""
    arguments = ["--one", "--model", name, "--dataset", dataset, "--device", args.device]
    arguments += ["--repeats", args.repeats]
    arguments += [] if args.memory is None else ["--memory", args.memory]
    return pd.DataFrame([in_fresh_process("examples.paper.efficiency", arguments)])


def with_errors(table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Add the mean test error over the seeds at the longest horizon that was run."""
    if table.empty or runs.empty:
        return table.assign(horizon=np.nan, mse=np.nan)
    runs = runs[(runs["dataset"] == "ETTh1") & (runs["context"] == CONTEXT)]
    errors = runs.groupby(["dataset", "model", "horizon"])["mse"].mean().reset_index()
    longest = errors.sort_values("horizon").drop_duplicates("model", keep="last")
    return table.merge(longest, on=["model", "dataset"], how="left")


def draw(table: pd.DataFrame, path: Path) -> None:
    """Scatter plot: time across, error up, memory as the area of a point."""
    from matplotlib.figure import Figure

    shown = table[table["horizon"] == HORIZON]
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.scatter(shown["ms"], shown["mse"], s=shown["megabytes"] * 2, alpha=0.5)
    for _, row in shown.iterrows():
        axes.annotate(f"{row['model']}\n{row['megabytes']:.0f} MB", (row["ms"], row["mse"]))
    axes.set(xlabel="milliseconds of a training step", ylabel=f"MSE, ETTh1, {HORIZON} steps")
    axes.set_xscale("log")
    figure.savefig(path, metadata={"Date": None})


def main(arguments: list[str] | None = None) -> None:
    """Measure, join the errors and draw."""
    parser = script_parser(__doc__)
    names = [name for name in MODELS if name != "default"]
    shown = [name for name in names if not name.endswith(("-official", "-tslib"))]
    parser.add_argument("--model", nargs="+", choices=names, default=shown, help="networks")
    parser.add_argument("--dataset", nargs="+", choices=CHANNELS, default=["ETTh1"])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=positive, default=10, help="steps of each median")
    parser.add_argument("--memory", type=positive, help="gigabytes of the process; Linux alone")
    parser.add_argument("--one", action="store_true", help="measure here, and print it as JSON")
    parser.add_argument("--out", type=Path, default=PAPER_RESULTS, help="folder of the results")
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    if args.memory is not None and (args.one or args.dataset == ["ETTh1"]):
        resource.setrlimit(resource.RLIMIT_AS, (args.memory * 2**30,) * 2)
    if args.one:
        table = costs(args.model, args.dataset[0], args.repeats, args.device)
        print(table.iloc[0].to_json())
        return
    few = args.dataset == ["ETTh1"]
    suffix = ("" if few else "_channels") + ("" if args.device == "cpu" else f"_{args.device}")
    if few and args.device == "cpu":
        parts = iter([costs(args.model, "ETTh1", args.repeats)])
    else:
        pairs = product(args.dataset, args.model)
        parts = (costs_in_fresh_process(name, dataset, args) for dataset, name in pairs)
    found = []
    for part in parts:
        found.append(part)
        table = pd.concat(found)
        table.to_csv(args.out / f"efficiency{suffix}.csv", index=False, float_format="%.3f")
    runs = pd.read_csv(PAPER_RESULTS / "long_term.csv")
    table = with_errors(table, runs)
    print(table.drop(columns="versions").to_string(index=False))
    if few:
        draw(table, args.out / f"figure_5_efficiency{suffix}.svg")


if __name__ == "__main__":
    main()
