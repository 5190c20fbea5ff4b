"""Training with long contexts: a step of Sigma over L, and its discrete Gaussian over L.

::

    python -m examples.benchmarks.long_context --out docs/results/benchmarks

One channel, batch 8, T = 96. "weights MB" are the network's parameters: its MLP along time holds
L x L numbers by design, so that they grow with the square of L. "Gaussian MB" is what the kernel
and its application to the batch hold beyond their inputs (forward and backward), which is linear
in L; the dense form, which the papers' code takes, is beside it as far as it fits.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn.functional import softplus

from examples.benchmarks.measure import parser, plot, report, turns
from examples.benchmarks.network_forms import Case
from examples.benchmarks.training_step import step_megabytes, training_step
from skscale.nn import SigmaNet
from skscale.ops import apply_symmetric_kernel, discrete_gaussian

LENGTHS = (96, 336, 720, 1_000, 2_000, 4_000, 10_000)
LONGEST_DENSE = 4_000
BATCH, HORIZON = 8, 96


def gaussian(length: int, method: str) -> Callable[[], None]:
    """Forward and backward through the weights and their application to a batch."""
    theta = torch.zeros(length, requires_grad=True)
    x = torch.randn(BATCH, length, requires_grad=True)

    def run() -> None:
        weights = discrete_gaussian(softplus(theta), length)
        apply_symmetric_kernel(weights, x, method).sum().backward()

    return run


def row(length: int) -> dict[str, object]:
    """All figures of one context length."""
    net = SigmaNet(length, HORIZON, 1, d_model=8, d_ff=8)
    step = training_step(net, Case("Sigma", 1, HORIZON, {}), "cpu", (BATCH, length))
    forms = {"step": step, "Gaussian": gaussian(length, "auto")}
    if length <= LONGEST_DENSE:
        forms["dense Gaussian"] = gaussian(length, "dense")
    times = turns(forms, 3 if length > 2_000 else 9)
    weights = sum(p.numel() for p in net.parameters()) * 4 / 2**20
    return {
        "L": length,
        "weights MB": weights,
        **{f"{name} ms": 1e3 * seconds for name, seconds in times.items()},
        **{f"{name} MB": step_megabytes(form, "cpu") for name, form in forms.items()},
    }


def main() -> None:
    """Print and store the table and its plot."""
    options = parser(__doc__).parse_args()
    torch.manual_seed(0)
    rows = [row(length) for length in LENGTHS]
    report("Long contexts", rows, options, "long_context")
    if options.out:
        columns = [
            "step ms",
            "Gaussian ms",
            "dense Gaussian ms",
            "Gaussian MB",
            "dense Gaussian MB",
        ]
        plot(rows, "L", columns, options.out / "long_context.png", log=True)


if __name__ == "__main__":
    main()
