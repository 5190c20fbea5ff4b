"""Baselines from sktime through the long-term protocol: (seasonal) naive, DLinear, NLinear.

::

    python -m examples.paper.baselines

The naive forecast repeats the last day (the last value of Exchange). The linear networks train
for a fixed number of epochs on all known rows, as they do not choose one on validation data.
"""

from __future__ import annotations

import argparse

from examples.paper import long_term
from examples.paper.runs import add_shared_arguments

SEASONS = {"ETTh1": 24, "ETTh2": 24, "Exchange": 1, "ETTm1": 96, "ETTm2": 96, "Weather": 144}
NAIVE = "sktime.forecasting.naive:NaiveForecaster"
LINEAR = [f"sktime.forecasting.ltsf:LTSF{kind}LinearForecaster" for kind in "DN"]


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", nargs="+", choices=SEASONS, default=list(SEASONS))
    parser.add_argument("--epochs", type=int, default=10)
    add_shared_arguments(parser, "baselines.csv")
    parser.set_defaults(seeds=[0])
    args = parser.parse_args(arguments)
    shared = ["--data", str(args.data), "--out", str(args.out)]
    for name in args.dataset:
        flags = [*shared, "--dataset", name]
        season = ["--set", "strategy=last", f"sp={SEASONS[name]}"]
        long_term.main([*flags, "--model", NAIVE, *season, "--seeds", "0"])
        epochs = ["--set", f"num_epochs={args.epochs}", "batch_size=32"]
        seeds = ["--seeds", *map(str, args.seeds)]
        long_term.main([*flags, "--model", *LINEAR, *epochs, *seeds])


if __name__ == "__main__":
    main()
