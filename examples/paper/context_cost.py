"""Figure 7b of the Sigma paper: what a training step costs over the length of the context.

::

    OMP_NUM_THREADS=1 python -m examples.paper.context_cost

The step is forward, backward and Adam at batch 32 with the paper's sizes for ETTh1, measured
while nothing else runs: median time, and the most memory that torch held beyond what it held
before.
"""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path

import torch
from torch.nn.functional import mse_loss

from examples.benchmarks.training_step import BATCH, medians, step_megabytes
from examples.command_line import positive, script_parser
from examples.paper.context_length import CONTEXTS, HORIZONS
from examples.paper.results import ResultTable, versions_text
from examples.paths import PAPER_RESULTS
from skscale.nn import SigmaNet

CHANNELS = 7
KEYS, VALUES = ("context", "horizon"), ("ms", "megabytes", "versions")


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


def main(arguments: list[str] | None = None) -> None:
    """Measure and print what the table lacks."""
    parser = script_parser(__doc__)
    parser.add_argument(
        *("--context",), nargs="+", type=positive, default=CONTEXTS, help="points of a window"
    )
    parser.add_argument(
        *("--horizon",),
        nargs="+",
        type=positive,
        default=(HORIZONS[0], HORIZONS[-1]),
        help="steps ahead",
    )
    parser.add_argument("--repeats", type=positive, default=30, help="steps of each median")
    parser.add_argument(
        "--out", type=Path, default=PAPER_RESULTS / "context_cost.csv", help="result table"
    )
    args = parser.parse_args(arguments)
    table = ResultTable(args.out, KEYS, VALUES)
    for values in product(args.context, args.horizon):
        key = dict(zip(KEYS, values, strict=True))
        row = table.row(key, partial(step_cost, *values, args.repeats))
        print("context {context} horizon {horizon}: {ms} ms, {megabytes} MB".format(**row))


if __name__ == "__main__":
    main()
