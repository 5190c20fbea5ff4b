"""Figure 6 of the Sigma paper on ETTh1: learned scales, both parts of a window, a forecast.

::

    python -m examples.paper.case_study

writes ``figure_6_case_study.png`` and the learned scales and weights as
``figure_6_scales.csv``. The paper's own picture shows Traffic, which is not among the data.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch

from examples.command_line import add_data_argument, positive, script_parser
from examples.paper.long_term import CONTEXT_LENGTH
from examples.paper.models import build, sigma_settings
from examples.paper.protocol import Benchmark, fitted_forecast, load
from examples.paths import PAPER_RESULTS
from skscale import SigmaForecaster
from skscale.ops import apply_symmetric_kernel

DATASET, CHANNEL = "ETTh1", "OT"


class Case(NamedTuple):
    """What the figure shows of one window; all in scaled units.

    Attributes
    ----------
    scales, weights : ndarray of shape (context_length,)
        Learned scale of every distance, and the kernel's weight there.
    context, smooth : ndarray of shape (context_length,)
        The window and its smooth part; the residual part is what is left.
    target, forecast : ndarray of shape (horizon,)
    """

    scales: np.ndarray
    weights: np.ndarray
    context: np.ndarray
    smooth: np.ndarray
    target: np.ndarray
    forecast: np.ndarray


def fit(data: Benchmark, horizon: int, max_epochs: int) -> SigmaForecaster:
    """Sigma with the paper's settings, one seed."""
    settings = sigma_settings(DATASET) | {"max_epochs": max_epochs}
    sizes = {"context": CONTEXT_LENGTH, "horizon": horizon}
    return build(SigmaForecaster, settings, data, **sizes, seed=0).fit(data.known)


def case(forecaster: SigmaForecaster, data: Benchmark, cut: int) -> Case:
    """Take the window before row ``cut`` apart.

    The network splits embedded features; the split is linear along time, so its effect is shown
    on the series itself, around its mean (the kernel does not keep the level at the edges).
    """
    network = forecaster.network_
    kernel = network.blocks[0].kernel
    channel = data.values.columns.get_loc(CHANNEL)
    values = data.values.to_numpy()[:, channel]
    context = values[cut - network.context_length : cut]
    level = context.mean()
    with torch.no_grad():
        scales, weights = network.scales[0], kernel()
        smooth = apply_symmetric_kernel(weights.double(), torch.from_numpy(context - level))
    forecast = fitted_forecast(forecaster, data)(range(cut, cut + 1))[0, :, channel]
    target = values[cut : cut + network.prediction_length]
    return Case(scales.numpy(), weights.numpy(), context, smooth.numpy() + level, target, forecast)


def plot(found: Case, path: Path) -> None:
    """Scales on the left, both parts in the middle, the forecast on the right."""
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained")
    left.plot(found.scales)
    left.set(xlabel="distance", ylabel="learned scale", title="Scales")
    time = np.arange(-len(found.context), 0)
    middle.plot(time, found.context, color="0.7", label="input")
    middle.plot(time, found.smooth, label="smooth part")
    middle.plot(time, found.context - found.smooth, label="residual part")
    middle.set(xlabel=f"hours, {CHANNEL} of {DATASET}", title="Decomposition")
    ahead = np.arange(len(found.target))
    right.plot(time, found.context, color="0.7", label="input")
    right.plot(ahead, found.target, color="0.3", label="observed")
    right.plot(ahead, found.forecast, label="forecast")
    right.set(xlabel="hours", title="Forecast")
    for axes in (middle, right):
        axes.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main(arguments: list[str] | None = None) -> None:
    """Fit, and write the figure and its numbers, unless they are there."""
    parser = script_parser(__doc__)
    parser.add_argument("--horizon", type=positive, default=96, help="steps ahead")
    parser.add_argument("--window", type=int, default=1000, help="test window to show")
    parser.add_argument("--max-epochs", type=positive, default=10, help="epochs at most")
    add_data_argument(parser)
    parser.add_argument("--out", type=Path, default=PAPER_RESULTS, help="folder of the results")
    args = parser.parse_args(arguments)
    figure = args.out / "figure_6_case_study.png"
    if figure.is_file():
        return print(f"{figure} is there already; remove it to draw it anew")
    data = load(DATASET, args.data)
    forecaster = fit(data, args.horizon, args.max_epochs)
    found = case(forecaster, data, data.test_cuts(args.horizon)[args.window])
    args.out.mkdir(parents=True, exist_ok=True)
    scales = pd.DataFrame({"scale": found.scales, "weight": found.weights})
    scales.to_csv(args.out / "figure_6_scales.csv", index_label="distance", float_format="%.6g")
    plot(found, figure)
    error = np.square(found.forecast - found.target).mean()
    return print(f"{figure}: MSE of the window shown {error:.3f}")


if __name__ == "__main__":
    main()
