"""Coverage and scores of intervals, by step of the horizon.

M4 series whose number ends in 13, 33, ..., 93, their last horizon as target (the test files are not
read), those of few series two horizons before as well: every series alone, and all of a frequency
in one network. Stretches of the later halves of public sets that no trained weight has seen. "Held
out only" leaves the weights' quantiles out. What intervals are made with was chosen on series whose
number ends in 03, 23, ..., 83, and on the earlier halves. Then every series inside sktime, rolling
cut-offs of ETTh1 and of sktime's hierarchy of sales. sktime's `ConformalIntervals` around the same
forecaster, which fits anew for every cut-off, takes a few of the series; "alone, the same" is ours
of these.

The scaled score is the interval score of 95 % over the mean absolute seasonal change of the
training part, the pinball loss the mean of all ends of intervals, in the same unit. ::

    python -m examples.benchmarks.intervals --out docs/results/benchmarks
    python -m examples.benchmarks.pages
"""

from __future__ import annotations

import csv
import lzma
import math
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from sktime.datasets import load_hierarchical_sales_toydata
from sktime.forecasting.conformal import ConformalIntervals
from sktime.performance_metrics.forecasting.probabilistic import EmpiricalCoverage
from sktime.split import ExpandingWindowSplitter

from examples.benchmarks.measure import parser, report
from examples.benchmarks.sktime_series import all_series
from examples.command_line import positive
from examples.paper.m4_data import FREQUENCIES, Frequency, panel_frame
from examples.pretraining.elsewhere import sets
from skscale import SigmaForecaster
from skscale.evaluation import backtest

COVERAGE = [0.2, 0.4, 0.6, 0.8, 0.9, 0.95]
HORIZONS_SEEN = 20  # of the end of every M4 series
HORIZONS = {24: 24, 7: 14, 52: 13}  # by season, of stretches
LENGTHS = (80, 200, 500)
PARTS = ("first third", "second third", "last third", "all")


