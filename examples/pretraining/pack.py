"""Put trained nets into the package: float16 weights and a card for each season.

``python -m examples.pretraining.pack`` after ``examples.pretraining.train`` of every season.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from examples.command_line import add_data_argument, script_parser
from examples.paths import ROOT
from examples.pretraining.choices import Choice, trained
from examples.pretraining.data import FREQUENCIES
from examples.pretraining.recipes import MEMBERS, RECIPES, Recipe
from examples.pretraining.train import RUNS
from skscale.pretrained._files import FORMAT
from skscale.pretrained._net import QUANTILES, QuantileNet

WEIGHTS = ROOT / "skscale" / "pretrained" / "weights"
LICENCE = (
    "M4 competition's training files: free for research, published by the competition's "
    "organisers without a licence file; taken from a package under the MIT licence. The weights "
    "come with skscale, under its BSD-3-Clause licence."
)
LEFT_OUT = "M4 series numbered 7 modulo 10 (final tests) and 3 modulo 10 (choices); all test files"


def rounded(nets: list[QuantileNet]) -> dict[str, Tensor]:
    """Weights of all nets in float16, named as in the average that is loaded."""
    state = nn.ModuleDict({"members": nn.ModuleList(nets)}).state_dict()
    return {name: tensor.half().contiguous() for name, tensor in state.items()}


def scores(season: int, nets: list[QuantileNet], data: Path) -> dict[str, dict[str, float]]:
    """MASE and coverage on the choice series of the frequency with that season, if there is."""
    found = {}
    for frequency in FREQUENCIES.values():
        if frequency.season == season:
            choice = Choice.load(frequency.name, data)
            quantiles = torch.stack(
                [choice.quantiles(net, m) for net, m in zip(nets, MEMBERS[season], strict=True)]
            ).mean(0)
            found[f"M4 {frequency.name}, choice series"] = {
                "n_series": len(choice.numbers),
                "mase": round(float(choice.errors(quantiles[..., 6]).mean()), 4),
                "coverage_90": round(choice.coverage(quantiles, 0.9), 3),
                "coverage_80": round(choice.coverage(quantiles, 0.8), 3),
            }
    return found


def pack(recipe: Recipe, data: Path, runs: Path) -> str:
    """Write weights and card of a season; returns a line about them."""
    members = MEMBERS[recipe.season]
    nets, seconds = zip(*(trained(m, recipe.season, runs) for m in members), strict=True)
    weights = rounded(list(nets))
    for number, net in enumerate(nets):  # scored as loaded, from float16
        prefix = f"members.{number}."
        net.load_state_dict(
            {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}
        )
    content = safetensors.torch.save(weights)
    name = f"seasonal-{recipe.season}"
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    card = {
        "format": FORMAT,
        "name": name,
        "season": recipe.season,
        "context_length": recipe.context_length,
        "history_length": recipe.history_length,
        "prediction_length": recipe.prediction_length,
        "quantiles": QUANTILES,
        "members": [
            {
                "body": m.body,
                "width": m.width,
                "context_length": m.context_length,
                "steps": m.n_steps,
                "seed": m.seed,
                "training_seconds": round(s),
            }
            for m, s in zip(members, seconds, strict=True)
        ],
        "data": {
            "series": [
                f"M4 {s.frequency}, training file, season {s.season}, {s.share:.0%} of windows"
                for s in recipe.sources
            ],
            "synthetic": f"{1 - sum(s.share for s in recipe.sources):.0%} of windows from priors",
            "licence": LICENCE,
            "left_out": LEFT_OUT,
        },
        "commit": commit.stdout.strip(),
        "scores": scores(recipe.season, list(nets), data),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    WEIGHTS.mkdir(exist_ok=True)
    (WEIGHTS / f"{name}.safetensors").write_bytes(content)
    (WEIGHTS / f"{name}.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return f"{name}: {len(content) / 1e3:.0f} kB, {card['scores']}"


def main() -> None:
    parser = script_parser(__doc__ or "")
    add_data_argument(parser)
    parser.add_argument("--season", type=int, choices=RECIPES, help="all if left out")
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of finished runs")
    args = parser.parse_args()
    for season in [args.season] if args.season is not None else sorted(RECIPES):
        print(pack(RECIPES[season], args.data, args.runs), flush=True)


if __name__ == "__main__":
    main()
