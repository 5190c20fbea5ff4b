"""One net for all seasons, which is told the season, beside the packed nets of one season each.

``python -m examples.pretraining.told`` trains a net for each width, as many steps as all packed
nets together, every batch from one season, and scores all on the choice series. Contexts,
textbook forecasts and targets are padded to the longest; the season is one of eight further
inputs.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from examples.command_line import add_data_argument, positive, script_parser
from examples.paths import RESULTS
from examples.pretraining.choices import Choice
from examples.pretraining.data import FREQUENCIES
from examples.pretraining.recipes import MEMBERS, RECIPES
from examples.pretraining.train import BATCH, RUNS
from examples.pretraining.windows import Windows, training_windows
from skscale.pretrained import load, pinball
from skscale.pretrained._net import QUANTILES, Inputs, QuantileNet

OUT = RESULTS / "pretraining" / "told.csv"
SEASONS = tuple(RECIPES)
CONTEXT = max(recipe.context_length for recipe in RECIPES.values())
HORIZON = max(recipe.prediction_length for recipe in RECIPES.values())
STEPS = sum(member.n_steps for members in MEMBERS.values() for member in members)
RATE = 0.003
MEDIAN = QUANTILES.index(0.5)


def told(inputs: Inputs, season: int) -> tuple[Tensor, Tensor, Tensor]:
    """What a net of `CONTEXT` and `HORIZON` sees: padded, the season in front."""
    n_rows = len(inputs.context)
    which = torch.zeros(n_rows, len(SEASONS))
    which[:, SEASONS.index(season)] = 1.0
    missing = CONTEXT - inputs.context.shape[1]
    context = torch.cat((which, pad(inputs.context, (missing, 0))), 1)
    observed = torch.cat((torch.ones_like(which), pad(inputs.observed, (missing, 0))), 1)
    later = HORIZON - inputs.textbook.shape[2]
    textbook = torch.cat((inputs.textbook, inputs.textbook[:, :, -1:].expand(-1, -1, later)), 2)
    return context, observed, textbook


def train(width: int, windows: Mapping[int, Windows], steps: int, seed: int) -> QuantileNet:
    """Train one net, each batch from a season that is drawn."""
    torch.manual_seed(seed)
    net = QuantileNet(len(SEASONS) + CONTEXT, HORIZON, "mlp", width)
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.2)
    share = torch.tensor([sum(m.n_steps for m in MEMBERS[s]) for s in windows], dtype=torch.float)
    for _ in range(steps):
        season = list(windows)[int(torch.multinomial(share, 1))]
        own = windows[season]
        batch = torch.randint(len(own.target), (BATCH,))
        own = own.map(lambda tensor, batch=batch: tensor[batch])
        found = net(*told(own.inputs, season))[:, : own.target.shape[1]]
        optimizer.zero_grad()
        pinball(found, own.target, own.weight).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return net.eval()


@torch.no_grad()
def rows(nets: Mapping[str, QuantileNet], data: Path) -> Iterator[dict[str, object]]:
    """Error and coverage of every net, and of the packed one, on the choice series."""
    for name in FREQUENCIES:
        choice = Choice.load(name, data)
        inputs = choice.windows.inputs
        found = {k: net(*told(inputs, choice.season)) for k, net in nets.items()}
        packed = load(f"seasonal-{choice.season}")
        found["packed"] = packed.scaled(*inputs[:3])
        for key, quantiles in found.items():
            yield {
                "frequency": name,
                "net": key,
                "mase": f"{choice.errors(quantiles[..., MEDIAN]).mean():.4f}",
                "coverage_90": f"{choice.coverage(quantiles, 0.9):.3f}",
                "parameters": sum(p.numel() for p in {**nets, "packed": packed}[key].parameters()),
            }


def main(arguments: list[str] | None = None) -> None:
    """Train, score and write the table."""
    parser: argparse.ArgumentParser = script_parser(__doc__ or "")
    add_data_argument(parser)
    parser.add_argument("--width", type=positive, nargs="+", default=[160, 320])
    parser.add_argument("--steps", type=positive, default=STEPS)
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of the windows")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(arguments)
    args.runs.mkdir(exist_ok=True, parents=True)
    windows = {s: training_windows(r, args.data, args.runs) for s, r in RECIPES.items()}
    nets = {}
    for width in args.width:
        began = time.process_time()
        nets[f"told, {width} wide"] = train(width, windows, args.steps, seed=0)
        print(f"{width} wide: {time.process_time() - began:.0f} s", flush=True)
    found = list(rows(nets, args.data))
    with args.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    print(*(", ".join(map(str, row.values())) for row in found), sep="\n")


if __name__ == "__main__":
    main()
