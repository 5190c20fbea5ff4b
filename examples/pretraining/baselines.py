"""AutoETS and AutoTheta on choice series, for `examples.pretraining.tried`.

``python -m examples.pretraining.baselines`` in an environment that has statsforecast, which
skscale does not need. Some series of a frequency, evenly spaced by number; of daily ones the last
500 points, since AutoETS takes minutes for some of the longest. With ``--r-series`` their errors on
the yearly, quarterly and monthly R datasets instead, from the last 300 points, for
`examples.pretraining.beyond`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from examples.command_line import add_data_argument, script_parser
from examples.pretraining.corpora import r_cuts, unit_of
from examples.pretraining.data import FREQUENCIES, Frequency, load
from examples.pretraining.train import RUNS

MOST = {"Yearly": 575, "Quarterly": 400, "Monthly": 400, "Weekly": 36, "Daily": 60, "Hourly": 42}

LONGEST = {"Daily": 500}
R_SEASONS, R_LONGEST = (1, 4, 12), 300


def forecasts(frequency: Frequency, data: Path) -> dict[str, np.ndarray]:
    """Numbers of the series, forecasts of both methods, and seconds for one series."""
    from statsforecast.models import AutoETS, AutoTheta

    _, series = load(frequency.name, data)
    series = series.select(series.lengths >= frequency.horizon + 3)
    step = max(1, len(series.numbers) // MOST[frequency.name])
    longest = LONGEST.get(frequency.name, 0)  # 0 for all points
    rows = [row[: -frequency.horizon][-longest:] for row in series.rows()[::step]]
    found: dict[str, np.ndarray] = {"ids": series.numbers[::step]}
    for name, method in {"ets": AutoETS, "theta": AutoTheta}.items():
        began = time.process_time()
        model = [method(season_length=frequency.season) for _ in rows]
        horizon = frequency.horizon
        found[name] = np.stack(
            [m.forecast(row, h=horizon)["mean"] for m, row in zip(model, rows, strict=True)]
        )
        found[f"t_{name}"] = np.array((time.process_time() - began) / len(rows))
    return found


def r_errors(half: str) -> Iterator[dict[str, object]]:
    """MASE of both methods for every cut of one half of the R datasets."""
    from statsforecast.models import AutoETS, AutoTheta

    for cut in r_cuts(half):
        if cut.season in R_SEASONS:
            row: dict[str, object] = {"set": cut.set}
            for method in (AutoETS, AutoTheta):
                model = method(season_length=cut.season)
                found = model.forecast(cut.before[-R_LONGEST:], h=len(cut.target))["mean"]
                row[method.__name__] = float(np.abs(found - cut.target).mean() / unit_of(cut))
            yield row


def main() -> None:
    parser = script_parser(__doc__ or "")
    add_data_argument(parser)
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of the results")
    parser.add_argument("--r-series", action="store_true", help="errors on the R datasets")
    args = parser.parse_args()
    args.runs.mkdir(exist_ok=True)
    if args.r_series:
        for half in ("choice", "report"):
            pd.DataFrame(r_errors(half)).to_csv(args.runs / f"baselines-{half}.csv", index=False)
        return
    for name, frequency in FREQUENCIES.items():
        path = args.runs / f"baselines-{name}.npz"
        if not path.is_file():
            np.savez(path, **forecasts(frequency, args.data))
            print(path, flush=True)


if __name__ == "__main__":
    main()
