"""What each candidate is worth by frequency and number of points: `shares.csv`.

``python -m examples.pretraining.shares`` cuts the choice series to their last points and scores
the packed nets, textbook forecasts, and the shares of `skscale.pretrained.shares` beside the best
shares on a grid of tenths, which know the answer.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from examples.command_line import add_data_argument, script_parser
from examples.paths import RESULTS
from examples.pretraining.data import FREQUENCIES, Frequency, load
from skscale.ops import damped_line, seasonal_naive, theta_line
from skscale.pretrained import for_season, load as load_net, shares

OUT = RESULTS / "pretraining" / "shares.csv"
POINTS = (3, 4, 6, 8, 12, 16, 24, 36, 60, 120, 240, 480)
CANDIDATES = ("net", "theta", "damped", "seasonal_naive")
COLUMNS = ("frequency", "n_points", "n_series", *CANDIDATES, "shares", "best", "best_shares")
_MOST, _FEWEST = 1000, 20


def candidates(context: Tensor, frequency: Frequency) -> dict[str, Tensor]:
    """Forecasts of all candidates for contexts (n_series, n_points) without padding."""
    mask = torch.ones_like(context, dtype=torch.bool)
    season, horizon = frequency.season, frequency.horizon
    name = for_season(season)
    assert name is not None
    net = load_net(name)
    return {
        "net": net.quantiles(context, steps=horizon)[..., net.quantile_levels.index(0.5)],
        "theta": theta_line(context, mask, season, horizon),
        "damped": damped_line(context, mask, season, horizon),
        "seasonal_naive": seasonal_naive(context, mask, season, horizon),
    }


def rows(frequency: Frequency, data: Path) -> Iterator[dict[str, object]]:
    """Lines of the table for one frequency."""
    _, series = load(frequency.name, data)
    horizon, lag = frequency.horizon, frequency.mase_season
    everything = series.rows()
    for n in POINTS:
        long = [row for row in everything if len(row) >= n + horizon]
        if len(long) < _FEWEST:
            return
        long = long[:: max(1, len(long) // _MOST)]
        befores = [row[:-horizon] for row in long]
        units = torch.tensor([np.abs(b[lag:] - b[:-lag]).mean() for b in befores])
        context = torch.tensor(np.stack([b[-n:] for b in befores]))[units > 0]
        target = torch.tensor(np.stack([row[-horizon:] for row in long]))[units > 0]
        found = candidates(context, frequency)

        def mase(forecast: Tensor, target: Tensor = target, units: Tensor = units) -> float:
            return float(((forecast - target).abs().mean(1) / units[units > 0]).mean())

        told = shares(frequency.season, n)
        mixed = mase(sum(share * found[name] for name, share in told.items()))
        best, best_shares = _best(found, mase)
        scores = {name: f"{mase(forecast):.4f}" for name, forecast in found.items()}
        yield {
            "frequency": frequency.name,
            "n_points": n,
            "n_series": len(context),
            **scores,
            "shares": f"{mixed:.4f}",
            "best": f"{best:.4f}",
            "best_shares": " ".join(f"{v:.1f} {k}" for k, v in best_shares.items() if v),
        }


def _best(found: dict[str, Tensor], mase) -> tuple[float, dict[str, float]]:
    grid = (w for w in itertools.product(range(11), repeat=len(found)) if sum(w) == 10)
    tried = [dict(zip(found, (v / 10 for v in w), strict=True)) for w in grid]
    errors = [mase(sum(share * found[name] for name, share in t.items())) for t in tried]
    place = int(np.argmin(errors))
    return errors[place], tried[place]


def main() -> None:
    parser = script_parser(__doc__ or "")
    add_data_argument(parser)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with args.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for frequency in FREQUENCIES.values():
            writer.writerows(rows(frequency, args.data))


if __name__ == "__main__":
    main()
