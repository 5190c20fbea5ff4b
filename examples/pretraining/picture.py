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
from skscale.pretrained import for_season, load

OUT = RESULTS / "pretraining" / "zero_shot.svg"
INTERVALS = {0.95: 0.15, 0.8: 0.3}  # and how opaque they are


def zero_shot(y: pd.Series, season: int, steps: int) -> dict[float, np.ndarray]:
    """Quantiles of the next values by the trained network alone, nothing fitted."""
    name = for_season(season)
    if name is None:
        raise ValueError(f"season must be one that weights serve, got {season}")
    net = load(name)
    found = net.quantiles(torch.tensor(y.to_numpy(float))[None], steps=steps)[0]
    return dict(zip(net.quantile_levels, found.numpy().T, strict=True))


def fitted(y: pd.Series, steps: int) -> np.ndarray:
    """Forecast that the series alone taught."""
    forecaster = SigmaForecaster(pretrained=None, random_state=0)
    return forecaster.fit(y, fh=range(1, steps + 1)).predict().to_numpy()


def draw(axis: Axes, title: str, y: pd.Series, season: int, steps: int) -> None:
    """One series, its last steps held out, and both forecasts of them."""
    past = y.iloc[:-steps]
    ahead = np.arange(len(past), len(y))
    quantiles = zero_shot(past, season, steps)
    for level, alpha in INTERVALS.items():
        low, high = (quantiles[round(q, 3)] for q in ((1 - level) / 2, (1 + level) / 2))
        label = f"{level:.0%} interval"
        axis.fill_between(ahead, low, high, color="tab:red", alpha=alpha, lw=0, label=label)
    first = max(len(past) - 3 * steps, 0)
    axis.plot(np.arange(first, len(y)), y.iloc[first:], color="black", label="series")
    axis.plot(ahead, quantiles[0.5], color="tab:red", label="zero-shot median")
    axis.plot(ahead, fitted(past, steps), color="tab:blue", label="fitted, no weights")
    axis.axvline(len(past) - 0.5, color="gray", lw=0.5)
    axis.set_title(title, fontsize=9)
    axis.set_xlabel("month")
    axis.set_xlim(first, len(y))


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
    args.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(args.out, metadata={"Date": None})


if __name__ == "__main__":
    main()
