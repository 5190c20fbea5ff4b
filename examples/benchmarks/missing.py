"""What missing values cost: the defaults on series with gaps, as they are and imputed before.

10, 30 and 50 % of the training part are missing, at random or in blocks of a season's length.
Ratios are to the MASE with all values. "imputed" is sktime's ``Imputer()`` before the same
forecaster. The last two seasons are held out: of airline at four ends of the series, of six
stretches of 800 hours of ETTh1's later half, and of monthly series of M4's training file whose
number ends in 13, 33, ..., 93. Fillings were chosen on the earlier half of ETTh1, four earlier ends
of airline, and M4 series whose number ends in 03, 23, ..., 83. Where a pattern takes the last
values too, the forecast begins later: "late" counts those, and one ratio leaves them out.

::

    python -m examples.benchmarks.missing --out docs/results/benchmarks
    python -m examples.benchmarks.pages
"""

from __future__ import annotations

import csv
import lzma
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sktime import datasets
from sktime.transformations.series.impute import Imputer

from examples.benchmarks.measure import parser, report
from examples.benchmarks.real_series import mase
from examples.command_line import positive
from skscale import SigmaForecaster

SHARES = (0.1, 0.3, 0.5)
KEYS = ["series", "missing", "share"]
AIRLINE_ENDS = (126, 132, 138, 144)
STRETCHES, STRETCH = 6, 848  # of ETTh1


def series(data: Path, n_monthly: int) -> Iterator[tuple[str, pd.Series, int]]:
    """Group, values and season."""
    path = data / "ett" / "ETTh1.csv.xz"
    if path.exists():
        hours = pd.read_csv(path, parse_dates=["date"], index_col="date")["OT"].asfreq("h")
        for start in np.linspace(len(hours) // 2, len(hours) - STRETCH, STRETCHES, dtype=int):
            yield "ETTh1 OT", hours[start : start + STRETCH], 24
    for end in AIRLINE_ENDS:
        yield "airline", datasets.load_airline()[:end], 12
    path = data / "m4" / "Monthly-train.csv.xz"
    if path.exists():
        with lzma.open(path, "rt") as file:
            named = [row for row in csv.reader(file) if row[0][1:].isdigit()]
        rows = [row[1:] for row in named if int(row[0][1:]) % 20 == 13]
        for row in rows[:: max(1, len(rows) // n_monthly)][:n_monthly]:
            values = [float(cell) for cell in row if cell]
            index = pd.period_range("1950-01", periods=len(values), freq="M")
            yield "M4 monthly", pd.Series(values, index), 12


def holes(n: int, share: float, block: int, rng: np.random.Generator) -> np.ndarray:
    """Where values are missing: points, or whole blocks, drawn until there are enough."""
    missing = np.zeros(n, dtype=bool)
    while missing.sum() < round(share * n):
        start = rng.integers(1 - block, n)
        left = round(share * n) - missing.sum()
        missing[max(start, 0) : max(start, 0) + min(block, left, start + block)] = True
    return missing


def score(forecaster: object, train: pd.Series, full: pd.Series, test: pd.Series, season: int):
    """MASE in units of the full training part."""
    found = forecaster.fit(train, fh=range(1, len(test) + 1)).predict()
    return mase(test.to_numpy(), np.asarray(found).ravel(), full.to_numpy(), season)


def compare(y: pd.Series, season: int) -> Iterator[dict[str, object]]:
    """Scores with gaps beside those without."""
    train, test = y.iloc[: -2 * season], y.iloc[-2 * season :]
    plain = SigmaForecaster(random_state=0)
    whole = score(plain.clone(), train, train, test, season)
    for kind, block in (("points", 1), ("blocks", season)):
        for share in SHARES:
            missing = holes(len(train), share, block, np.random.default_rng(0))
            gappy = train.mask(missing)
            yield {
                "missing": kind,
                "share": share,
                "late": int(missing[-1]),
                "whole": whole,
                "ours": score(plain.clone(), gappy, train, test, season),
                "imputed": score(Imputer() * plain.clone(), gappy, train, test, season),
            }


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Means by group and pattern, and their ratios."""
    groups = rows.assign(each=rows["ours"] / rows["whole"]).groupby(KEYS, sort=False)
    table = groups[["whole", "ours", "imputed"]].mean()
    table = table.assign(n_series=groups.size(), late=groups["late"].sum())
    table["median_ratio"] = groups["each"].median()
    for name in ("ours", "imputed"):
        table[f"{name}_ratio"] = table[name] / table["whole"]
    in_time = rows[rows["late"] == 0].groupby(KEYS, sort=False)[["whole", "ours"]].mean()
    table["in_time_ratio"] = in_time["ours"] / in_time["whole"]
    return table.reset_index()


def main() -> None:
    """Measure, print and store."""
    arguments = parser(__doc__)
    arguments.add_argument("--monthly", type=positive, default=40, help="series of M4")
    options = arguments.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        rows = [
            {"series": group, **row}
            for group, y, season in series(options.data, options.monthly)
            for row in compare(y, season)
        ]
    found = summary(pd.DataFrame(rows)).to_dict("records")
    report("Missing values", found, options, "missing")


if __name__ == "__main__":
    main()
