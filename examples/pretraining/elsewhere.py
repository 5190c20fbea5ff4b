"""The packed nets on public sets that no weight has seen: `elsewhere.csv`.

``python -m examples.pretraining.elsewhere``: 15 cuts of every channel at random places, hourly,
half-hourly, daily and weekly; mean error over that of the seasonal naive forecast in the context,
held at 20, and the share of values inside the 90 % interval.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from examples.command_line import add_data_argument, script_parser
from examples.paths import RESULTS
from skscale import pretrained
from skscale.ops import damped_line, seasonal_naive, theta_line
from skscale.pretrained import shares

OUT = RESULTS / "pretraining" / "elsewhere.csv"
N_CUTS, CONTEXT, LIMIT = 15, 800, 20.0


class Set(NamedTuple):
    """Columns of one data set at one step."""

    name: str
    season: int
    values: np.ndarray


def sets(data: Path) -> Iterator[Set]:
    """The public sets, averaged to steps that have a net."""
    for name in ("ETTh1", "ETTh2"):
        hourly = pd.read_csv(data / "ett" / f"{name}.csv.xz", index_col="date").to_numpy()
        yield Set(f"{name}, hourly", 24, hourly)
        yield Set(f"{name}, daily", 7, averaged(hourly, 24))
    quarter_hours = pd.read_csv(data / "ett" / "ETTm1.csv.xz", index_col="date").to_numpy()
    yield Set("ETTm1, half-hourly", 48, averaged(quarter_hours, 2))
    weather = pd.read_csv(
        data / "weather" / "weather.csv.xz", index_col="date", encoding_errors="replace"
    )
    weather = weather.mask(weather == -9999).ffill().to_numpy()
    for name, n_points, season in (("half-hourly", 3, 48), ("hourly", 6, 24), ("daily", 144, 7)):
        yield Set(f"Weather, {name}", season, averaged(weather, n_points))
    exchange = np.loadtxt(data / "exchange_rate" / "exchange_rate.txt.gz", delimiter=",")
    yield Set("Exchange, daily", 7, exchange)
    illness = pd.read_csv(data / "illness" / "national_illness.csv", index_col="date")
    yield Set("ILI, weekly", 52, illness.to_numpy(dtype=float))


def averaged(values: np.ndarray, n_points: int) -> np.ndarray:
    """Means of blocks of rows."""
    n = len(values) // n_points
    return values[: n * n_points].reshape(n, n_points, -1).mean(1)


def windows(values: np.ndarray, horizon: int) -> tuple[Tensor, Tensor]:
    """Contexts and what followed, of every column at random places."""
    rng = np.random.default_rng(0)
    length = min(CONTEXT, len(values) // 2)
    places = [
        (column, end)
        for column in range(values.shape[1])
        for end in rng.integers(length, len(values) - horizon, N_CUTS)
    ]
    contexts = np.stack([values[end - length : end, column] for column, end in places])
    targets = np.stack([values[end : end + horizon, column] for column, end in places])
    return torch.tensor(contexts), torch.tensor(targets)


def row(told: Set) -> dict[str, object]:
    """One line of the table."""
    name = pretrained.for_season(told.season)
    assert name is not None
    net = pretrained.load(name)
    horizon = net.prediction_length
    context, target = windows(told.values, horizon)
    mask = torch.ones_like(context, dtype=torch.bool)
    scale = (context[:, told.season :] - context[:, : -told.season]).abs().mean(1)
    quantiles = net.quantiles(context)
    low = net.quantile_levels.index(0.05)
    inside = (target >= quantiles[..., low]) & (target <= quantiles[..., -1 - low])
    found = {
        "last value": context[:, -1:].expand_as(target),
        "seasonal_naive": seasonal_naive(context, mask, told.season, horizon),
        "theta": theta_line(context, mask, told.season, horizon),
        "damped": damped_line(context, mask, told.season, horizon),
        "net": quantiles[..., net.quantile_levels.index(0.5)],
    }
    mixed = shares(told.season, context.shape[1]).items()
    found["shares"] = torch.stack([share * found[key] for key, share in mixed]).sum(0)
    moving = scale > 0

    def error(forecast: Tensor) -> float:
        errors = (forecast - target).abs().mean(1)[moving] / scale[moving]
        return float(errors.clamp(max=LIMIT).mean())

    scores = {key: f"{error(forecast):.4f}" for key, forecast in found.items()}
    cover = f"{float(inside.double().mean()):.3f}"
    return {"set": told.name, "season": told.season, **scores, "coverage_90": cover}


def main() -> None:
    parser = script_parser(__doc__ or "")
    add_data_argument(parser)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    rows = [row(told) for told in sets(args.data)]
    with args.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
