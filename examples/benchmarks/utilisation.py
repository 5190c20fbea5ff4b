"""Training steps of Figures 5 and 10 of the Sigma paper, and what the chip could do at most.

::

    python -m examples.benchmarks.utilisation --device cuda --out docs/results/benchmarks

ETTh1's 7 channels and 321 and 862 random ones, T = 720, batch 32, beside the plain form in one
run. The ceilings are measured first: copying a large tensor, multiplying large matrices.
"arithmetic" is the share of the second that a step's matrix products reach. On a CPU the same
script runs, on a GPU it also runs in TF32, in bfloat16, compiled, and captured as `train` captures
its steps: forward and backward pass as one CUDA graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import nn

from examples.benchmarks.measure import gigaflops, parser, report, turns
from examples.benchmarks.network_forms import JOINT, Case, sigma_forms
from examples.benchmarks.training_step import (
    captured_step,
    medians,
    step_megabytes,
    training_step,
)

CASES = (
    Case("Sigma", 7, 720, {"d_model": 32, "d_ff": 16}),
    Case("Sigma", 321, 720, {"d_model": 16, "d_ff": 32, **JOINT}),
    Case("Sigma", 862, 720, {"d_model": 16, "d_ff": 32, **JOINT}),
)


def ceilings(device: str) -> tuple[float, float]:
    """Gigabytes copied (read and written) and billions of float32 operations per second."""
    size = 4096 if device != "cpu" else 2048
    a, b = torch.randn(2, size, size, device=device)
    source = torch.randn(2**26, device=device)
    target = torch.empty_like(source)

    def finished(work: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            work()
            if device != "cpu":
                torch.cuda.synchronize()

        return run

    forms = {"copy": finished(lambda: target.copy_(source)), "product": finished(lambda: a @ b)}
    seconds = turns(forms, repeats=7)
    return 2 * source.nbytes / seconds["copy"] / 1e9, 2 * size**3 / seconds["product"] / 1e9


class InBfloat16(nn.Module):
    """A network whose forward pass runs under autocast."""

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Forecast in float32."""
        with torch.autocast(x.device.type, torch.bfloat16):
            return self.net(x).float()


def in_tf32(step: Callable[[], None]) -> Callable[[], None]:
    """Let matrix products round their factors to TF32 for the length of a step."""

    def run() -> None:
        torch.set_float32_matmul_precision("high")
        try:
            step()
        finally:
            torch.set_float32_matmul_precision("highest")

    return run


def rows(device: str, repeats: int, speed: float) -> Iterator[dict[str, object]]:
    """Measure every case."""
    for case in CASES:
        torch.manual_seed(0)
        plain, fast = sigma_forms(case, 0.0)
        nets: dict[str, nn.Module] = {"plain": plain, "fast": fast}
        if device != "cpu":
            compiled = torch.compile(fast, mode="reduce-overhead")
            nets |= {"bf16": InBfloat16(fast), "compiled": compiled}
        steps = {name: training_step(net, case, device) for name, net in nets.items()}
        if device != "cpu":
            steps["tf32"] = in_tf32(steps["fast"])
            steps["captured"] = captured_step(fast, case, device)
        times = medians(steps, repeats if case.channels < 100 else max(1, repeats // 10))
        work = gigaflops(steps["fast"])
        memory = {n: step_megabytes(steps[n], device) for n in ("plain", "fast")}
        yield {
            "channels": case.channels,
            **{f"{name} ms": value for name, value in times.items()},
            "faster": times["plain"] / times["fast"],
            **{f"{name} MB": value for name, value in memory.items()},
            "GFLOP": work,
            "arithmetic": 1e3 * work / times["fast"] / speed,
        }


def main() -> None:
    """Print and store the table."""
    arguments = parser(__doc__)
    arguments.add_argument("--device", default="cpu")
    arguments.add_argument("--repeats", type=int, default=20)
    options = arguments.parse_args()
    bandwidth, speed = ceilings(options.device)
    found = [{"copy GB/s": bandwidth, "float32 GFLOP/s": speed}]
    report(f"Ceilings of {options.device}", found, options, f"ceilings_{options.device}")
    table = list(rows(options.device, options.repeats, speed))
    report("Training step, T = 720", table, options, f"utilisation_{options.device}")


if __name__ == "__main__":
    main()
