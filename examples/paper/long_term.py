"""Long-term forecasting (Tables 2 and 7 of the Sigma paper), one run a row, resumable.

::

    python -m examples.paper.long_term --dataset ETTh1 --horizon 96 --seeds 0 1 2
    python -m examples.paper.long_term --model sktime.forecasting.naive:NaiveForecaster \
        --dataset ETTh1 --set strategy=last sp=24 --seeds 0

A run that is in the result table already, with the same settings, is not repeated.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import cache, partial
from itertools import product

from examples.command_line import positive, script_parser
from examples.paper.models import MODELS, Model, find_model, parsed_settings
from examples.paper.protocol import SOURCES, Benchmark, load
from examples.paper.results import ResultTable, settings_text
from examples.paper.runs import KEYS, VALUES, add_shared_arguments, finished_run, print_runs

CONTEXT_LENGTH = 96


def finished_runs(args: argparse.Namespace, table: ResultTable) -> Iterator[dict[str, str]]:
    """Rows of all runs asked for, run only where the table lacks them."""
    # All of them before the first run: a mistake must not show after hours.
    models = {name: _model(name, args) for name in args.model}
    for (name, model), dataset in product(models.items(), args.dataset):
        data = cache(partial(_load, dataset, args))
        for context, horizon, seed in product(args.context, args.horizon, args.seeds):
            settings = model.settings_at(dataset, horizon)
            shown = settings if args.stride == 1 else settings | {"stride": args.stride}
            values = (name, dataset, context, horizon, seed, settings_text(shown))
            key = dict(zip(KEYS, values, strict=True))
            yield finished_run(table, key, model.estimator, settings, data, args.stride)


def _model(name: str, args: argparse.Namespace) -> Model:
    """Find a model, and change its settings as the command line says."""
    changes = list(args.set)
    if args.max_epochs is not None:
        changes.append(f"max_epochs={args.max_epochs}")
    try:
        model = find_model(name)
        changed = parsed_settings(changes, model.estimator)
    except ValueError as error:
        raise SystemExit(f"{name}: {error}") from error
    return Model(
        model.estimator,
        model.settings,
        at_horizon=lambda dataset, horizon: model.at_horizon(dataset, horizon) | changed,
    )


def _load(dataset: str, args: argparse.Namespace) -> Benchmark:
    try:
        data = load(dataset, args.data)
        data.test_cuts(max(args.horizon))
    except (FileNotFoundError, ValueError) as error:
        raise SystemExit(f"{dataset}: {error}") from error
    return data


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = script_parser(__doc__)
    parser.add_argument(
        *("--model",),
        nargs="+",
        default=["sigma"],
        help=f"{', '.join(MODELS)} or module:Class of an sktime forecaster",
    )
    parser.add_argument(
        *("--dataset",), nargs="+", choices=SOURCES, default=list(SOURCES)[:6], help="data sets"
    )
    parser.add_argument(
        *("--horizon",), nargs="+", type=positive, default=[96, 192, 336, 720], help="steps ahead"
    )
    parser.add_argument(
        "--context", nargs="+", type=positive, default=[CONTEXT_LENGTH], help="points of a window"
    )
    parser.add_argument("--max-epochs", type=positive, help="in the place of the model's own")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="KEY=VALUE", help="change the forecaster"
    )
    parser.add_argument(
        "--stride", type=positive, default=1, help="score every so many test windows"
    )
    add_shared_arguments(parser, "long_term.csv")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing and print every row and the means over seeds."""
    args = parse(arguments)
    print_runs(finished_runs(args, ResultTable(args.out, KEYS, VALUES)))


if __name__ == "__main__":
    main()
