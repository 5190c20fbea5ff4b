"""What fine-tuning the trained weights is worth: `fine_tuned.csv`.

``python -m examples.pretraining.fine_tuned`` fits `SigmaForecaster` with and without
``fine_tune="auto"`` once to many choice series of each frequency of M4, whose last horizon is the
target, and to the channels of an electricity transformer, on the literature's training part; there
the sixty days behind it are the target, two days ahead from every midnight. Mean errors in units of
the mean seasonal change seen.
"""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import NamedTuple

import numpy as np
import pandas as pd
from sktime.split import ExpandingWindowSplitter

from examples.command_line import add_data_argument, positive, script_parser
from examples.paths import RESULTS
from examples.pretraining.data import FREQUENCIES, Frequency, load
from skscale import SigmaForecaster
from skscale.evaluation import backtest

OUT = RESULTS / "pretraining" / "fine_tuned.csv"
COLUMNS = (
    *("data", "n_series", "n_values", "held_out_loss", "as they came", "auto"),
    *("seconds, as they came", "seconds, auto"),
)
SETTINGS: dict[str, bool | str] = {"as they came": False, "auto": "auto"}
TRAINING, TEST, AHEAD = 8640, 1440, 48  # hours of the transformer


class Fit(NamedTuple):
    """Error of a fit, its CPU seconds, and what it says of fine-tuning."""

    error: float
    seconds: float
    held_out_loss: str


def fitted(season: int, horizon: int, fine_tune: bool | str, y: pd.DataFrame) -> tuple:
    """Fit; returns the forecaster, its CPU seconds, and the held-out loss that it notes."""
    started = process_time()
    forecaster = SigmaForecaster(season_length=season, fine_tune=fine_tune, random_state=0)
    forecaster.fit(y, fh=range(1, horizon + 1))
    found = re.search(r"held-out loss ([\d.]+)", " ".join(forecaster.history_["notes"]))
    return forecaster, process_time() - started, found.group(1) if found else ""


def of_m4(rows: list[np.ndarray], frequency: Frequency, fine_tune: bool | str) -> Fit:
    """One fit for all series."""
    lag, horizon = frequency.mase_season, frequency.horizon
    past = {f"{place:06d}": row[:-horizon] for place, row in enumerate(rows)}
    y = pd.concat({name: pd.DataFrame({"y": row}) for name, row in past.items()})
    forecaster, seconds, loss = fitted(frequency.season, horizon, fine_tune, y)
    forecasts = forecaster.predict()["y"].to_numpy().reshape(len(rows), horizon)
    units = np.array([np.abs(row[lag:] - row[:-lag]).mean() for row in past.values()])
    errors = np.abs(forecasts - [row[-horizon:] for row in rows]).mean(1)
    return Fit(float((errors[units > 0] / units[units > 0]).mean()), seconds, loss)


def of_transformer(values: pd.DataFrame, fine_tune: bool | str) -> Fit:
    """One fit for all channels, and forecasts from every midnight behind."""
    seen = values.iloc[:TRAINING]
    forecaster, seconds, loss = fitted(24, AHEAD, fine_tune, seen)
    cv = ExpandingWindowSplitter(range(1, AHEAD + 1), initial_window=TRAINING, step_length=24)
    units = (seen - seen.shift(24)).abs().mean()
    found = backtest(forecaster, values, cv, return_data=True)["y_pred"]
    error = np.mean([((one - values.loc[one.index]).abs() / units).to_numpy() for one in found])
    return Fit(float(error), seconds, loss)


def row(name: str, n_series: int, n_values: int, fits: dict[str, Fit]) -> dict[str, object]:
    """One line of the table."""
    errors = {key: f"{fit.error:.4f}" for key, fit in fits.items()}
    seconds = {f"seconds, {key}": f"{fit.seconds:.1f}" for key, fit in fits.items()}
    sizes = {"data": name, "n_series": n_series, "n_values": n_values}
    return {**sizes, "held_out_loss": fits["auto"].held_out_loss, **errors, **seconds}


def rows(data: Path, at_most: int) -> Iterator[dict[str, object]]:
    """All lines."""
    for frequency in FREQUENCIES.values():
        _, choice = load(frequency.name, data)
        least = frequency.horizon + frequency.mase_season + 6
        long = [one for one in choice.rows() if len(one) > least]
        some = [long[i] for i in np.unique(np.linspace(0, len(long) - 1, at_most).astype(int))]
        n_values = sum(map(len, some)) - frequency.horizon * len(some)
        fits = {key: of_m4(some, frequency, setting) for key, setting in SETTINGS.items()}
        yield row(f"M4 {frequency.name}", len(some), n_values, fits)
    values = pd.read_csv(data / "ett" / "ETTh1.csv.xz", index_col="date")
    values = values.iloc[: TRAINING + TEST].reset_index(drop=True)
    fits = {key: of_transformer(values, setting) for key, setting in SETTINGS.items()}
    yield row("ETTh1", values.shape[1], TRAINING * values.shape[1], fits)


def main() -> None:
    """Write the table line by line."""
    warnings.simplefilter("ignore", FutureWarning)
    parser = script_parser(__doc__ or "")
    add_data_argument(parser)
    parser.add_argument("--series", type=positive, default=1000, help="of each frequency")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with options.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for one in rows(options.data, options.series):
            print(one, flush=True)
            writer.writerow(one)
            file.flush()


if __name__ == "__main__":
    main()
