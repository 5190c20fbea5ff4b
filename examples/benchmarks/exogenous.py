"""What exogenous columns are worth: without them, through the network alone, with a linear effect.

Mean absolute error of `SigmaForecaster()` over rolling cut-offs, mean of the seeds, one fit on
the first window each; the columns are known over the horizon. "regression" is least squares on
the columns alone, "noise" has three random columns.

::

    python -m examples.benchmarks.exogenous --out docs/results/benchmarks
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sktime import datasets
from sktime.performance_metrics.forecasting import MeanAbsoluteError
from sktime.split import ExpandingWindowSplitter

from examples.benchmarks.measure import parser, report
from skscale import SigmaForecaster
from skscale.evaluation import backtest
from skscale.forecasting import _fitting
from skscale.forecasting._effects import ColumnEffects


def series(data: Path) -> Iterator[tuple[str, pd.Series, pd.DataFrame, int, int, int]]:
    """Name, series, columns, horizon, points of the first window and step of the cut-offs."""
    yield "longley employed", *datasets.load_longley(), 2, 10, 1
    macro = datasets.load_macroeconomic()
    others = macro[["realgdp", "realinv", "unemp", "tbilrate"]]
    yield "US real consumption", macro["realcons"], others, 4, 120, 6
    yield "US inflation", macro["infl"], others, 4, 120, 6
    for first in (120, 160):
        yield f"US change, from {first}", *datasets.load_uschange(), 4, first, 6
    path = data / "ett" / "ETTh1.csv.xz"
    if path.exists():
        hours = pd.read_csv(path, parse_dates=["date"], index_col="date")[:3_000].asfreq("h")
        for name in ("HUFL", "OT"):
            yield f"ETTh1 {name}", hours[name], hours.drop(columns=name), 24, 2_500, 50
        noise = np.random.default_rng(0).normal(size=(len(hours), 3))
        yield "ETTh1 OT, noise", hours["OT"], pd.DataFrame(noise, hours.index), 24, 2_500, 50


def no_effect(panel, scale, train_end, season):
    """Leave all to the network."""
    nothing = np.zeros(scale.effect.shape)
    return ColumnEffects(nothing[0], nothing[0], nothing[-1:], None)


def errors(
    y: pd.Series, X: pd.DataFrame, cv: ExpandingWindowSplitter, first: int, seeds: list[int]
) -> dict[str, float]:
    """Mean absolute error of every form."""
    forms = {
        "without": (None, nullcontext()),
        "network alone": (X, patch.object(_fitting, "find_effects", no_effect)),
        "linear effect": (X, nullcontext()),
    }
    found = {}
    for name, (columns, patched) in forms.items():
        with patched:
            scores = [
                backtest(SigmaForecaster(random_state=seed), y, cv, columns, MeanAbsoluteError())
                for seed in seeds
            ]
        found[name] = float(np.mean([score.iloc[:, 0].mean() for score in scores]))
    regression = LinearRegression().fit(X[:first], y[:first])
    places = np.concatenate([test for _, test in cv.split(y)])
    rest = y.iloc[places] - regression.predict(X.iloc[places])
    return found | {"regression": float(np.abs(rest).mean())}


def main() -> None:
    """Measure, print and store."""
    arguments = parser(__doc__)
    arguments.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], help="a fit each")
    options = arguments.parse_args()
    rows = []
    for name, y, X, horizon, first, step in series(options.data):
        cv = ExpandingWindowSplitter(range(1, horizon + 1), initial_window=first, step_length=step)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            rows.append({"series": name, **errors(y, X, cv, first, options.seeds)})
    report("Exogenous columns", rows, options, "exogenous")


if __name__ == "__main__":
    main()
