"""Searches: the README's grid beside sktime's, default spaces, and the automatic blend.

::

    python -m examples.benchmarks.search --out docs/results/benchmarks

``--part`` runs some of the tables. "grid" times a whole search over four candidates at four
cut-offs, the last fit included, with the modules imported; CPU seconds do not count other
processes, neither those that share the machine nor those that sktime starts. "spaces" compares
what a search finds with the default, by MASE on points held out behind everything the search
sees; "fresh" does so on series that had no part in the choice of the spaces, fixed before any
result was seen; "auto" does the same for `AutoMultiScale`. "halving" compares successive halving
with the whole grid.
"""

from __future__ import annotations

import warnings
from argparse import Namespace
from collections.abc import Iterator
from time import perf_counter, process_time

import pandas as pd
from sktime.datasets import load_airline, load_macroeconomic
from sktime.forecasting.base import BaseForecaster
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.performance_metrics.forecasting import MeanAbsoluteError
from sktime.split import ExpandingWindowSplitter

from examples.benchmarks.measure import parser, report
from examples.benchmarks.real_series import mase, series
from skscale import DLinearForecaster, PatchTSTForecaster, SigmaForecaster, TimeMixerForecaster
from skscale.tuning import AutoMultiScale, ForecastingSearchCV
from skscale.tuning._splitter import LastWindows

GRID = {"pretrained": ["auto", None], "season_length": [1, 12]}
SERIES = ("airline", "lynx", "us consumption", "M4 H1")
HALVED = ("US realgdp", "US unemp", "US infl", "ett HUFL", "illness OT")
LONGEST = 3_000  # points of a series that are read
RATES = {"learning_rate": [1e-4, 1e-3, 1e-2], "d_model": [4, 16, 64]}
# Of each file under data: its columns, every so many rows, their frequency, the season.
FRESH = {
    "ett/ETTh2.csv.xz": (("HUFL", "OT"), 1, "h", 24),
    "exchange_rate/exchange_rate.csv.xz": (("0", "OT"), 1, "D", 7),
    "illness/national_illness.csv": (("AGE 0-4", "OT"), 1, "W", 52),
    "weather/weather.csv.xz": (("T (degC)", "wv (m/s)"), 6, "h", 24),
}


def grid(options: Namespace) -> Iterator[dict[str, object]]:
    """Seconds of the README's grid."""
    y = load_airline()
    cv = ExpandingWindowSplitter(fh=range(1, 13), initial_window=96, step_length=12)
    forecaster = SigmaForecaster(random_state=0)
    forecaster.clone().fit(y, fh=range(1, 13))  # what is loaded once is loaded
    searches = {
        "ForecastingSearchCV": ForecastingSearchCV(forecaster, cv, GRID),
        "sktime, backend=None": ForecastingGridSearchCV(forecaster, cv, GRID, backend=None),
        "sktime, default": ForecastingGridSearchCV(forecaster, cv, GRID),
    }
    for name, search in searches.items():
        started, cpu_started = perf_counter(), process_time()
        search.fit(y)
        yield {
            "search": name,
            "seconds": perf_counter() - started,
            "CPU seconds": process_time() - cpu_started,
            "best": str(search.best_params_),
        }


def spaces(options: Namespace) -> Iterator[dict[str, object]]:
    """MASE of the default and of what the default spaces find."""
    for name, y, season in _some(options, SERIES):
        yield _row(name, y, season, _searches(y, season))


def fresh(options: Namespace) -> Iterator[dict[str, object]]:
    """MASE of the same on series that chose nothing."""
    for name, y, season in _fresh(options):
        yield _row(name, y, season, _searches(y, season))


