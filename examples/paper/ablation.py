"""Table 4 of the Sigma paper: what each part is worth, on ETTh1 with 720 steps.

::

    python -m examples.paper.ablation --seeds 0 1 2

The whole model is in the long-term table already (``--model sigma --dataset ETTh1 --horizon 720``).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import cache, partial
from itertools import product

from examples.command_line import positive, script_parser
from examples.paper.long_term import CONTEXT_LENGTH
from examples.paper.models import sigma_settings
from examples.paper.protocol import load
from examples.paper.results import ResultTable, settings_text
from examples.paper.runs import (
    KEYS,
    VALUES,
    add_shared_arguments,
    add_variant_arguments,
    finished_run,
    print_runs,
)
from skscale import SigmaForecaster

DATASET, HORIZON = "ETTh1", 720


# In the order of Table 4, behind the whole model.
VARIANTS: dict[str, dict[str, object]] = {
    "trend and season mixing": {"mixing": "trend_season"},
    "one scale": {"scaling": "shared"},
    "scales of each sample": {"scaling": "sample"},
    "no scaling": {"scaling": "none"},
    "moving average": {"scaling": "moving_average"},
    "convolution": {"scaling": "convolution"},
}


def finished_runs(args: argparse.Namespace, table: ResultTable) -> Iterator[dict[str, str]]:
    """Rows of all runs asked for, run only where the table lacks them."""
    data = cache(partial(load, DATASET, args.data))
    for seed, variant in product(args.seeds, args.variant):
        settings = sigma_settings(DATASET) | {"max_epochs": args.max_epochs} | VARIANTS[variant]
        values = (variant, DATASET, args.context, args.horizon, seed, settings_text(settings))
        key = dict(zip(KEYS, values, strict=True))
        yield finished_run(table, key, SigmaForecaster, settings, data)


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing and print every row and the means over seeds."""
    parser = script_parser(__doc__)
    add_variant_arguments(parser, VARIANTS, CONTEXT_LENGTH)
    parser.add_argument("--horizon", type=positive, default=HORIZON, help="steps ahead")
    add_shared_arguments(parser, "ablation.csv")
    args = parser.parse_args(arguments)
    print_runs(finished_runs(args, ResultTable(args.out, KEYS, VALUES)))


if __name__ == "__main__":
    main()
