"""Baselines from sktime through the long-term protocol: (seasonal) naive, DLinear, NLinear.

::

    python -m examples.paper.baselines

The naive forecast repeats the last day (the last value of Exchange). The linear networks train
for a fixed number of epochs on all known rows, as they do not choose one on validation data.
"""

from __future__ import annotations

from itertools import product

from examples.command_line import positive, script_parser
from examples.paper import long_term
from examples.paper.runs import add_shared_arguments

SEASONS = {"ETTh1": 24, "ETTh2": 24, "Exchange": 1, "ETTm1": 96, "ETTm2": 96, "Weather": 144}
NAIVE = "sktime.forecasting.naive:NaiveForecaster"
LINEAR = tuple(f"sktime.forecasting.ltsf:LTSF{kind}LinearForecaster" for kind in "DN")
EPOCHS = 10


def settings(model: str, dataset: str, epochs: int = EPOCHS) -> dict[str, object]:
    """Parameters of a baseline for one data set."""
    if model == NAIVE:
        return {"strategy": "last", "sp": SEASONS[dataset]}
    return {"num_epochs": epochs, "batch_size": 32}


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing."""
    parser = script_parser(__doc__)
    parser.add_argument(
        "--dataset", nargs="+", choices=SEASONS, default=list(SEASONS), help="data sets"
    )
    parser.add_argument("--epochs", type=positive, default=EPOCHS, help="of the linear networks")
    add_shared_arguments(parser, "baselines.csv", seeds=[0])
    args = parser.parse_args(arguments)
    shared = ["--data", str(args.data), "--out", str(args.out)]
    for dataset, model in product(args.dataset, (NAIVE, *LINEAR)):
        changes = [f"{k}={v}" for k, v in settings(model, dataset, args.epochs).items()]
        seeds = ["0"] if model == NAIVE else [str(seed) for seed in args.seeds]
        flags = ["--dataset", dataset, "--model", model, "--set", *changes, "--seeds", *seeds]
        long_term.main([*shared, *flags])


if __name__ == "__main__":
    main()
