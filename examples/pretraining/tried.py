"""Table of what was tried, on the choice series: `docs/results/pretraining/tried.csv`.

``python -m examples.pretraining.tried`` scores textbook methods, every finished run, the packed
average, and blends. Errors are MASE as in the competition; ``mase_some`` is over the series that
AutoETS and AutoTheta were run on (`examples.pretraining.baselines`), ``mase`` over all.
"""

from __future__ import annotations

import csv
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from examples.command_line import add_data_argument, script_parser
from examples.paths import RESULTS
from examples.pretraining.choices import Choice, trained
from examples.pretraining.data import FREQUENCIES
from examples.pretraining.recipes import MEMBERS, Member
from examples.pretraining.train import RUNS
from skscale.pretrained import shares
from skscale.pretrained._net import QUANTILES

OUT = RESULTS / "pretraining" / "tried.csv"
MEDIAN = QUANTILES.index(0.5)
COLUMNS = (
    "frequency",
    "candidate",
    "mase",
    "mase_some",
    "coverage_90",
    "parameters",
    "training_seconds",
    "milliseconds_a_series",
)


class Tried(NamedTuple):
    """One candidate's scaled forecasts, or its errors on some series, and its cost."""

    name: str
    forecast: Tensor
    coverage: float | None = None
    parameters: int | None = None
    training_seconds: float | None = None
    milliseconds: float | None = None


def member_of(path: Path) -> Member:
    """What a run trains, from the name of its file."""
    pattern = (
        r"\d+-([a-z]+)(\d+)-context(\d+)-steps(\d+)-seed(\d+)(-alone)?(?:-(blind|everything))?"
    )
    found = re.fullmatch(pattern, path.stem)
    if found is None:
        raise ValueError(f"{path} is not the name of a run")
    body, *numbers, alone, part = found.groups()
    width, context, steps, seed = map(int, numbers)
    sizes = (body, width, context, steps, seed)
    return Member(*sizes, textbook=alone is None, part=part or "training")


def textbook(choice: Choice) -> Iterator[Tried]:
    """Naive forecasts, Theta line and damped line."""
    inputs = choice.windows.inputs
    n, _, horizon = inputs.textbook.shape
    yield Tried("last value", torch.zeros(n, horizon))
    season = min(choice.season, inputs.context.shape[1])
    steps = torch.arange(horizon) % season
    seen = inputs.observed[:, -season, None] > 0
    yield Tried("seasonal naive", inputs.context[:, -season:][:, steps] * seen)
    theta, damped = inputs.textbook.unbind(1)
    yield Tried("Theta line", theta)
    yield Tried("damped line", damped)
    yield Tried("half Theta, half damped", (theta + damped) / 2)


def nets(choice: Choice, runs: Path) -> Iterator[Tried]:
    """Every finished run of the season, averages over seeds, and the average that is packed."""
    packed, seeds = [], defaultdict(list)
    for path in sorted(runs.glob(f"{choice.season}-*.pt")):
        member = member_of(path)
        try:
            net, seconds = trained(member, choice.season, runs)
        except FileNotFoundError:
            continue
        began = time.process_time()
        found = choice.quantiles(net, member)
        cost = 1e3 * (time.process_time() - began) / len(found)
        if any(member.name(0) == m.name(0) for m in MEMBERS[choice.season]):
            packed.append(found)
        seeds[member._replace(seed=0)].append(found)
        size = sum(p.numel() for p in net.parameters())
        name = path.stem.partition("-")[2]
        yield Tried(name, found[..., MEDIAN], choice.coverage(found, 0.9), size, seconds, cost)
    for member, some in seeds.items():
        if len(some) > 1:
            mean = torch.stack(some).mean(0)
            name = f"{member.name(choice.season).partition('-')[2]}, mean of {len(some)} seeds"
            yield Tried(name, mean[..., MEDIAN], choice.coverage(mean, 0.9))
            yield mixed(choice, mean[..., MEDIAN])._replace(name=f"{name}, shares")
    if packed:
        mean = torch.stack(packed).mean(0)
        yield Tried("packed", mean[..., MEDIAN], choice.coverage(mean, 0.9))


