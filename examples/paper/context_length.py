"""Figure 7 and the ETTh1 part of Table 13 of the Sigma paper: longer contexts and their cost.

::

    python -m examples.paper.context_length --seeds 0
    python -m examples.paper.context_length --cost

A context of 96 is in the long-term table already. The cost is that of one training step (forward,
backward and Adam) at batch 32, measured after training runs have ended: median time, and the
most memory that torch held beyond what it held before.
"""

from __future__ import annotations

import argparse
from functools import partial
from itertools import product

import torch
from torch.nn.functional import mse_loss

from examples.benchmarks.training_step import BATCH, medians, step_megabytes
from examples.paper import long_term
from examples.paper.results import ResultTable, versions_text
from examples.paper.runs import add_shared_arguments
from examples.paths import PAPER_RESULTS
from skscale.nn import SigmaNet

DATASET, CHANNELS = "ETTh1", 7
CONTEXTS = (24, 48, 96, 192, 336, 512, 720)
HORIZONS = (96, 192, 336, 720)
COST_KEYS, COST_VALUES = ("context", "horizon"), ("ms", "megabytes", "versions")


def step_cost(context: int, horizon: int, repeats: int) -> dict[str, object]:
    """Median milliseconds and peak megabytes of a training step with the paper's sizes."""
    torch.manual_seed(0)
    net = SigmaNet(context, horizon, CHANNELS, d_model=32, d_ff=16, dropout=0.1)
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-4, fused=True)
    x, y = torch.randn(BATCH, context, CHANNELS), torch.randn(BATCH, horizon, CHANNELS)

    def step() -> None:
        optimizer.zero_grad()
        mse_loss(net(x), y).backward()
        optimizer.step()

    return {
        "ms": f"{medians({'step': step}, repeats)['step']:.2f}",
        "megabytes": f"{step_megabytes(step, 'cpu'):.1f}",
        "versions": versions_text(),
    }


def measure_costs(table: ResultTable, repeats: int) -> None:
    """Measure and print what the table lacks."""
    for values in product(CONTEXTS, (HORIZONS[0], HORIZONS[-1])):
        key = dict(zip(COST_KEYS, values, strict=True))
        row = table.row(key, partial(step_cost, *values, repeats))
        print("context {context} horizon {horizon}: {ms} ms, {megabytes} MB".format(**row))


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, or measure the cost of a step."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    contexts = [length for length in CONTEXTS if length != long_term.CONTEXT_LENGTH]
    parser.add_argument("--context", nargs="+", default=[str(length) for length in contexts])
    parser.add_argument("--horizon", nargs="+", default=[str(steps) for steps in HORIZONS])
    parser.add_argument("--cost", action="store_true", help="measure steps instead of errors")
    parser.add_argument("--repeats", type=int, default=30, help="steps of each median")
    add_shared_arguments(parser, "context_length.csv")
    args = parser.parse_args(arguments)
    if args.cost:
        table = ResultTable(PAPER_RESULTS / "context_cost.csv", COST_KEYS, COST_VALUES)
        return measure_costs(table, args.repeats)
    flags = ["--dataset", DATASET, "--context", *args.context, "--horizon", *args.horizon]
    flags += ["--data", str(args.data), "--out", str(args.out)]
    return long_term.main([*flags, "--seeds", *(str(seed) for seed in args.seeds)])


if __name__ == "__main__":
    main()
