"""Time and peak memory of one training step, package against plain form, in one run.

A step is forward, backward and Adam, batch 32, context 96. The plain forms are the references
of the tests: the papers' algorithms as written. Forms take turns, and medians are compared;
"flushed" is the plain form with denormal numbers treated as zero. Memory is the most that
torch held at once beyond what it held before the step.

::

    python -m examples.benchmarks.training_step --out docs/results/benchmarks/training_step.csv
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import pandas as pd
import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.profiler import ProfilerActivity, profile

from examples.benchmarks.network_forms import BATCH, CASES, CONTEXT, FORMS, Case
from skscale.training.capture import CapturedWork
from skscale.training.optimizer import Adam, Rates
from skscale.training.randomness import OwnNumbers


def training_step(
    net: nn.Module, case: Case, device: str, shape: tuple[int, int] = (BATCH, CONTEXT)
) -> Callable[[], None]:
    """Forward, backward and Adam on fixed data of ``shape`` (batch, context length)."""
    net = net.to(device).train()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
    x = torch.randn(*shape, case.channels, device=device)
    y = torch.randn(shape[0], case.horizon, case.channels, device=device)

    def step() -> None:
        optimizer.zero_grad()
        mse_loss(net(x), y).backward()
        optimizer.step()
        if device != "cpu":
            torch.cuda.synchronize()

    return step


def captured_step(net: nn.Module, case: Case, device: str) -> Callable[[], None]:
    """Return the same as `train` does it on a card: a CUDA graph where the network allows one."""
    net = net.to(device).train()
    optimizer = Adam(net.parameters())
    x = torch.randn(BATCH, CONTEXT, case.channels, device=device)
    y = torch.randn(BATCH, case.horizon, case.channels, device=device)
    index = torch.arange(BATCH, device=device)
    numbers = OwnNumbers(0)

    def gradients(index: torch.Tensor) -> torch.Tensor:
        loss = mse_loss(net(x[index]), y[index])
        loss.backward()
        return loss.detach()

    work = CapturedWork(gradients, optimizer.parameters, numbers, print)

    def step() -> None:
        optimizer.zero_grad()
        with numbers:
            work(index)
        optimizer.step(Rates(1e-3))
        torch.cuda.synchronize()

    for _ in range(3):  # until it is recorded
        step()
    return step


def medians(steps: dict[str, Callable[[], None]], repeats: int) -> dict[str, float]:
    """Median milliseconds of each step, taken in turns; "flushed" runs without denormals."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(repeats + 2):
        for name, step in steps.items():
            torch.set_flush_denormal(name == "flushed")
            started = perf_counter()
            step()
            times[name].append((perf_counter() - started) * 1e3)
    torch.set_flush_denormal(False)
    return {name: median(values[2:]) for name, values in times.items()}


def step_megabytes(step: Callable[[], None], device: str) -> float:
    """Most memory held by torch within a step beyond what it held before."""
    step()  # the optimiser's state is allocated in the first step
    if device != "cpu":
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        step()
        return (torch.cuda.max_memory_allocated() - before) / 2**20
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step()
    held = highest = 0
    for event in profiler.profiler.kineto_results.events():
        if event.name() == "[memory]":
            held += event.nbytes()
            highest = max(highest, held)
    return highest / 2**20


def rows(options: argparse.Namespace) -> Iterator[dict[str, object]]:
    """Measure every case."""
    for case in CASES:
        if case.model not in options.models:
            continue
        torch.manual_seed(0)
        plain, fast = FORMS[case.model](case, options.dropout)
        steps = {
            name: training_step(net, case, options.device)
            for name, net in {"plain": plain, "flushed": plain, "fast": fast}.items()
        }
        repeats = max(3, options.repeats // 10) if case.slow else options.repeats
        times = medians(steps, repeats)
        memory = {n: step_megabytes(steps[n], options.device) for n in ("plain", "fast")}
        yield {
            "model": case.model,
            "channels": case.channels,
            "d_model": case.options.get("d_model"),
            "options": ", ".join(f"{name} {value}" for name, value in case.options.items()),
            "T": case.horizon,
            **{f"{name} ms": value for name, value in times.items()},
            "faster": times["plain"] / times["fast"],
            "than flushed": times["flushed"] / times["fast"],
            **{f"{name} MB": value for name, value in memory.items()},
            "memory": memory["fast"] / memory["plain"],
        }


def main() -> None:
    """Print and store the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", nargs="+", choices=FORMS, default=list(FORMS), metavar="name")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    table = pd.DataFrame(rows(options))
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {options.device}")
    print(table.round(2).to_string(index=False))
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(options.out, index=False, float_format="%.3f")


if __name__ == "__main__":
    main()
