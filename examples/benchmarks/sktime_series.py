"""Default settings on every series of at least 20 points that comes with sktime, none left out.

Columns of tables and series of panels count one by one; only the labelled samples of the
classification and regression sets are no series to forecast. The last two seasons are held out,
eight points where there is no season; MASE is scaled by the training part's seasonal naive error.
Seasons follow from the step of the data: 12 months, 4 quarters, 48 half hours, 24 hours; years and
heartbeats have none. The two segmentation sets come with a period. `SigmaForecaster` is not told:
it has the index. AutoETS and AutoTheta are those of statsforecast (``pip install
".[benchmarks]"``), told the season, or none where less than two whole seasons are left to learn it.

::

    python -m examples.benchmarks.sktime_series
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import gmean
from sktime import datasets
from sktime.forecasting.base import BaseForecaster
from sktime.forecasting.naive import NaiveForecaster
from sktime.forecasting.statsforecast import StatsForecastAutoETS, StatsForecastAutoTheta

from examples.benchmarks.real_series import score
from examples.command_line import script_parser
from examples.paths import RESULTS
from skscale import SigmaForecaster

OUT = RESULTS / "sktime_series.csv"
FEWEST = 20
METHODS = ("seasonal naive", "AutoETS", "AutoTheta", "SigmaForecaster")


class Known(NamedTuple):
    """A series, the set it is of, and its season."""

    set: str
    name: str
    y: pd.Series
    season: int


def all_series() -> Iterator[Known]:
    """Every series that comes with sktime and has enough points."""
    for known in (*_single(), *_tables(), *_panel(), *_without_loader()):
        if len(known.y) >= FEWEST:
            yield known


def _single() -> Iterator[Known]:
    yield Known("airline", "passengers", datasets.load_airline(), 12)
    yield Known("PBS", "scripts", datasets.load_PBS_dataset(), 12)
    yield Known("lynx", "trappings", datasets.load_lynx(), 1)
    yield Known("shampoo", "sales", datasets.load_shampoo_sales(), 12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it reads its stored sample
        yield Known("solar", "GB", datasets.load_solar().squeeze(), 48)
    for name, (y, period, _) in {
        "GunPoint": datasets.load_gun_point_segmentation(),
        "ElectricDevices": datasets.load_electric_devices_segmentation(),
    }.items():
        yield Known(name, "segments", pd.Series(y.to_numpy(float)), period)


def _tables() -> Iterator[Known]:
    employed, others = datasets.load_longley()
    for name, y in {employed.name: employed, **others}.items():
        yield Known("longley", str(name), y, 1)
    consumption, others = datasets.load_uschange()
    # Quarters, though sktime numbers the rows.
    quarters = pd.period_range("1970Q1", periods=len(consumption), freq="Q")
    for name, y in {"Consumption": consumption, **others}.items():
        yield Known("uschange", name, pd.Series(y.to_numpy(float), quarters), 4)
    for name, y in datasets.load_macroeconomic().items():
        yield Known("macroeconomic", str(name), y, 4)


def _panel() -> Iterator[Known]:
    sales = datasets.load_hierarchical_sales_toydata()
    for key, part in sales.groupby(level=[0, 1]):
        yield Known("product sales", " / ".join(key), part.droplevel([0, 1]).iloc[:, 0], 12)


def _without_loader() -> Iterator[Known]:
    """Files that no loader reads: monthly, hourly, and an electrocardiogram."""
    folder = Path(str(files("sktime.datasets"))) / "data"
    for name, column, freq, season in (
        ("seatbelts", "KSI", "M", 12),
        ("yahoo", "data", "h", 24),
        ("mitdb", "data", None, 1),
    ):
        y = pd.read_csv(folder / name / f"{name}.csv")[column].astype(float)
        if freq is not None:
            y.index = pd.period_range("1969-01-01", periods=len(y), freq=freq)
        yield Known(name, column, y, season)


def models(season: int) -> dict[str, BaseForecaster]:
    """The methods, told a season but for ours."""
    return {
        "seasonal naive": NaiveForecaster("last", sp=season),
        "AutoETS": StatsForecastAutoETS(season_length=season),
        "AutoTheta": StatsForecastAutoTheta(season_length=season),
        "SigmaForecaster": SigmaForecaster(random_state=0),
    }


def compare(known: Known) -> dict[str, object]:
    """One row of the table."""
    season = known.season
    whole = len(known.y) - 2 * season >= 2 * season
    row: dict[str, object] = {"set": known.set, "series": known.name}
    row |= {"points": len(known.y), "season": season}
    seconds = {}
    for name in METHODS:
        told = season if whole or name == "seasonal naive" else 1
        row[name], seconds[f"{name} seconds"] = score(models(told)[name], known.y, season)
    naive = float(str(row["seasonal naive"]))
    row["ratio"] = float(str(row["SigmaForecaster"])) / naive if naive > 0 else np.nan
    del seconds["seasonal naive seconds"]
    return row | seconds


def by_set(table: pd.DataFrame) -> pd.DataFrame:
    """Means over the series of each set."""
    means = table.groupby("set", sort=False)[list(METHODS)].mean()
    means.insert(0, "series", table.groupby("set", sort=False).size())
    return means


def summary(table: pd.DataFrame) -> str:
    """What the table says, in one line; series that seasonal naive hits exactly have no ratio."""
    counted = table.dropna()
    ratio = counted["ratio"]
    seasonal = counted["season"] > 1
    return (
        f"better than seasonal naive on {(ratio[seasonal] < 1).sum()} of {seasonal.sum()} with a "
        f"season and {(ratio[~seasonal] < 1).sum()} of {(~seasonal).sum()} without, geometric mean "
        f"ratio {gmean(ratio):.3f}, above 1.5 on {(ratio > 1.5).sum()}; mean MASE "
        + ", ".join(f"{name} {counted[name].mean():.3f}" for name in METHODS)
        + "; geometric mean "
        + ", ".join(f"{name} {gmean(counted[name]):.3f}" for name in METHODS)
    )


def main() -> None:
    """Print and store the table."""
    parser = script_parser(__doc__ or "")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    rows = []
    for known in all_series():
        rows.append(compare(known))
        print({k: round(v, 3) if isinstance(v, float) else v for k, v in rows[-1].items()})
    table = pd.DataFrame(rows)
    print(by_set(table).round(3).to_string())
    print(summary(table))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.out, float_format="%.4f", index=False)


if __name__ == "__main__":
    main()
