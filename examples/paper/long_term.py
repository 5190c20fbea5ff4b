"""Long-term forecasting (Tables 2 and 7 of the Sigma paper), one run a row, resumable.

::

    python -m examples.paper.long_term --dataset ETTh1 --horizon 96 --seeds 0 1 2
    python -m examples.paper.long_term --model sktime.forecasting.naive:NaiveForecaster \
        --set strategy=last sp=24 --seeds 0 --out docs/results/paper/baselines.csv

A run that is in the result table already, with the same settings, is not repeated.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import cache, partial
from itertools import product

from examples.paper.models import MODELS, Model, find_model, parsed_settings
from examples.paper.protocol import SOURCES, load
from examples.paper.results import ResultTable, settings_text
from examples.paper.runs import KEYS, VALUES, add_shared_arguments, finished_run, print_runs

CONTEXT_LENGTH = 96


def finished_runs(args: argparse.Namespace, table: ResultTable) -> Iterator[dict[str, str]]:
    """Rows of all runs asked for, run only where the table lacks them."""
    for name, dataset in product(args.model, args.dataset):
        data = cache(partial(load, dataset, args.data))
        try:
            model = find_model(name)
            settings = model.settings(dataset) | _changes(args, model)
        except ValueError as error:
            raise SystemExit(str(error)) from error
        shown = settings if args.stride == 1 else settings | {"stride": args.stride}
        for context, horizon, seed in product(args.context, args.horizon, args.seeds):
            values = (name, dataset, context, horizon, seed, settings_text(shown))
            key = dict(zip(KEYS, values, strict=True))
            yield finished_run(table, key, model.estimator, settings, data, args.stride)


def _changes(args: argparse.Namespace, model: Model) -> dict[str, object]:
    """Settings given on the command line."""
    changes = {} if args.max_epochs is None else {"max_epochs": args.max_epochs}
    return changes | parsed_settings(args.set, model.estimator)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        *("--model",),
        nargs="+",
        default=["sigma"],
        help=f"{', '.join(MODELS)} or module:Class of an sktime forecaster",
    )
    parser.add_argument("--dataset", nargs="+", choices=SOURCES, default=list(SOURCES)[:6])
    parser.add_argument("--horizon", nargs="+", type=int, default=[96, 192, 336, 720])
    parser.add_argument("--context", nargs="+", type=int, default=[CONTEXT_LENGTH])
    parser.add_argument("--max-epochs", type=int, help="at most so many epochs (default 10)")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="KEY=VALUE", help="change the forecaster"
    )
    parser.add_argument("--stride", type=int, default=1, help="score every so many test windows")
    add_shared_arguments(parser, "long_term.csv")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing and print every row and the means over seeds."""
    args = parse(arguments)
    print_runs(finished_runs(args, ResultTable(args.out, KEYS, VALUES)))


if __name__ == "__main__":
    main()
