"""Figure 5 of the Sigma paper: accuracy, time and memory of every network, side by side.

::

    OMP_NUM_THREADS=1 python -m examples.paper.efficiency

ETTh1, L = 96, T = 720, batch 32: a training step is forward, backward and Adam, with the settings
of `examples.paper.models`. The networks take turns, so that all see the same machine. The test
error is that of the finished runs in ``docs/results/paper/long_term.csv``, at the longest horizon
that a network has been trained for; a network without a run has no point in the plot.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pandas as pd
import torch
from torch import nn

from examples.benchmarks.network_forms import BATCH, Case
from examples.benchmarks.training_step import medians, step_megabytes, training_step
from examples.command_line import positive, script_parser
from examples.paper.models import MODELS
from examples.paper.results import versions_text
from examples.paths import PAPER_RESULTS
from skscale.forecasting import NetworkForecaster
from skscale.forecasting._windows import Layout

OUT = PAPER_RESULTS / "efficiency.csv"
DATASET, CONTEXT, HORIZON, CHANNELS, SEASON = "ETTh1", 96, 720, 7, 24


def network(name: str, horizon: int = HORIZON) -> nn.Module:
    """Build the network that the forecaster ``name`` of the tables would train."""
    model = MODELS[name]
    estimator = cast(type[NetworkForecaster], model.estimator)
    forecaster = estimator(**model.settings_at(DATASET, horizon))
    settings = forecaster._network_settings(Layout(CONTEXT, horizon, SEASON))
    return forecaster._network(CONTEXT, horizon, CHANNELS, **settings)


def costs(names: list[str], repeats: int) -> pd.DataFrame:
    """Median milliseconds, peak megabytes and parameters of a training step of every network."""
    torch.manual_seed(0)
    case = Case("any", CHANNELS, HORIZON, {})
    nets = {name: network(name) for name in names}
    steps = {name: training_step(net, case, "cpu", (BATCH, CONTEXT)) for name, net in nets.items()}
    times = medians(steps, repeats)
    return pd.DataFrame(
        {
            "model": name,
            "ms": times[name],
            "megabytes": step_megabytes(steps[name], "cpu"),
            "parameters": sum(p.numel() for p in net.parameters()),
            "versions": versions_text(),
        }
        for name, net in nets.items()
    )


def with_errors(table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Add the mean test error over the seeds at the longest horizon that was run."""
    runs = runs[(runs["dataset"] == DATASET) & (runs["context"] == CONTEXT)]
    errors = runs.groupby(["model", "horizon"])["mse"].mean().reset_index()
    longest = errors.sort_values("horizon").drop_duplicates("model", keep="last")
    return table.merge(longest, on="model", how="left")


def draw(table: pd.DataFrame, path: Path) -> None:
    """Scatter plot: time across, error up, memory as the area of a point."""
    from matplotlib.figure import Figure

    shown = table[table["horizon"] == HORIZON]
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.scatter(shown["ms"], shown["mse"], s=shown["megabytes"] * 2, alpha=0.5)
    for _, row in shown.iterrows():
        axes.annotate(f"{row['model']}\n{row['megabytes']:.0f} MB", (row["ms"], row["mse"]))
    axes.set(xlabel="milliseconds of a training step", ylabel=f"MSE, {DATASET}, {HORIZON} steps")
    axes.set_xscale("log")
    figure.savefig(path, metadata={"Date": None})


def main(arguments: list[str] | None = None) -> None:
    """Measure, join the errors and draw."""
    parser = script_parser(__doc__)
    names = [name for name, model in MODELS.items() if name != "default"]
    parser.add_argument("--model", nargs="+", choices=names, default=names, help="networks")
    parser.add_argument("--repeats", type=positive, default=10, help="steps of each median")
    parser.add_argument("--out", type=Path, default=OUT, help="result table")
    args = parser.parse_args(arguments)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    runs = pd.read_csv(PAPER_RESULTS / "long_term.csv")
    table = with_errors(costs(args.model, args.repeats), runs)
    table.to_csv(args.out, index=False, float_format="%.3f")
    print(table.drop(columns="versions").to_string(index=False))
    draw(table, args.out.with_name("figure_5_efficiency.svg"))


if __name__ == "__main__":
    main()
