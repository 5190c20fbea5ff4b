"""One fit for all series of a frequency beside one fit for each, on choice series of M4.

The last horizon of the training file is held out. AutoETS and AutoTheta are read from the runs of
`examples.pretraining.baselines`, and the series here are some of theirs, evenly spaced by number.

::

    python -m examples.benchmarks.global_fit
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd

from examples.command_line import add_data_argument, positive, script_parser
from examples.paper.m4_data import mase, panel_frame
from examples.paths import RESULTS
from examples.pretraining.data import FREQUENCIES, Frequency, load
from examples.pretraining.train import RUNS
from skscale import SigmaForecaster

OUT = RESULTS / "benchmarks" / "global_fit.csv"
COLUMNS = (
    *("frequency", "n_series", "seasonal naive", "AutoETS", "AutoTheta"),
    *("one at a time", "all at once", "one at a time seconds", "all at once seconds"),
)
BASELINES = {"AutoETS": "ets", "AutoTheta": "theta"}


def seasonal_naive(rows: list[np.ndarray], frequency: Frequency) -> np.ndarray:
    """The last season again; the last value where no whole season was seen."""
    steps = np.arange(frequency.horizon)
    seasons = [frequency.season if len(row) >= frequency.season else 1 for row in rows]
    return np.stack([row[len(row) - s + steps % s] for row, s in zip(rows, seasons, strict=True)])


def one_at_a_time(rows: list[np.ndarray], frequency: Frequency) -> np.ndarray:
    """Forecasts of one fit for each series."""
    return np.concatenate([all_at_once([row], frequency) for row in rows])


def all_at_once(rows: list[np.ndarray], frequency: Frequency) -> np.ndarray:
    """Forecasts (n_series, horizon) of one fit."""
    names = [f"{number:06d}" for number in range(len(rows))]
    forecaster = SigmaForecaster(season_length=frequency.season, random_state=0)
    y = pd.Series(rows[0]) if len(rows) == 1 else panel_frame(names, rows)
    found = forecaster.fit(y, fh=range(1, frequency.horizon + 1)).predict()
    return found.to_numpy().reshape(len(rows), frequency.horizon)


FITS: dict[str, Callable[[list[np.ndarray], Frequency], np.ndarray]] = {
    "one at a time": one_at_a_time,
    "all at once": all_at_once,
}


def row(frequency: Frequency, data: Path, runs: Path, at_most: int) -> dict[str, object]:
    """One line of the table: mean MASE over the series that have one."""
    _, choice = load(frequency.name, data)
    saved = np.load(runs / f"baselines-{frequency.name}.npz")
    spread = np.unique(np.linspace(0, len(saved["ids"]) - 1, at_most).astype(int))
    series = choice.select(np.isin(choice.numbers, saved["ids"][spread])).rows()
    past, target = zip(
        *((s[: -frequency.horizon], s[-frequency.horizon :]) for s in series), strict=True
    )
    forecasts = {"seasonal naive": seasonal_naive(list(past), frequency)}
    forecasts |= {name: saved[key][spread] for name, key in BASELINES.items()}
    seconds = {}
    for name, fit in FITS.items():
        started = process_time()
        forecasts[name] = fit(list(past), frequency)
        seconds[f"{name} seconds"] = f"{process_time() - started:.1f}"
    errors = {
        name: mase(found, np.stack(target), list(past), frequency.mase_season)
        for name, found in forecasts.items()
    }
    found = {name: f"{np.nanmean(error):.4f}" for name, error in errors.items()}
    n_series = int(np.isfinite(errors["all at once"]).sum())
    return {"frequency": frequency.name, "n_series": n_series, **found, **seconds}


def main(arguments: list[str] | None = None) -> None:
    """Write the table line by line."""
    parser = script_parser(__doc__ or "")
    add_data_argument(parser)
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of the baselines")
    parser.add_argument("--series", type=positive, default=200, help="at most, of a frequency")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(arguments)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with args.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for frequency in FREQUENCIES.values():
            found = row(frequency, args.data, args.runs, args.series)
            print(found, flush=True)
            writer.writerow(found)
            file.flush()


if __name__ == "__main__":
    main()