def choice_series(name: str, frequency: Frequency, n: int, data: Path) -> list[np.ndarray]:
    """Evenly spread series numbered 13 modulo 20, long enough for two horizons.

    Where they are less than ``n``, those that end one and two horizons before follow.
    """
    h = frequency.horizon
    with lzma.open(data / "m4" / f"{name}-train.csv.xz", "rt") as file:
        rows = [row for row in csv.reader(file) if row[0][1:].isdigit()]
    rows = [row[1:] for row in rows if int(row[0][1:]) % 20 == 13]
    whole = [np.array([x for x in row if x not in ("", "NA")], dtype=float) for row in rows]
    found: list[np.ndarray] = []
    for before in range(3):
        if len(found) < n:
            ended = [values[: len(values) - before * h] for values in whole]
            found += [v[-(HORIZONS_SEEN + 1) * h :] for v in ended if len(v) >= 2 * h + 3]
    return found[:: max(1, len(found) // n)][:n]


def scores(truth: np.ndarray, ends: np.ndarray, unit: np.ndarray) -> Iterator[dict]:
    """Scores of thirds of the horizon and of all.

    Parameters
    ----------
    truth : ndarray of shape (n, horizon)
    ends : ndarray of shape (n, horizon, 2 * n_coverages)
        Lower and upper end of every coverage.
    unit : ndarray of shape (n,)
    """
    steps = np.array_split(np.arange(truth.shape[1]), 3)
    for part, place in zip(PARTS, [*steps, slice(None)], strict=True):
        row: dict[str, object] = {"steps": part}
        pinball = []
        for i, coverage in enumerate(COVERAGE):
            lower, upper = ends[:, place, 2 * i], ends[:, place, 2 * i + 1]
            below, above = lower - truth[:, place], truth[:, place] - upper
            row[f"coverage_{100 * coverage:.0f}"] = 100 * ((below <= 0) & (above <= 0)).mean()
            outside = np.maximum(below, 0) + np.maximum(above, 0)
            score = (upper - lower + outside * 2 / (1 - coverage)) / unit[:, None]
            pinball.append(score.mean() * (1 - coverage) / 4)
        yield {**row, "pinball": np.mean(pinball), "scaled_score": score.mean()}


def alone(make: Callable, series: list[np.ndarray], frequency: Frequency) -> np.ndarray:
    """Ends of intervals, (n_series, horizon, 2 * n_coverages), a forecaster for every series."""
    fh = range(1, frequency.horizon + 1)
    fitted = (make(frequency).fit(pd.Series(v[: -frequency.horizon]), fh=fh) for v in series)
    return np.stack([f.predict_interval(coverage=COVERAGE).to_numpy() for f in fitted])


def held_out_only(series: list[np.ndarray], frequency: Frequency) -> np.ndarray:
    """Ends as the held-out windows alone know them, around the same forecasts."""
    found = []
    for values in series:
        fh = range(1, frequency.horizon + 1)
        fitted = sigma(frequency).fit(pd.Series(values[: -frequency.horizon]), fh=fh)
        fitted.model_.spread.n_windows = math.inf
        found.append(fitted.predict_interval(coverage=COVERAGE).to_numpy())
    return np.stack(found)


def together(make: Callable, series: list[np.ndarray], frequency: Frequency) -> np.ndarray:
    """The same, one network for all."""
    names = [f"{i:05d}" for i in range(len(series))]
    y = panel_frame(names, [v[: -frequency.horizon] for v in series])
    fitted = make(frequency).fit(y, fh=range(1, frequency.horizon + 1))
    found = fitted.predict_interval(coverage=COVERAGE)
    return found.to_numpy().reshape(len(series), frequency.horizon, -1)


def sigma(frequency: Frequency) -> SigmaForecaster:
    return SigmaForecaster(season_length=frequency.season, random_state=0)


def quantile_network(frequency: Frequency) -> SigmaForecaster:
    return sigma(frequency).set_params(intervals="network")


def auto_ets(series: list[np.ndarray], frequency: Frequency) -> np.ndarray:
    """Ends by statsforecast, which must be installed."""
    from statsforecast.models import AutoETS

    # A season of a year in weeks is more than its state space bears.
    model = AutoETS(season_length=frequency.season if frequency.season <= 24 else 1)
    level, h = [round(100 * c) for c in COVERAGE], frequency.horizon
    found = (model.forecast(values[:-h], h=h, level=level) for values in series)
    names = [f"{end}-{percent}" for percent in level for end in ("lo", "hi")]
    return np.stack([np.stack([one[name] for name in names], axis=-1) for one in found])


def refitted(frequency: Frequency) -> ConformalIntervals:
    # About ten fits for a series of full length.
    few = 10 / (0.3 * HORIZONS_SEEN * frequency.horizon)
    return ConformalIntervals(sigma(frequency), initial_window=0.7, sample_frac=few)


def m4(n: int, n_slow: int, data: Path) -> Iterator[dict]:
    """Every frequency under every method."""
    for name, frequency in FREQUENCIES.items():
        series = choice_series(name, frequency, n, data)
        few = series[:: max(1, len(series) // n_slow)][:n_slow]
        methods: dict[str, tuple[Callable, list[np.ndarray]]] = {
            "alone": (partial(alone, sigma), series),
            "alone, held out only": (held_out_only, series),
            "together": (partial(together, sigma), series),
            "AutoETS": (auto_ets, series),
        }
        if name != "Hourly":  # a head for every series takes minutes there
            methods["alone, network"] = (partial(alone, quantile_network), series)
            methods["together, network"] = (partial(together, quantile_network), series)
        if frequency.season <= 12:  # elsewhere ten fits of a series take minutes
            methods["alone, the same"] = (partial(alone, sigma), few)
            methods["ConformalIntervals"] = (partial(alone, refitted), few)
        for method, (ends_of, chosen) in methods.items():
            about = {"data": f"M4 {name}", "method": method, "series": len(chosen)}
            yield from measured(about, ends_of, chosen, frequency)


def measured(
    about: dict, ends_of: Callable, series: list[np.ndarray], frequency: Frequency
) -> Iterator[dict]:
    """Rows of one method."""
    started = perf_counter()
    ends = ends_of(series, frequency)
    seconds = (perf_counter() - started) / len(series)
    truth = np.stack([v[-frequency.horizon :] for v in series])
    unit = mean_changes(series, frequency)
    yield from ({**about, "seconds": seconds, **row} for row in scores(truth, ends, unit))


def mean_changes(series: list[np.ndarray], frequency: Frequency) -> np.ndarray:
    """Mean absolute seasonal change of the training parts."""
    lag, before = frequency.mase_season, [v[: -frequency.horizon] for v in series]
    return np.array([np.abs(v[lag:] - v[:-lag]).mean() for v in before])


def elsewhere(n: int, data: Path) -> Iterator[dict]:
    """Stretches of 80, 200 and 500 points of the later halves of sets that no weight has seen."""
    for told in sets(data):
        if told.season not in HORIZONS:
            continue
        frequency = Frequency(HORIZONS[told.season], told.season, told.season)
        series = stretches(told.values[len(told.values) // 2 :], frequency, n)
        methods = {"alone": partial(alone, sigma), "alone, held out only": held_out_only}
        for method, ends_of in methods.items():
            about = {"data": told.name, "method": method, "series": len(series)}
            yield from measured(about, ends_of, series, frequency)


def stretches(values: np.ndarray, frequency: Frequency, n: int) -> list[np.ndarray]:
    """At random places; those of columns that hardly move are left out."""
    rng, h = np.random.default_rng(1), frequency.horizon
    found = []
    for length in np.resize(LENGTHS, n):
        length = min(length, len(values) - h - 1)
        end, column = rng.integers(length, len(values) - h), rng.integers(values.shape[1])
        found.append(values[end - length : end + h, column])
    moves = mean_changes(found, frequency) > [1e-6 * np.abs(v).mean() for v in found]
    return [one for one, moving in zip(found, moves, strict=True) if moving]


def inside_sktime() -> Iterator[dict]:
    """Series that come with sktime, by season, their last two seasons as target."""
    known = [(one.season, one.y.to_numpy(float)) for one in all_series()]
    for season in sorted({season for season, _ in known}):
        frequency = Frequency(2 * season if season > 1 else 8, season, season)
        longest = (HORIZONS_SEEN + 1) * frequency.horizon
        series = [values[-longest:] for own, values in known if own == season]
        series = [values for values in series if len(values) >= 2 * frequency.horizon + 3]
        if not series:
            continue
        for method, make in {"alone": sigma, "alone, network": quantile_network}.items():
            about = {"data": f"sktime, season {season}", "method": method, "series": len(series)}
            yield from measured(about, partial(alone, make), series, frequency)


def rolling(data: Path) -> Iterator[dict]:
    """Cut-offs behind one fit."""
    sales = load_hierarchical_sales_toydata()
    cv = ExpandingWindowSplitter(fh=range(1, 7), initial_window=36, step_length=1)
    yield from cut_offs("hierarchical sales", sales, 12, cv)
    hours = pd.read_csv(data / "ett" / "ETTh1.csv.xz", parse_dates=["date"], index_col="date")
    cv = ExpandingWindowSplitter(fh=range(1, 25), initial_window=2500, step_length=17)
    yield from cut_offs("ETTh1", hours[-4500:].asfreq("h"), 24, cv)


def cut_offs(
    name: str, y: pd.DataFrame, season: int, cv: ExpandingWindowSplitter
) -> Iterator[dict]:
    """Scores of both sources of intervals."""
    series = (
        y.groupby(level=[*range(y.index.nlevels - 1)], sort=False) if y.index.nlevels > 1 else y
    )
    change = series.diff(season).abs()
    if y.index.nlevels > 1:
        change = change.groupby(level=[*range(y.index.nlevels - 1)], sort=False)
    unit = np.atleast_2d(change.mean().to_numpy())[None, :, None]
    metric = EmpiricalCoverage(coverage=COVERAGE)
    for source in ("conformal", "network"):
        started = perf_counter()
        forecaster = SigmaForecaster(random_state=0, intervals=source)
        found = backtest(forecaster, y, cv, scoring=metric, detail=True)
        about = {"data": name, "method": source, "series": unit.size}
        about["seconds"] = perf_counter() - started
        # The forecast itself comes first, then the ends as the metric names them.
        ends = (found.quantiles[..., 1:] / unit[..., None]).swapaxes(2, 3)
        truth = (found.truth / unit).swapaxes(2, 3)
        steps = truth.shape[-1]
        ends, truth = ends.reshape(-1, steps, ends.shape[-1]), truth.reshape(-1, steps)
        yield from ({**about, **row} for row in scores(truth, ends, np.ones(len(truth))))


def main() -> None:
    """Measure, print and store."""
    arguments = parser(__doc__)
    arguments.add_argument("--series", type=positive, default=40, help="of every M4 frequency")
    arguments.add_argument("--slow", type=positive, default=6, help="for methods that are slow")
    options = arguments.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [
            *inside_sktime(),
            *rolling(options.data),
            *m4(options.series, options.slow, options.data),
            *elsewhere(options.series, options.data),
        ]
    report("Intervals", rows, options, "intervals")


if __name__ == "__main__":
    main()
