"""What a share of what is learned from one series is worth: `learned.csv`.

``python -m examples.pretraining.learned`` fits `SigmaForecaster` to choice series, and mixes its
forecast with that of trained weights and textbook methods in shares of tenths: once with its
network trained, once with the ridge regression alone. From this table come the constants of
`skscale.forecasting._evidence.Evidence`.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

import numpy as np
import pandas as pd

from examples.command_line import add_data_argument, script_parser
from examples.paths import RESULTS
from examples.pretraining.data import FREQUENCIES, Frequency, load
from skscale import SigmaForecaster
from skscale.forecasting._evidence import Evidence
from skscale.forecasting._prior import Shares

OUT = RESULTS / "pretraining" / "learned.csv"
SHARES = tuple(i / 10 for i in range(11))
COLUMNS = ("frequency", "learned", "n_series", "median_points", "seconds_a_fit", *SHARES)


def forecasts(y: pd.Series, frequency: Frequency, trains: bool) -> tuple[np.ndarray, ...]:
    """Forecasts by the prior alone, and by what was learned alone."""
    horizon = range(1, frequency.horizon + 1)
    found = []
    for share in (0.0, 1.0):
        with (
            patch.object(Evidence, "teach", True),
            patch.object(Evidence, "train", trains),
            patch.object(Evidence, "decide", False),
            patch.object(Evidence, "shares", lambda *arguments, share=share: Shares(share, share)),
        ):
            forecaster = SigmaForecaster(
                season_length=frequency.season, fine_tune=False, random_state=0
            )
            found.append(forecaster.fit(y, fh=horizon).predict().to_numpy())
    return tuple(found)


def row(frequency: Frequency, data: Path, n_series: int, trains: bool) -> dict[str, object]:
    """One line of the table."""
    _, choice = load(frequency.name, data)
    lag, horizon = frequency.mase_season, frequency.horizon
    long = [one for one in choice.rows() if len(one) > horizon + lag + 6]
    scores, lengths = [], []
    started = perf_counter()
    for values in long[:: max(1, len(long) // n_series)][:n_series]:
        y, truth = pd.Series(values[:-horizon]), values[-horizon:]
        unit = np.abs(y.to_numpy()[lag:] - y.to_numpy()[:-lag]).mean()
        if not unit > 0:
            continue
        prior, learned = forecasts(y, frequency, trains)
        mixed = [(1 - share) * prior + share * learned for share in SHARES]
        scores.append([np.abs(forecast - truth).mean() / unit for forecast in mixed])
        lengths.append(len(y))
    return {
        "frequency": frequency.name,
        "learned": "network" if trains else "ridge",
        "n_series": len(scores),
        "median_points": int(np.median(lengths)),
        "seconds_a_fit": f"{(perf_counter() - started) / len(scores) / 2:.2f}",
        **{share: f"{score:.4f}" for share, score in zip(SHARES, np.mean(scores, 0), strict=True)},
    }


def rows(data: Path, n_series: int) -> Iterator[dict[str, object]]:
    """All lines."""
    for frequency in FREQUENCIES.values():
        for trains in (False, True):
            yield row(frequency, data, n_series, trains)


def main() -> None:
    """Write the table line by line."""
    warnings.simplefilter("ignore", FutureWarning)
    parser = script_parser(__doc__)
    add_data_argument(parser)
    parser.add_argument("--series", type=int, default=40, help="of each frequency")
    options = parser.parse_args()
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with OUT.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for one in rows(options.data, options.series):
            writer.writerow(one)
            file.flush()


if __name__ == "__main__":
    main()
