"""What each candidate is worth by frequency and number of points: `shares.csv`.

``python -m examples.pretraining.shares`` cuts the choice series to their last points and scores
the packed nets, textbook forecasts, and the shares of `skscale.pretrained.shares` beside the best
shares on a grid of tenths, which know the answer.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from examples.command_line import add_data_argument, script_parser
from examples.paths import RESULTS
from examples.pretraining.data import FREQUENCIES, Frequency, load
from skscale import pretrained
from skscale.ops import damped_line, seasonal_naive, theta_line
from skscale.pretrained import shares

OUT = RESULTS / "pretraining" / "shares.csv"
POINTS = (3, 4, 6, 8, 12, 16, 24, 36, 60, 120, 240, 480)
CANDIDATES = ("net", "theta", "damped", "seasonal_naive")
COLUMNS = ("frequency", "n_points", "n_series", *CANDIDATES, "shares", "best", "best_shares")
_MOST, _FEWEST = 1000, 20


def candidates(context: Tensor, frequency: Frequency) -> dict[str, Tensor]:
    """Forecasts of all candidates for contexts (n_series, n_points) without padding."""
    mask = torch.ones_like(context, dtype=torch.bool)
    season, horizon = frequency.season, frequency.horizon
    name = pretrained.for_season(season)
    assert name is not None
    net = pretrained.load(name)
    return {
        "net": net.quantiles(context, steps=horizon)[..., net.quantile_levels.index(0.5)],
        "theta": theta_line(context, mask, season, horizon),
        "damped": damped_line(context, mask, season, horizon),
        "seasonal_naive": seasonal_naive(context, mask, season, horizon),
    }


class Cut(NamedTuple):
    """Last points before the target of some series, the target, and the scale of MASE."""

    context: Tensor
    target: Tensor
    units: Tensor

    def mase(self, forecast: Tensor) -> float:
        """Mean error of forecasts (n_series, horizon)."""
        return float(((forecast - self.target).abs().mean(1) / self.units).mean())

    def mixed(self, found: dict[str, Tensor], told: dict[str, float]) -> float:
        """Mean error of candidates' forecasts mixed by shares."""
        return self.mase(torch.stack([share * found[name] for name, share in told.items()]).sum(0))


def cut(series: list[np.ndarray], n_points: int, frequency: Frequency) -> Cut:
    """Cut series to their last points; those that never change are left out."""
    horizon, lag = frequency.horizon, frequency.mase_season
    befores = [row[:-horizon] for row in series]
    units = torch.tensor([np.abs(b[lag:] - b[:-lag]).mean() for b in befores])
    context = torch.tensor(np.stack([b[-n_points:] for b in befores]))
    target = torch.tensor(np.stack([row[-horizon:] for row in series]))
    return Cut(context[units > 0], target[units > 0], units[units > 0])


def rows(frequency: Frequency, data: Path) -> Iterator[dict[str, object]]:
    """Lines of the table for one frequency."""
    _, series = load(frequency.name, data)
    for n in POINTS:
        long = [row for row in series.rows() if len(row) >= n + frequency.horizon]
        if len(long) < _FEWEST:
            return
        some = cut(long[:: max(1, len(long) // _MOST)], n, frequency)
        found = candidates(some.context, frequency)
        best = min(_grid(found), key=lambda told: some.mixed(found, told))
        yield {
            "frequency": frequency.name,
            "n_points": n,
            "n_series": len(some.context),
            **{name: f"{some.mase(forecast):.4f}" for name, forecast in found.items()},
            "shares": f"{some.mixed(found, shares(frequency.season, n)):.4f}",
            "best": f"{some.mixed(found, best):.4f}",
            "best_shares": " ".join(f"{v:.1f} {k}" for k, v in best.items() if v),
        }


def _grid(names: Iterable[str]) -> list[dict[str, float]]:
    """All shares in tenths that sum to one."""
    names = list(names)
    whole = (w for w in itertools.product(range(11), repeat=len(names)) if sum(w) == 10)
    return [{name: v / 10 for name, v in zip(names, w, strict=True)} for w in whole]


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
