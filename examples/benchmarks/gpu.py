"""Everything that only a GPU can show, in one run of at most eight minutes on one card.

::

    make gpu

The tests marked cuda come first; then training steps beside the plain form, with the ceilings of
the card (Figures 5 and 10 of the Sigma paper; float32, TF32, bfloat16, compiled, captured), whole
fits and a backtest beside the CPU's and the papers' loop, the discrete Gaussian over the length
(Figure 11), and the step of every network. Rows go to ``docs/results/benchmarks/*_cuda.csv``. A
part that fails does not stop the others; what does not fit in the time is left out and named.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import torch

from examples.command_line import script_parser
from examples.paths import RESULTS, ROOT

TABLES = RESULTS / "benchmarks"


def parts(out: Path) -> dict[str, list[str]]:
    """Commands by name, the most needed first."""
    folder, cuda = ("--out", str(out)), ("--device", "cuda")
    return {
        "tests": ["-m", "pytest", "-q", "-m", "cuda", "-n", "6", "-p", "no:cacheprovider", "tests"],
        "utilisation": ["-m", "examples.benchmarks.utilisation", *cuda, *folder],
        "whole": ["-m", "examples.benchmarks.whole", *cuda, *folder, "--repeats", "1"],
        "Gaussian": [
            *("-m", "examples.benchmarks.gaussian", *cuda, "--out", str(out / "gaussian_cuda.csv"))
        ],
        "every network": [
            *("-m", "examples.paper.efficiency", *cuda, *folder),
            *("--dataset", "ETTh1", "Electricity", "Traffic"),
        ],
        "training step": [
            *("-m", "examples.benchmarks.training_step", *cuda),
            *("--out", str(out / "training_step_cuda.csv")),
        ],
    }


def run(commands: dict[str, list[str]], seconds: float) -> dict[str, str]:
    """Run one command after the other; tell how each ended."""
    deadline, ends = perf_counter() + seconds, {}
    for name, command in commands.items():
        started = perf_counter()
        left = deadline - started
        if left <= 0:
            ends[name] = "left out: no time"
            continue
        print(f"\n== {name}", flush=True)
        try:
            code = subprocess.run([sys.executable, *command], cwd=ROOT, timeout=left).returncode
        except subprocess.TimeoutExpired:
            ends[name] = f"stopped after {left:.0f} s"
            continue
        outcome = "passed" if code == 0 else f"failed with {code}"
        ends[name] = f"{outcome} in {perf_counter() - started:.0f} s"
    return ends


def main() -> None:
    """Run all parts and say how they ended."""
    arguments: argparse.ArgumentParser = script_parser(__doc__)
    arguments.add_argument("--seconds", type=float, default=480, help="for all parts together")
    arguments.add_argument("--out", type=Path, default=TABLES, help="folder for the tables")
    options = arguments.parse_args()
    if not torch.cuda.is_available():
        sys.exit("make gpu needs a card that torch finds; this machine has none")
    print(torch.cuda.get_device_name(), torch.__version__, flush=True)
    ends = run(parts(options.out), options.seconds)
    print("\n" + "\n".join(f"{name}: {end}" for name, end in ends.items()))
    sys.exit(any(not end.startswith("passed") for end in ends.values()))


if __name__ == "__main__":
    main()
