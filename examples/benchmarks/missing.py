"""What missing values cost: the defaults on series with gaps, as they are and imputed before.

10, 30 and 50 % of the training part are missing, at random or in blocks of a season's length.
Ratios are to the MASE with all values. "imputed" is sktime's ``Imputer()`` before the same
forecaster. One fit for each series and pattern, mean over both; the last two seasons are held
out. M4's series are the first monthly ones with numbers that end in 3, of its training file alone.

::

    python -m examples.benchmarks.missing --out docs/results/benchmarks
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
from skscale import SigmaForecaster

SHARES = (0.1, 0.3, 0.5)
PATTERNS = {"airline": 4, "ETTh1 OT": 2, "M4 monthly": 1}  # of missing values for each series


def series(data: Path, n_monthly: int) -> Iterator[tuple[str, str, pd.Series, int]]:
    """Group, name, values and season."""
    path = data / "ett" / "ETTh1.csv.xz"
    if path.exists():
        hours = pd.read_csv(path, parse_dates=["date"], index_col="date")["OT"]
        yield "ETTh1 OT", "OT", hours[-2_000:].asfreq("h"), 24
    yield "airline", "airline", datasets.load_airline(), 12
    path = data / "m4" / "Monthly-train.csv.xz"
    if path.exists():
        with lzma.open(path, "rt") as file:
            rows = csv.reader(file)
            next(rows)
            for number in range(1, 10 * n_monthly + 1):
                row = next(rows)
                if number % 10 == 3:
                    values = [float(cell) for cell in row[1:] if cell]
                    index = pd.period_range("1950-01", periods=len(values), freq="M")
                    yield "M4 monthly", row[0], pd.Series(values, index), 12


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


def compare(y: pd.Series, season: int, patterns: int) -> Iterator[dict[str, object]]:
    """Scores with gaps, relative to those without."""
    train, test = y.iloc[: -2 * season], y.iloc[-2 * season :]
    plain = SigmaForecaster(random_state=0)
    whole = score(plain.clone(), train, train, test, season)
    for kind, block in (("points", 1), ("blocks", season)):
        for share in SHARES:
            ours, imputed = [], []
            for seed in range(patterns):
                missing = holes(len(train), share, block, np.random.default_rng(seed))
                gappy = train.mask(missing)
                ours.append(score(plain.clone(), gappy, train, test, season))
                imputed.append(score(Imputer() * plain.clone(), gappy, train, test, season))
            yield {
                "missing": kind,
                "share": share,
                "whole": whole,
                "ours": np.mean(ours),
                "imputed": np.mean(imputed),
            }


def main() -> None:
    """Measure, print and store."""
    arguments = parser(__doc__)
    arguments.add_argument("--monthly", type=int, default=20, help="series of M4")
    options = arguments.parse_args()
    rows = []
    for group, _, y, season in series(options.data, options.monthly):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            rows += [{"series": group, **row} for row in compare(y, season, PATTERNS[group])]
    for row in rows:
        row["each"] = row["ours"] / row["whole"]
    groups = pd.DataFrame(rows).groupby(["series", "missing", "share"], sort=False)
    table = groups.mean().assign(n_series=groups.size())
    table["median ratio"] = groups["each"].median()
    table["ratio"] = table["ours"] / table["whole"]
    table["imputed ratio"] = table["imputed"] / table["whole"]
    table = table.drop(columns="each")
    report("Missing values", table.reset_index().to_dict("records"), options, "missing")


if __name__ == "__main__":
    main()