def mixed(choice: Choice, packed: Tensor) -> Tried:
    """The packed average and textbook forecasts, mixed as `skscale.pretrained.shares` says."""
    found = {tried.name: tried.forecast for tried in textbook(choice)}
    found = {"damped": found["damped line"], "seasonal_naive": found["seasonal naive"]}
    found["net"] = packed
    rows = []
    for place, n_points in enumerate(choice.lengths.tolist()):
        told = shares(choice.season, n_points)
        rows.append(torch.stack([v * found[name][place] for name, v in told.items()]).sum(0))
    return Tried("packed, shares", torch.stack(rows))


def blends(choice: Choice, packed: Tensor) -> Iterator[Tried]:
    """The packed average with some of a textbook forecast, or drawn to the last value."""
    theta, damped = choice.windows.inputs.textbook.unbind(1)
    for share in (0.1, 0.25, 0.5):
        yield Tried(f"packed, {share} Theta", (1 - share) * packed + share * theta)
        yield Tried(f"packed, {share} damped", (1 - share) * packed + share * damped)
        yield Tried(f"packed, {share} last value", (1 - share) * packed)


def blind_blends(choice: Choice, found: list[Tried]) -> Iterator[Tried]:
    """Runs that are blind to the time of the targets, with some of the damped line."""
    damped = choice.windows.inputs.textbook[:, 1]
    for tried in found:
        if tried.name.endswith("-blind"):
            for share in (0.2, 0.3, 0.4, 0.5):
                forecast = (1 - share) * tried.forecast + share * damped
                yield Tried(f"{tried.name}, {share} damped", forecast)


def rows(choice: Choice, runs: Path) -> Iterator[dict[str, object]]:
    """Lines of the table for one frequency."""
    tried = [*textbook(choice), *nets(choice, runs)]
    if tried[-1].name == "packed":
        packed = tried[-1].forecast
        tried += [mixed(choice, packed), *blends(choice, packed), *blind_blends(choice, tried)]
    path = runs / f"baselines-{choice.frequency}.npz"
    some = np.arange(len(choice.numbers))
    if path.is_file():
        saved = np.load(path)
        some = np.flatnonzero(np.isin(choice.numbers, saved["ids"]))
        place = np.searchsorted(saved["ids"], choice.numbers[some])
        for key, name in {"ets": "AutoETS", "theta": "AutoTheta"}.items():
            forecast = torch.full_like(choice.windows.target, torch.nan)
            whole = np.zeros((len(choice.numbers), saved[key].shape[1]))
            whole[some] = saved[key][place]
            forecast[some] = choice.scaled(whole)[some]
            milliseconds = 1e3 * float(saved[f"t_{key}"])
            tried.append(Tried(name, forecast, milliseconds=milliseconds))
    for t in tried:
        errors = choice.errors(t.forecast)
        values = (errors.mean(), errors[some].mean(), t.coverage, t.parameters)
        values += (t.training_seconds, t.milliseconds)
        formats = ("{:.4f}", "{:.4f}", "{:.3f}", "{}", "{:.0f}", "{:.2f}")
        cells = [
            "" if v is None or v != v else f.format(v) for f, v in zip(formats, values, strict=True)
        ]
        yield dict(zip(COLUMNS, (choice.frequency, t.name, *cells), strict=True))


def main() -> None:
    parser = script_parser(__doc__ or "")
    add_data_argument(parser)
    parser.add_argument("--runs", type=Path, default=RUNS, help="folder of finished runs")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with args.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for frequency in FREQUENCIES:
            writer.writerows(rows(Choice.load(frequency, args.data), args.runs))


if __name__ == "__main__":
    main()
