"""What candidates and shares are worth beyond M4: `beyond.csv` and `beyond_tried.csv`.

``python -m examples.pretraining.beyond`` reads what `examples.pretraining.corpora` has kept. The
first table has the MASE of every candidate by set. The second has the errors of variants over those
of the package, as mean logarithm of their ratio with its standard error; every series of M4 counts
once and every frequency alike, every set of the R datasets once, so that no panel rules. A variant
is taken that gains more than its standard error on M4 and on the choice half. What is not taken is
not tried on the report half, which stays a test.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from examples.command_line import script_parser
from examples.paths import RESULTS
from examples.pretraining.corpora import CORPORA
from examples.pretraining.train import RUNS
from skscale.forecasting._evidence import (
    _EVEN,
    _FEWEST_TO_LEARN,
    _FLATTERED,
    _POWER,
    _rounded,
)
from skscale.pretrained import shares

OUT = RESULTS / "pretraining"
CANDIDATES = ("net", "theta", "damped", "seasonal_naive", "local")
GROUPS = {"to 24 points": (0, 24), "to 80": (24, 80), "to 200": (80, 200), "more": (200, 10**9)}
_SMALLEST, _FURTHEST = 1e-6, 3.0

Errors = np.ndarray
Cut = dict[str, Any]


def prior(cut: Cut) -> Errors:
    """Errors of what is known without learning, in its shares."""
    told = shares(cut["season"], cut["n_points"])
    return sum((v * cut["errors"][name] for name, v in told.items()), np.zeros(1))


class Rule(NamedTuple):
    """Shares of the local fit: its odds grow with a power of the points, and by evidence."""

    power_of_points: float
    even: float
    power: float
    flattered: float
    fewest: int

    def share(self, cut: Cut) -> float:
        """Share for a series."""
        if cut["n_points"] < self.fewest:
            return 0.0
        before = min(0.0, self.power_of_points * math.log(cut["n_points"] / self.even))
        worse = math.log(max(self.flattered * cut["held_out_ratio"], 1e-9))
        log_odds = before - self.power * math.sqrt(cut["n_stretches"]) * worse
        return _rounded(1 / (1 + math.exp(-min(max(log_odds, -50.0), 50.0))))


PACKED = Rule(2, _EVEN, _POWER, _FLATTERED, _FEWEST_TO_LEARN)


def with_local(share: float, cut: Cut) -> Errors:
    """Errors of the prior with a share of the local fit."""
    return (1 - share) * prior(cut) + share * cut["errors"]["local"]


def with_net(net: float, cut: Cut) -> Errors:
    """Errors with another share of the net in what is known without learning."""
    known = net * cut["errors"]["net"] + (1 - net) * cut["errors"]["damped"]
    share = PACKED.share(cut)
    return (1 - share) * known + share * cut["errors"]["local"]


def packed(cut: Cut) -> Errors:
    """Errors of the forecaster as it is."""
    return with_local(PACKED.share(cut), cut)


def variants() -> dict[str, Callable[[Cut], Errors]]:
    """Errors of all that was tried, by its name."""
    found: dict[str, Callable[[Cut], Errors]] = {"no local fit": prior}
    for share in (0.1, 0.2, 0.35, 0.5):
        found[f"{share} local fit, fixed"] = partial(with_local, share)
    proportion = PACKED._replace(power_of_points=1, fewest=12)
    rules = {
        "odds with the square of the points, from 12": PACKED._replace(fewest=12),
        "odds with the points, from 24": proportion._replace(fewest=24),
        "odds with the points, from 12": proportion,
        "odds with the points, even at 400": proportion._replace(even=400),
        "odds with the points, not flattered": proportion._replace(flattered=1.0),
        "odds with the points, power 1.6": proportion._replace(power=1.6),
        "odds even, held-out errors alone": proportion._replace(power_of_points=0),
    }
    for name, rule in rules.items():
        found[name] = lambda cut, rule=rule: with_local(rule.share(cut), cut)
    for share in (1.0, 0.5):
        found[f"{share} net, the rest damped"] = partial(with_net, share)
    others = {"theta": "Theta", "damped": "damped", "drift": "Theta with its whole slope"}
    others |= {"seasonal_naive": "seasonal naive", "net_of_logs": "net on logarithms"}
    for key, name in others.items():
        found[f"0.2 {name}"] = lambda cut, key=key: 0.8 * packed(cut) + 0.2 * cut["errors"][key]
    return found


def mase(errors: Errors) -> float:
    """Mean absolute error; all are in units of seasonal changes."""
    return float(np.abs(errors).mean())


def gain(errors: Errors, others: Errors) -> float:
    """Logarithm of an error over another."""
    ratio = math.log((mase(errors) + _SMALLEST) / (mase(others) + _SMALLEST))
    return float(np.clip(ratio, -_FURTHEST, _FURTHEST))


def mean_gain(cuts: list[Cut], variant: Callable[[Cut], Errors]) -> tuple[float, float]:
    """Mean over units that count alike, and its standard error, nan for one."""
    table = pd.DataFrame(
        {
            "season": [cut["season"] for cut in cuts],
            "unit": [cut["unit"] for cut in cuts],
            "gain": [gain(variant(cut), packed(cut)) for cut in cuts],
        }
    )
    units = table.groupby(["season", "unit"])["gain"].mean()
    if cuts[0]["corpus"] == "M4":
        seasons = units.groupby("season")
        error = math.sqrt((seasons.sem() ** 2).sum()) / len(seasons)
        return float(seasons.mean().mean()), error
    return float(units.mean()), float(units.sem())


def tried(corpora: dict[str, list[Cut]]) -> Iterator[dict[str, object]]:
    """Lines of the second table."""
    groups: dict[str, Callable[[Cut], bool]] = {"all": lambda cut: True}
    for season in (1, 4, 12, 7, 24, 52):
        groups[f"season {season}"] = lambda cut, season=season: cut["season"] == season
    for name, (least, most) in GROUPS.items():
        groups[name] = lambda cut, a=least, b=most: a <= cut["n_points"] < b
    for name, variant in variants().items():
        for group, belongs in groups.items():
            row: dict[str, object] = {"variant": name, "group": group}
            for corpus in ("M4", "choice"):
                some = [cut for cut in corpora[corpus] if belongs(cut)]
                found = mean_gain(some, variant) if some else (math.nan, math.nan)
                row[corpus], row[f"{corpus}, error"] = (f"{value:.4f}" for value in found)
            yield row


def by_set(corpora: dict[str, list[Cut]], baselines: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Lines of the first table; ``baselines`` has those of AutoETS and AutoTheta by set."""
    for corpus, cuts in corpora.items():
        for name in dict.fromkeys(cut["set"] for cut in cuts):
            some = [cut for cut in cuts if cut["set"] == name]
            n_points = int(np.median([cut["n_points"] for cut in some]))
            row: dict[str, object] = {"corpus": corpus, "set": name, "season": some[0]["season"]}
            row |= {"n_cuts": len(some), "median_points": n_points}
            columns = {key: lambda cut, key=key: cut["errors"][key] for key in CANDIDATES}
            columns |= {"no local fit": prior, "packed": packed}
            for key, errors in columns.items():
                row[key] = f"{np.mean([mase(errors(cut)) for cut in some]):.4f}"
            for key in baselines.columns:
                row[key] = f"{baselines[key][name]:.4f}" if name in baselines.index else ""
            yield row