def halving(options: Namespace) -> Iterator[dict[str, object]]:
    """MASE, seconds and epochs of a grid whole and halved."""
    for name, y, season in _fresh(options):
        if name not in HALVED:
            continue
        horizon, train, _ = _parts(y, season)
        cv, metric = LastWindows.of(train.to_frame(), horizon), MeanAbsoluteError()
        sigma = SigmaForecaster(pretrained=None, max_epochs=18, random_state=0)
        found = {
            "default": sigma.clone(),
            "grid": ForecastingSearchCV(sigma, cv, RATES, metric),
            "halving": ForecastingSearchCV(sigma, cv, RATES, metric, method="halving"),
        }
        yield _row(name, y, season, found)


def _searches(y: pd.Series, season: int) -> dict[str, BaseForecaster]:
    """Sigma as it is, and searched."""
    horizon, train, _ = _parts(y, season)
    cv = LastWindows.of(train.to_frame(), horizon)
    sigma, metric = SigmaForecaster(random_state=0), MeanAbsoluteError()
    random = {"method": "random", "n_iter": 12, "random_state": 0}
    return {
        "default": sigma,
        "light": ForecastingSearchCV(sigma, cv, "light", metric),
        "full, 12 drawn": ForecastingSearchCV(sigma, cv, "full", metric, **random),
    }


def auto(options: Namespace) -> Iterator[dict[str, object]]:
    """MASE of single forecasters and of the blend."""
    kinds = (SigmaForecaster, DLinearForecaster, TimeMixerForecaster, PatchTSTForecaster)
    for name, y, season in _some(options, None):
        found: dict[str, BaseForecaster] = {kind.__name__: kind(random_state=0) for kind in kinds}
        found["AutoMultiScale"] = AutoMultiScale(time_limit=options.time_limit, random_state=0)
        yield _row(name, y, season, found)


def _some(
    options: Namespace, names: tuple[str, ...] | None
) -> Iterator[tuple[str, pd.Series, int]]:
    for name, y, season in series(options.data):
        if names is None or name in names:
            yield name, y[-LONGEST:], season


def _fresh(options: Namespace) -> Iterator[tuple[str, pd.Series, int]]:
    for column in ("realgdp", "unemp", "infl"):
        yield f"US {column}", load_macroeconomic()[column], 4
    for path, (columns, step, freq, season) in FRESH.items():
        table = pd.read_csv(options.data / path, encoding="latin-1")[::step][-LONGEST:]
        index = pd.period_range("2000-01-03", periods=len(table), freq=freq)
        for column in columns:
            name = f"{path.partition('/')[0]} {column}"
            yield name, table[column].astype(float).set_axis(index), season


def _parts(y: pd.Series, season: int) -> tuple[int, pd.Series, pd.Series]:
    horizon = 2 * season if season > 1 else 8
    return horizon, y.iloc[:-horizon], y.iloc[-horizon:]


def _row(
    name: str, y: pd.Series, season: int, forecasters: dict[str, BaseForecaster]
) -> dict[str, object]:
    """Error and CPU seconds of each forecaster on the last points."""
    horizon, train, test = _parts(y, season)
    row: dict[str, object] = {"series": name, "points": len(y)}
    for column, forecaster in forecasters.items():
        started = process_time()
        found = forecaster.fit(train, fh=range(1, horizon + 1)).predict()
        row[column] = mase(test.to_numpy(), found.to_numpy(), train.to_numpy(), season)
        row[f"{column} s"] = process_time() - started
    print(
        {key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()}
    )
    return row


PARTS = {"grid": grid, "spaces": spaces, "fresh": fresh, "halving": halving, "auto": auto}


def main() -> None:
    """Print and store the tables."""
    arguments = parser(__doc__)
    arguments.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    arguments.add_argument("--time-limit", type=float, default=60, help="seconds of AutoMultiScale")
    options = arguments.parse_args()
    warnings.simplefilter("ignore")  # sktime announces changes of its own
    for part in options.part:
        report(f"Search, {part}", list(PARTS[part](options)), options, f"search_{part}")


if __name__ == "__main__":
    main()
