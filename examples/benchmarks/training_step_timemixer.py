"""Time and peak memory of a TimeMixer training step against the model's plain form.

7 channels, d_model 16, two blocks, three down-sampling layers, batch 32, context 96; a step is
forward, backward and Adam. Both forms take turns in one run, and medians are compared.
Run from the repository root: ``python examples/benchmarks/training_step_timemixer.py``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from torch.nn import functional as F
from torch.profiler import ProfilerActivity, profile

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "nn"))

from reference_timemixer import timemixer

from skscale.nn import TimeMixerNet
from skscale.persistence._timemixer import timemixer_official_names

BATCH, CONTEXT, CHANNELS = 32, 96, 7
CONFIG = {
    "pred_len": 0,  # set per run
    "e_layers": 2,
    "channel_independence": 1,
    "down_sampling_layers": 3,
    "down_sampling_window": 2,
    "down_sampling_method": "avg",
    "moving_avg": 25,
    "use_norm": 1,
    "use_future_temporal_feature": 0,
}


def training_steps(prediction_length: int) -> dict[str, Callable[[], None]]:
    """Return the training step of the plain and of the fast form, same weights and data."""
    torch.manual_seed(0)
    net = TimeMixerNet(CONTEXT, prediction_length, CHANNELS, dropout=0.0)
    names = timemixer_official_names(net)
    params = {
        names[name]: value.detach().clone().requires_grad_()
        for name, value in net.named_parameters()
    }
    config = CONFIG | {"pred_len": prediction_length}
    x = torch.randn(BATCH, CONTEXT, CHANNELS)
    y = torch.randn(BATCH, prediction_length, CHANNELS)
    return {
        "plain": _step(lambda: timemixer(params, config, x), y, list(params.values())),
        "fast": _step(lambda: net(x), y, list(net.parameters())),
    }


def _step(forward: Callable[[], torch.Tensor], y: torch.Tensor, params: list[torch.Tensor]):
    optimizer = torch.optim.Adam(params, lr=1e-3)

    def step() -> None:
        optimizer.zero_grad()
        F.mse_loss(forward(), y).backward()
        optimizer.step()

    return step


def peak_memory(step: Callable[[], None]) -> int:
    """Return the largest number of bytes allocated by torch at once within a step."""
    step()  # the optimiser's state is allocated in the first step
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step()
    held = largest = 0
    for event in profiler.profiler.kineto_results.events():
        if event.name() == "[memory]":
            held += event.nbytes()
            largest = max(largest, held)
    return largest


def median_times(steps: dict[str, Callable[[], None]], repeats: int) -> dict[str, float]:
    """Return the median seconds of each step, taken in turns."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(repeats + 2):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            times[name].append(time.perf_counter() - start)
    return {name: median(values[2:]) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=30)
    repeats = parser.parse_args().repeats
    print(f"{'T':>4} {'plain ms':>9} {'fast ms':>9} {'faster':>7} {'plain MB':>9} {'fast MB':>8}")
    for prediction_length in (96, 720):
        steps = training_steps(prediction_length)
        times = median_times(steps, repeats)
        memory = {name: peak_memory(step) / 2**20 for name, step in steps.items()}
        faster = times["plain"] / times["fast"]
        print(
            f"{prediction_length:>4} {times['plain'] * 1e3:>9.1f} {times['fast'] * 1e3:>9.1f} "
            f"{faster:>6.2f}x {memory['plain']:>9.1f} {memory['fast']:>8.1f}"
        )


if __name__ == "__main__":
    main()
