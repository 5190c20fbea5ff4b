"""Picture of `docs/pretrained.md`: forecasts without a fit beside those of a fit without weights.

::

    python -m examples.pretraining.picture
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sktime.datasets import load_airline, load_hierarchical_sales_toydata

from examples.command_line import script_parser
from examples.paths import RESULTS
from skscale import SigmaForecaster
from skscale.plotting import ForecastDisplay
from skscale.pretrained import for_season, load

OUT = RESULTS / "pretraining" / "zero_shot.svg"
COVERAGE = (0.8, 0.95)


def zero_shot(y: pd.Series, season: int, steps: int) -> pd.DataFrame:
    """Quantiles of the next values by the trained network alone, nothing fitted."""
    name = for_season(season)
    if name is None:
        raise ValueError(f"season must be one that weights serve, got {season}")
    net = load(name)
    found = net.quantiles(torch.tensor(y.to_numpy(float))[None], steps=steps)[0]
    return pd.DataFrame(found.numpy(), y.index[-1] + 1 + np.arange(steps), net.quantile_levels)


def draw(axis: Axes, title: str, y: pd.Series, season: int, steps: int) -> None:
    """One series, its last steps held out, and both forecasts of them."""
    past = y.iloc[:-steps]
    quantiles = zero_shot(past, season, steps)
    fitted = SigmaForecaster(pretrained=None, random_state=0).fit(past, fh=range(1, steps + 1))
    forecasts = {"zero-shot median": quantiles[0.5], "fitted, no weights": fitted.predict()}
    ends = {
        (title, coverage, end): quantiles[round(0.5 + sign * coverage / 2, 3)]
        for coverage in COVERAGE
        for end, sign in (("lower", -1), ("upper", 1))
    }
    intervals = {"zero-shot median": pd.DataFrame(ends)}
    display = ForecastDisplay.from_predictions(y, forecasts, intervals)
    display.plot(ax=axis, n_last=4 * steps)
    axis.axvline(past.index[-1].to_timestamp(), color="gray", lw=0.5)
    axis.set_title(title, fontsize=9)
    axis.set_ylabel("")


def main(arguments: list[str] | None = None) -> None:
    """Draw two monthly series, of 120 and of 48 points."""
    parser = script_parser(__doc__ or "")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(arguments)
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    sales = load_hierarchical_sales_toydata().loc[("Food preservation", "Freezers")]
    draw(left, "Airline passengers, thousands", load_airline(), 12, 24)
    draw(right, "Freezers sold", sales.iloc[:, 0], 12, 12)
    left.legend(fontsize=7)
    right.get_legend().remove()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(args.out, metadata={"Date": None})


if __name__ == "__main__":
    main()
