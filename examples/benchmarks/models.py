"""Cost of every forecaster's default network, and the table of `docs/models.md`.

::

    OMP_NUM_THREADS=1 python -m examples.benchmarks.models --out docs/results/benchmarks

7 channels, contexts and horizons of 96 points, batch 32. A training step is forward, backward and
Adam; the networks take turns. Without ``--out`` the page is written anew from the stored tables.
"""

from __future__ import annotations

import re

import pandas as pd
import torch

from examples.benchmarks.measure import parser, report
from examples.benchmarks.network_forms import BATCH, Case
from examples.benchmarks.training_step import medians, step_megabytes, training_step
from examples.paper.tables import trained_longest
from examples.paths import RESULTS, ROOT
from skscale.forecasting import all_forecasters
from skscale.forecasting._windows import Layout

LENGTH, CHANNELS, SEASON = 96, 7, 24
PAGE = ROOT / "docs" / "models.md"
TABLE = RESULTS / "benchmarks" / "models.csv"
RUNS = RESULTS / "paper" / "long_term.csv"


def costs(repeats: int) -> list[dict[str, object]]:
    """Median milliseconds, peak megabytes, parameters and features of every network."""
    torch.manual_seed(0)
    case = Case("any", CHANNELS, LENGTH, {})
    nets = {}
    for one in all_forecasters():
        settings = one()._network_settings(Layout(LENGTH, LENGTH, SEASON))
        nets[one.__name__] = one._network(LENGTH, LENGTH, CHANNELS, **settings)
    steps = {name: training_step(net, case, "cpu", (BATCH, LENGTH)) for name, net in nets.items()}
    times = medians(steps, repeats)
    return [
        {
            "forecaster": name,
            "step ms": times[name],
            "step MB": step_megabytes(steps[name], "cpu"),
            "parameters": sum(p.numel() for p in net.parameters()),
            "past features": " ".join(net.past_groups),
            "future features": " ".join(net.future_groups),
        }
        for name, net in nets.items()
    ]


def costs_table() -> str:
    """Stored costs as a table of the page."""
    rows = pd.read_csv(TABLE, keep_default_na=False)
    lines = [
        "| forecaster | ms a step | MB | parameters | features of the past | of the future |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for _, row in rows.iterrows():
        name = row["forecaster"]
        link = f"[{name}](api/forecasting/{name}.md)"
        features = [
            row[f"{part} features"].replace(" ", ", ") or "–" for part in ("past", "future")
        ]
        cost = f"{row['step ms']:.1f} | {row['step MB']:.1f} | {row['parameters']:,}"
        lines.append(f"| {link} | {cost} | {' | '.join(features)} |")
    return "\n".join(lines) + "\n"


def errors_table() -> str:
    """Errors of the finished runs, each with the settings of its paper, or the largest there are.

    What fewer than four networks were trained for is left to the page of the papers.
    """
    table = pd.read_csv(RUNS).query("context == 96")
    runs = pd.concat(trained_longest(table, name) for name in table["model"].unique())
    errors = runs.groupby(["model", "dataset", "horizon"])["mse"].mean().unstack([1, 2]).round(3)
    errors = errors.loc[:, errors.notna().sum() >= 4].dropna(how="all").sort_index(axis=1)
    heads = [f"{dataset}, {horizon}" for dataset, horizon in errors]
    lines = [f"| network | {' | '.join(heads)} |", "|" + " --- |" * (1 + len(heads))]
    for name, row in errors.iterrows():
        cells = [
            "–" if pd.isna(e) else f"**{e:.3f}**" if e == errors[cell].min() else f"{e:.3f}"
            for cell, e in row.items()
        ]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def filled(text: str) -> str:
    """The page with the stored tables."""
    for name, table in (("costs", costs_table()), ("errors", errors_table())):
        place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = place.sub(lambda found, table=table: found[1] + table + found[2], text)
    return text


def main(arguments: list[str] | None = None) -> None:
    """Measure if asked to, and fill the page."""
    options = parser(__doc__).parse_args(arguments)
    if options.out:
        report("default networks", costs(repeats=10), options, "models")
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
