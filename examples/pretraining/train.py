"""Train one net of a season; run again, it goes on where it stopped.

``python -m examples.pretraining.train --season 12 --body mlp --width 192 --steps 6000``
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import get_args

import torch
from torch import nn

from examples.command_line import add_data_argument, positive, script_parser
from examples.pretraining.data import Part
from examples.pretraining.recipes import MEMBERS, RECIPES, Member, Recipe
from examples.pretraining.windows import Windows, training_windows
from skscale.pretrained import pinball
from skscale.pretrained._net import QuantileNet

RUNS = Path("pretraining_runs")
BATCH = 512
_SAVE_EVERY = 500


class Run:
    """State of a training run."""

    def __init__(self, recipe: Recipe, member: Member, device: str):
        torch.manual_seed(member.seed)
        self.net = QuantileNet(
            member.context_length, recipe.prediction_length, member.body, member.width
        ).to(device)
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(), lr=member.learning_rate, weight_decay=0.01
        )
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, member.learning_rate, member.n_steps, pct_start=0.2
        )
        self.generator = torch.Generator().manual_seed(member.seed)
        self.step, self.seconds = 0, 0.0

    def state(self) -> dict[str, object]:
        """Everything that `resume` needs."""
        return {
            "net": self.net.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "generator": self.generator.get_state(),
            "step": self.step,
            "seconds": self.seconds,
        }

    def resume(self, state: dict) -> None:
        """Go on from a saved state."""
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["generator"])
        self.step, self.seconds = state["step"], state["seconds"]

    def advance(self, windows: Windows) -> float:
        """Take one step; returns its loss."""
        batch = torch.randint(len(windows.target), (BATCH,), generator=self.generator)
        batch = batch.to(windows.target.device)
        inputs = windows.inputs
        found = self.net(inputs.context[batch], inputs.observed[batch], inputs.textbook[batch])
        loss = pinball(found, windows.target[batch], windows.weight[batch])
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.step += 1
        return float(loss.detach())


def train(recipe: Recipe, member: Member, windows: Windows, path: Path, device: str) -> Run:
    """Train a member to its last step, saving its state on the way."""
    run = Run(recipe, member, device)
    if path.is_file():
        run.resume(torch.load(path, weights_only=True, map_location=device))
    if not member.textbook:
        windows = windows.without_textbook()
    windows, began, total = windows.map(lambda x: x.to(device)), time.process_time(), 0.0
    while run.step < member.n_steps:
        total += run.advance(windows)
        if run.step % _SAVE_EVERY == 0 or run.step == member.n_steps:
            run.seconds += time.process_time() - began
            began = time.process_time()
            print(f"{path.stem}: step {run.step}, loss {total / _SAVE_EVERY:.4f}", flush=True)
            total = 0.0
            torch.save(run.state(), path)
    return run


def main(arguments: list[str] | None = None) -> None:
    parser = script_parser(__doc__ or "")
    add_data_argument(parser)
    parser.add_argument("--season", type=int, choices=RECIPES, required=True)
    parser.add_argument("--body", choices=("sigma", "mlp"), help="all packed nets if left out")
    parser.add_argument("--width", type=positive, default=128)
    parser.add_argument("--context", type=positive, help="points; the recipe's if left out")
    parser.add_argument("--steps", type=positive, default=4000)
    parser.add_argument("--learning-rate", type=float, default=0.003)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--alone", action="store_true", help="without textbook forecasts")
    parser.add_argument(
        "--part",
        choices=get_args(Part),
        default="training",
        help="series to train on; everything, in a folder of its own, serves one table",
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of unfinished work")
    args = parser.parse_args(arguments)
    runs = args.runs / "everything" if args.part == "everything" else args.runs
    runs.mkdir(exist_ok=True, parents=True)
    recipe = RECIPES[args.season]
    windows = training_windows(recipe, args.data, runs, args.part)
    for member in _members(args, recipe):
        path = runs / f"{member.name(recipe.season)}.pt"
        run = train(recipe, member, windows, path, args.device)
        print(f"{path.stem}: {run.seconds:.0f} s", flush=True)


def _members(args: argparse.Namespace, recipe: Recipe) -> tuple[Member, ...]:
    if args.body is None:
        return tuple(m._replace(part=args.part) for m in MEMBERS[recipe.season])
    context, rate = args.context or recipe.context_length, args.learning_rate
    sizes = (args.body, args.width, context, args.steps, args.seed)
    return (Member(*sizes, rate, textbook=not args.alone, part=args.part),)


if __name__ == "__main__":
    main()
