"""What the Sigma paper leaves to future work: four changes of it, each alone, as rows beside Sigma.

::

    python -m examples.paper.future_work --dataset ETTh1 ETTh2 Weather --horizon 96 720 \
        --seeds 0 1 2

Settings are Sigma's of the long-term table, and so are the rows they are compared with
(``python -m examples.paper.long_term --dataset ETTh1 ETTh2 Weather --horizon 96 720``).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import cache, partial
from itertools import product

from examples.command_line import positive, script_parser
from examples.paper.future_work_nets import (
    ChannelMixingForecaster,
    FoundScaleForecaster,
    ScaleBankForecaster,
    WindowScalesForecaster,
)
from examples.paper.long_term import CONTEXT_LENGTH
from examples.paper.models import sigma_settings
from examples.paper.protocol import SOURCES, load
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

DATASETS, HORIZONS = ("ETTh1", "ETTh2", "Weather"), (96, 720)

VARIANTS: dict[str, type[SigmaForecaster]] = {
    "scales of each window": WindowScalesForecaster,
    "four Gaussians": ScaleBankForecaster,
    "mixing of channels": ChannelMixingForecaster,
    "scale by forecastability": FoundScaleForecaster,
}


def finished_runs(args: argparse.Namespace, table: ResultTable) -> Iterator[dict[str, str]]:
    """Rows of all runs asked for, run only where the table lacks them."""
    for dataset in args.dataset:
        data = cache(partial(load, dataset, args.data))
        settings = sigma_settings(dataset) | {"max_epochs": args.max_epochs}
        for horizon, seed, name in product(args.horizon, args.seeds, args.variant):
            values = (name, dataset, args.context, horizon, seed, settings_text(settings))
            key = dict(zip(KEYS, values, strict=True))
            yield finished_run(table, key, VARIANTS[name], settings, data)


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing and print every row and the means over seeds."""
    parser = script_parser(__doc__)
    add_variant_arguments(parser, VARIANTS, CONTEXT_LENGTH)
    parser.add_argument(
        *("--dataset",), nargs="+", choices=SOURCES, default=list(DATASETS), help="data sets"
    )
    parser.add_argument(
        *("--horizon",), nargs="+", type=positive, default=list(HORIZONS), help="steps ahead"
    )
    add_shared_arguments(parser, "future_work.csv")
    args = parser.parse_args(arguments)
    print_runs(finished_runs(args, ResultTable(args.out, KEYS, VALUES)))


if __name__ == "__main__":
    main()