def read(runs: Path) -> dict[str, list[Cut]]:
    """What was kept, with the unit of every cut that counts once."""
    corpora: dict[str, list[Cut]] = {}
    for corpus in CORPORA:
        corpora[corpus] = torch.load(runs / f"corpus-{corpus}.pt", weights_only=True)
        for place, cut in enumerate(corpora[corpus]):
            cut["errors"] = {key: error.numpy() for key, error in cut["errors"].items()}
            cut["corpus"] = corpus
            cut["unit"] = str(place) if corpus == "M4" else cut["set"]
    return corpora


def read_baselines(runs: Path) -> pd.DataFrame:
    """Mean errors of AutoETS and AutoTheta by set (`examples.pretraining.baselines`)."""
    files = [pd.read_csv(runs / f"baselines-{half}.csv") for half in ("choice", "report")]
    return pd.concat(files).groupby("set").mean()


def main() -> None:
    parser = script_parser(__doc__ or "")
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of the forecasts")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the tables")
    args = parser.parse_args()
    corpora = read(args.runs)
    sets = by_set(corpora, read_baselines(args.runs))
    for name, rows in {"beyond": sets, "beyond_tried": tried(corpora)}.items():
        lines = list(rows)
        with (args.out / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, lines[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)


if __name__ == "__main__":
    main()
