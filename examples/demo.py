"""Fit SigmaForecaster with its defaults on real series and score it beside common baselines.

``make demo`` runs this offline, with data that ships inside sktime. The last steps of every
series are held out; the table and ``demo_output/forecast.png`` show how they were forecast.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pandas as pd
import torch
from sklearn.preprocessing import StandardScaler
from sktime.datasets import (
    load_airline,
    load_hierarchical_sales_toydata,
    load_lynx,
    load_macroeconomic,
    load_solar,
)
from sktime.forecasting.base import BaseForecaster
from sktime.forecasting.compose import TransformedTargetForecaster
from sktime.forecasting.ets import AutoETS
from sktime.forecasting.ltsf import LTSFDLinearForecaster
from sktime.forecasting.naive import NaiveForecaster
from sktime.performance_metrics.forecasting import (
    MeanAbsolutePercentageError,
    MeanAbsoluteScaledError,
)
from sktime.split import temporal_train_test_split
from sktime.transformations.series.adapt import TabularToSeriesAdaptor

from skscale import SigmaForecaster
from skscale.plotting import ForecastDisplay

OUTPUT = Path("demo_output")

# What the baselines say about themselves, not about the forecasts.
IRRELEVANT = (
    "The default of config ``remember_data`` will change",
    "The given NumPy array is not writable",
    "Warning: time series is not strictly positive, multiplicative components are omitted",
)


@dataclass(frozen=True)
class Task:
    """A set of series, its season, and how many steps of each are held out."""

    name: str
    y: pd.Series | pd.DataFrame
    season: int
    horizon: int


def tasks() -> list[Task]:
    """Univariate, multivariate and panel data from sktime."""
    solar = load_solar(api_version=None).tz_localize(None).asfreq("30min")
    macro = load_macroeconomic()[["realgdp", "realinv", "unemp"]]
    return [
        Task("airline passengers, monthly", load_airline(), 12, 24),
        Task("lynx trappings, yearly", load_lynx(), 10, 20),
        Task("GB solar, half-hourly", solar, 48, 48),
        Task("US economy, quarterly, 3 columns", macro, 4, 8),
        Task("product sales, monthly, panel of 4", load_hierarchical_sales_toydata(), 12, 12),
    ]


def dlinear(task: Task) -> BaseForecaster:
    """DLinear on standardised values, two seasons of context."""
    context = max(2 * task.season, task.horizon)
    columns = task.y.shape[1] if isinstance(task.y, pd.DataFrame) else 1
    linear = LTSFDLinearForecaster(context, task.horizon, num_epochs=20, in_channels=columns)
    return TransformedTargetForecaster(
        [("scale", TabularToSeriesAdaptor(StandardScaler())), ("forecast", linear)]
    )


MODELS: dict[str, Callable[[Task], BaseForecaster]] = {
    "seasonal naive": lambda task: NaiveForecaster(sp=task.season),
    "AutoETS": lambda task: AutoETS(auto=True, sp=task.season),
    "DLinear": dlinear,
    "Sigma": lambda task: SigmaForecaster(random_state=0),
}


def forecast(task: Task, model: str) -> tuple[pd.DataFrame, dict[str, object]]:
    """Forecast the held-out steps; return the forecast and a row of the table."""
    train, test = temporal_train_test_split(task.y, test_size=task.horizon)
    started = perf_counter()
    steps = list(range(1, task.horizon + 1))
    found = MODELS[model](task).fit(train, fh=steps).predict()
    seconds = perf_counter() - started
    mase = MeanAbsoluteScaledError(sp=task.season)(test, found, y_train=train)
    smape = MeanAbsolutePercentageError(symmetric=True)(test, found)
    row = {"data": task.name, "model": model, "MASE": mase, "sMAPE %": 100 * smape}
    return found, row | {"seconds": seconds}


def plot(forecasts: dict[str, dict[str, pd.DataFrame]], path: Path) -> None:
    """Draw the end of the first series of every set with its forecasts."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(forecasts), figsize=(8, 2.2 * len(forecasts)))
    for axis, task in zip(axes, tasks(), strict=True):
        found = {model: first_series(forecasts[task.name][model]) for model in MODELS}
        display = ForecastDisplay.from_predictions(first_series(task.y), found)
        display.plot(ax=axis, n_last=5 * task.horizon)
        axis.set_title(task.name, fontsize=9)
        axis.set_ylabel("")
        axis.legend(fontsize=8).set_visible(axis is axes[0])
    figure.tight_layout()
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=120)


def first_series(y: pd.Series | pd.DataFrame) -> pd.Series:
    """First column of the first instance."""
    if isinstance(y.index, pd.MultiIndex):
        y = y.xs(y.index.droplevel(-1)[0])
    return y.iloc[:, 0] if isinstance(y, pd.DataFrame) else y


@contextmanager
def without_irrelevant_warnings() -> Iterator[None]:
    """Hold back `IRRELEVANT` and show the rest; sktime resets filters, so they are sorted here."""
    with warnings.catch_warnings(record=True) as caught:
        yield
    for warning in caught:
        if not str(warning.message).startswith(IRRELEVANT):
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )


def main() -> None:
    """Fit all models on all sets, print the table, write the plot."""
    torch.manual_seed(0)  # for DLinear; SigmaForecaster has its random_state
    rows, forecasts = [], {}
    for task in tasks():
        forecasts[task.name] = {}
        for model in MODELS:
            with without_irrelevant_warnings():
                forecasts[task.name][model], row = forecast(task, model)
            rows.append(row)
    table = pd.DataFrame(rows).set_index(["data", "model"])
    print(table.to_string(float_format="{:.2f}".format))
    plot(forecasts, OUTPUT / "forecast.png")
    print(f"\nThe plot is in {OUTPUT / 'forecast.png'}.")


if __name__ == "__main__":
    main()
