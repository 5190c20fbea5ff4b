"""Forecasts of every candidate on two corpora: the choice series of M4, and the R datasets.

``python -m examples.pretraining.corpora`` keeps them in the folder of the runs, one file each for
M4 and for the two halves of the R datasets, for the tables of `examples.pretraining.beyond`. The
local fit is what `SigmaForecaster` learns from the series alone, without a network.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import pandas as pd
import torch

from examples.command_line import add_data_argument, script_parser
from examples.pretraining import r_series
from examples.pretraining.data import FREQUENCIES, load
from examples.pretraining.train import RUNS
from skscale import SigmaForecaster, pretrained
from skscale.forecasting._evidence import Evidence, _compare
from skscale.forecasting._prior import Shares
from skscale.ops import classical, damped_line, seasonal_naive, theta_line

CORPORA = ("M4", "choice", "report")
_MOST = 600  # series of a frequency of M4


class Cut(NamedTuple):
    """A series of a set before its target, and the target."""

    set: str
    season: int
    before: np.ndarray
    target: np.ndarray


def m4_cuts(data: Path) -> Iterator[Cut]:
    """Choice series of M4, evenly spaced by number."""
    for frequency in FREQUENCIES.values():
        _, choice = load(frequency.name, data)
        least = max(10, 2 * frequency.season) + frequency.horizon
        long = [row[-r_series.LONGEST :] for row in choice.rows() if len(row) >= least]
        for row in long[:: -(-len(long) // _MOST)]:
            before, target = row[: -frequency.horizon], row[-frequency.horizon :]
            if (before[frequency.season :] != before[: -frequency.season]).any():
                yield Cut(f"M4 {frequency.name}", frequency.season, before, target)


def r_cuts(half: str) -> Iterator[Cut]:
    """The last two horizons of every series of one half of the R datasets."""
    for one in r_series.sets():
        for row in one.rows if one.half == half else ():
            for before, target in r_series.cuts(row, one.season):
                yield Cut(one.name, one.season, before, target)


def known(before: np.ndarray, season: int, horizon: int) -> dict[str, np.ndarray]:
    """Forecasts of the candidates that are known without learning.

    Beside those of the package the Theta line with its whole slope, and the net on logarithms of
    positive series.
    """
    name = pretrained.for_season(season)
    assert name is not None
    net = pretrained.load(name)
    x = torch.tensor(before[None, -net.history_length :])
    mask = torch.ones_like(x, dtype=torch.bool)
    quantiles = net.quantiles(x, steps=horizon)
    found = {
        "net": quantiles[..., net.quantile_levels.index(0.5)],
        "theta": theta_line(x, mask, season, horizon),
        "damped": damped_line(x, mask, season, horizon),
        "seasonal_naive": seasonal_naive(x, mask, season, horizon),
    }
    with patch.object(classical, "_SLOPE_SHARE", 1.0):
        found["drift"] = theta_line(x, mask, season, horizon)
    found["net_of_logs"] = found["net"]
    if (x > 0).all():
        quantiles = net.quantiles(x.log(), steps=horizon)
        found["net_of_logs"] = quantiles[..., net.quantile_levels.index(0.5)].exp()
    return {key: forecast[0].numpy() for key, forecast in found.items()}


def learned(before: np.ndarray, season: int, horizon: int) -> tuple[np.ndarray, float, int]:
    """The local fit, its held-out error over the prior's, and over how many stretches."""
    compared = (1.0, 0)

    def shares(evidence: Evidence, network: Any, prior: Any, validation: Any) -> Shares:
        nonlocal compared
        if len(validation):
            least = 1 if prior.season == 1 else 2 * prior.season
            compared = _compare(network, prior, validation, least)
        return Shares(1.0, 1.0)

    with (
        patch.object(Evidence, "teach", True),
        patch.object(Evidence, "train", False),
        patch.object(Evidence, "shares", shares),
    ):
        forecaster = SigmaForecaster(season_length=season, fine_tune=False, random_state=0)
        forecaster.fit(pd.Series(before), fh=range(1, horizon + 1))
        return forecaster.predict().to_numpy(), *compared


def unit_of(cut: Cut) -> float:
    """Mean absolute seasonal change before the target; of neighbours within the first season."""
    lag = cut.season if len(cut.before) > cut.season else 1
    return float(np.abs(cut.before[lag:] - cut.before[:-lag]).mean())


def scored(cut: Cut) -> dict[str, Any]:
    """Forecasts of all candidates for one cut, in units of mean seasonal changes."""
    horizon, unit = len(cut.target), unit_of(cut)
    found = known(cut.before, cut.season, horizon)
    found["local"], ratio, stretches = learned(cut.before, cut.season, horizon)
    return {
        "set": cut.set,
        "season": cut.season,
        "n_points": len(cut.before),
        "held_out_ratio": ratio,
        "n_stretches": stretches,
        "errors": {k: torch.tensor((v - cut.target) / unit) for k, v in found.items()},
    }


def main() -> None:
    """Write the forecasts that are not there yet."""
    warnings.simplefilter("ignore", FutureWarning)
    parser = script_parser(__doc__ or "")
    add_data_argument(parser)
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of the results")
    parser.add_argument("--corpora", nargs="+", choices=CORPORA, default=CORPORA)
    options = parser.parse_args()
    options.runs.mkdir(exist_ok=True)
    for corpus in options.corpora:
        path = options.runs / f"corpus-{corpus}.pt"
        if not path.is_file():
            some = m4_cuts(options.data) if corpus == "M4" else r_cuts(corpus)
            found = []
            for cut in some:
                found.append(scored(cut))
                if len(found) % 20 == 0:
                    torch.save(found, path.with_suffix(".part"))
            torch.save(found, path)
            print(path, flush=True)


if __name__ == "__main__":
    main()
