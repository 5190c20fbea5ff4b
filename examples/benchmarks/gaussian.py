"""Cost of applying the discrete Gaussian: dense, truncated and FFT over the length (Figure 11).

Forward and backward on 224 series (7 channels, batch 32) at Sigma's initial scales; fewer
series for long ones. The crossovers in `skscale.ops.kernels` follow from this table.

::

    python -m examples.benchmarks.gaussian --out docs/results/benchmarks/gaussian.csv
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median
from time import perf_counter

import pandas as pd
import torch
from torch.nn.functional import softplus

from examples.benchmarks.training_step import step_megabytes
from skscale.ops import apply_symmetric_kernel, discrete_gaussian

LENGTHS = (96, 192, 256, 336, 720, 1024, 2048, 10_000, 100_000)
METHODS = ("dense", "truncated", "fft")
LONGEST_DENSE = 4096


def measure(length: int, method: str, repeats: int, device: str) -> tuple[float, float]:
    """Median milliseconds and peak megabytes of one forward and backward pass."""
    n_series = max(2, min(224, 2_000_000 // length))
    theta = torch.zeros(length, device=device, requires_grad=True)
    x = torch.randn(n_series, length, device=device, requires_grad=True)

    def step() -> None:
        weights = discrete_gaussian(softplus(theta), length)
        apply_symmetric_kernel(weights, x, method).sum().backward()
        if device != "cpu":
            torch.cuda.synchronize()

    times = []
    for _ in range(repeats + 2):
        started = perf_counter()
        step()
        times.append((perf_counter() - started) * 1e3)
    return median(times[2:]), step_megabytes(step, device)


def main() -> None:
    """Print and store the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = {}
    for length in LENGTHS:
        row = rows[length] = {}
        for method in METHODS:
            if method == "dense" and length > LONGEST_DENSE:
                continue
            time, memory = measure(length, method, options.repeats, options.device)
            row[f"{method} ms"], row[f"{method} MB"] = time, memory
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("L")
    print(table.round(2).to_string())
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(options.out, float_format="%.3f")


if __name__ == "__main__":
    main()
