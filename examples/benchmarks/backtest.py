"""Every test window of ETTh1: `skscale.backtest` against sktime's loop over cut-offs.

::

    python -m examples.benchmarks.backtest --out docs/results/benchmarks

The forecaster is trained for a few steps only, which does not change what a forecast costs.
"products s" is what the matrix products of all windows take at the speed at which this machine
multiplies large matrices: no batched road can be faster.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np
import torch
from sktime.forecasting.model_evaluation import evaluate
from sktime.performance_metrics.forecasting import MeanSquaredError
from sktime.split import ExpandingWindowSplitter

from examples.benchmarks.measure import gigaflops, parser, report
from examples.benchmarks.utilisation import ceilings
from examples.paper.protocol import Benchmark, load
from skscale.evaluation import backtest
from skscale.forecasting import NetworkForecaster, all_forecasters

HORIZON = 96


def short_of_training(estimator: type[NetworkForecaster]) -> NetworkForecaster:
    """Paper's sizes, a few steps."""
    return estimator(
        context_length=96, linear_base=False, max_epochs=1, steps_per_epoch=5, random_state=0
    )


def gigaflops_of_a_window(forecaster: NetworkForecaster, data: Benchmark) -> float:
    """Billions of operations of the matrix products that forecast one window."""
    network = forecaster.fit(data.known, fh=range(1, HORIZON + 1)).network_
    x = torch.randn(64, 96, data.values.shape[1])
    return gigaflops(lambda: network(x)) / len(x)


def main() -> None:
    """Print and store the table."""
    arguments = parser(__doc__)
    arguments.add_argument("--loop-windows", type=int, help="windows the loop runs; default all")
    options = arguments.parse_args()
    data = load("ETTh1", options.data)
    fh = np.arange(1, HORIZON + 1)
    rows, (_, speed) = [], ceilings("cpu")
    for estimator in all_forecasters():
        cv = ExpandingWindowSplitter(fh=fh, initial_window=data.valid_end)
        started = perf_counter()
        ours = backtest(short_of_training(estimator), data.values, cv, scoring=MeanSquaredError())
        total = perf_counter() - started
        products = len(ours) * gigaflops_of_a_window(short_of_training(estimator), data) / speed
        n_loop = min(options.loop_windows or len(ours), len(ours))
        some = data.values.iloc[: len(data.values) - len(ours) + n_loop]
        started = perf_counter()
        loop = evaluate(
            short_of_training(estimator),
            ExpandingWindowSplitter(fh=fh, initial_window=data.valid_end),
            some,
            strategy="no-update_params",
            scoring=MeanSquaredError(),
        )
        per_window = (perf_counter() - started - loop["fit_time"].sum()) / n_loop
        batched = (total - ours["fit_time"].sum()) / len(ours)
        scores = [frame["test_MeanSquaredError"].to_numpy()[:n_loop] for frame in (ours, loop)]
        rows.append(
            {
                "forecaster": estimator.__name__,
                "windows": len(ours),
                "batched s": total - ours["fit_time"].sum(),
                "products s": products,
                "loop windows": n_loop,
                "loop s per 1000": per_window * 1e3,
                "batched s per 1000": batched * 1e3,
                "faster": per_window / batched,
                "largest relative difference": np.max(np.abs(scores[0] / scores[1] - 1)),
            }
        )
    report("Backtest of ETTh1, T = 96", rows, options, "backtest")


if __name__ == "__main__":
    main()
