"""Table 4 of the Sigma paper: what each part is worth, on ETTh1 with 720 steps.

::

    python -m examples.paper.ablation --seeds 0 1 2

The whole model is in the long-term table already (``--model sigma --dataset ETTh1 --horizon 720``).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import product

from torch import nn

from examples.paper.long_term import CONTEXT_LENGTH
from examples.paper.models import sigma_settings
from examples.paper.protocol import load
from examples.paper.results import ResultTable, settings_text
from examples.paper.runs import KEYS, VALUES, add_shared_arguments, finished_run, print_runs
from skscale import SigmaForecaster
from skscale.forecasting._data import Layout
from skscale.nn import SigmaNet

DATASET = "ETTh1"


@dataclass(kw_only=True, eq=False, repr=False)
class TrendSeasonSigma(SigmaForecaster):
    """Sigma with TimeMixer's mixing in the place of the MLP."""

    def _build_network(
        self, layout: Layout, n_channels: int, n_features: int, n_exogenous: int
    ) -> nn.Module:
        return SigmaNet(
            layout.context_length,
            layout.prediction_length,
            n_channels,
            d_model=self.d_model,
            d_ff=self.d_ff,
            dropout=self.dropout,
            mixing="trend_season",
            n_past_features=n_features,
            n_future_features=n_exogenous,
        )


# In the order of Table 4, behind the whole model.
VARIANTS: dict[str, tuple[type[SigmaForecaster], dict[str, object]]] = {
    "trend and season mixing": (TrendSeasonSigma, {}),
    "one scale": (SigmaForecaster, {"scaling": "shared"}),
    "scales of each sample": (SigmaForecaster, {"scaling": "sample"}),
    "no scaling": (SigmaForecaster, {"scaling": "none"}),
    "moving average": (SigmaForecaster, {"scaling": "moving_average"}),
    "convolution": (SigmaForecaster, {"scaling": "convolution"}),
}


def finished_runs(args: argparse.Namespace, table: ResultTable) -> Iterator[dict[str, str]]:
    """Rows of all runs asked for, run only where the table lacks them."""
    data = cache(partial(load, DATASET, args.data))
    for seed, variant in product(args.seeds, args.variant):
        estimator, changes = VARIANTS[variant]
        settings = sigma_settings(DATASET) | {"max_epochs": args.max_epochs} | changes
        values = (variant, DATASET, args.context, args.horizon, seed, settings_text(settings))
        key = dict(zip(KEYS, values, strict=True))
        yield finished_run(table, key, estimator, settings, data)


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing and print every row and the means over seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--horizon", type=int, default=720)
    parser.add_argument("--context", type=int, default=CONTEXT_LENGTH)
    parser.add_argument("--max-epochs", type=int, default=10)
    add_shared_arguments(parser, "ablation.csv")
    args = parser.parse_args(arguments)
    print_runs(finished_runs(args, ResultTable(args.out, KEYS, VALUES)))


if __name__ == "__main__":
    main()
