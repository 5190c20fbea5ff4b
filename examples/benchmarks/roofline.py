"""The least time that a training step's operations take on this machine, and what it takes.

Every operation of a step is counted with the bytes that it reads and writes and, for products,
its operations. Matrix products take at least what a large product of the same operations would,
GELUs and their derivatives what they take for a large tensor, all others what a copy of the same
bytes takes. "bound" is the sum of these ceilings, each measured before; "of bound" is what the
step takes in units of it. A tensor that stays in the cache costs less than its copy in memory, a
small product more than its share of a large one. ::

    OMP_NUM_THREADS=1 python -m examples.benchmarks.roofline --out docs/results/benchmarks
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import torch
from torch.nn.functional import gelu
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

from examples.benchmarks.measure import gigaflops, parser, report, turns
from examples.benchmarks.network_forms import CASES, FORMS
from examples.benchmarks.training_step import medians, training_step

MODELS = ("Sigma", "TimeMixer")
PRODUCTS = ("mm", "bmm", "addmm", "addmm_", "baddbmm", "convolution", "convolution_backward")
# They return what they were given, or make a tensor without writing to it.
FREE = ("view", "_unsafe_view", "reshape", "t", "transpose", "permute", "expand", "as_strided")
FREE += ("unsqueeze", "squeeze", "slice", "select", "detach", "alias", "unbind", "split")
FREE += ("split_with_sizes", "empty", "empty_like", "empty_strided", "new_empty", "lift_fresh")


class Counted(TorchDispatchMode):
    """Billions of GELUs, and of bytes that all but products and GELUs move, of what runs inside."""

    def __init__(self):
        super().__init__()
        self.found: Counter[str] = Counter()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        """Run an operation and note what it needs."""
        out = function(*args, **(kwargs or {}))
        name = function.overloadpacket.__name__
        if name.startswith("gelu"):
            self.found["GELU"] += args[0].numel() / 1e9
        elif name not in PRODUCTS + FREE:
            moved = [*_tensors(args), *_tensors(kwargs), *_tensors(out)]
            self.found["traffic"] += sum(t.numel() * t.element_size() for t in moved) / 1e9
        return out


def _tensors(values: object) -> list[torch.Tensor]:
    return [value for value in tree_iter(values) if isinstance(value, torch.Tensor)]


def ceilings() -> dict[str, float]:
    """Billions of each kind that this machine does in a second, in large pieces."""
    a, b = torch.randn(2, 2048, 2048)
    wide = torch.randn(2**22)
    slope, target = torch.ones_like(wide), torch.empty_like(wide)
    forms: Mapping[str, Callable[[], object]] = {
        "products": lambda: a @ b,
        "GELU": lambda: torch.ops.aten.gelu_backward(slope, gelu(wide)),
        "traffic": lambda: target.copy_(wide),
    }
    seconds = turns(forms, repeats=9)
    work = {"products": 2 * 2048**3, "GELU": 2 * 2**22, "traffic": 2 * wide.nbytes}
    return {name: amount / seconds[name] / 1e9 for name, amount in work.items()}


def rows(repeats: int, speeds: dict[str, float]) -> Iterator[dict[str, object]]:
    """Bound and time of every case."""
    for case in CASES:
        if case.model not in MODELS:
            continue
        torch.manual_seed(0)
        step = training_step(FORMS[case.model](case, 0.0)[1], case, "cpu")
        step()
        with Counted() as counted:
            step()
        work = {"products": gigaflops(step), **counted.found}
        least = {name: 1e3 * work[name] / speed for name, speed in speeds.items()}
        bound = sum(least.values())
        taken = medians({"fast": step}, 2 if case.slow else repeats)["fast"]
        yield {
            **{"model": case.model, "channels": case.channels, "T": case.horizon},
            **{"GFLOP": work["products"], "GB": work["traffic"]},
            **{f"{name} ms": value for name, value in least.items()},
            **{"bound ms": bound, "step ms": taken, "of bound": taken / bound},
        }


def main() -> None:
    """Print and store the tables."""
    arguments = parser(__doc__)
    arguments.add_argument("--repeats", type=int, default=20)
    options = arguments.parse_args()
    speeds = ceilings()
    shown = [{f"{name} G/s": value for name, value in speeds.items()}]
    report("Ceilings", shown, options, "roofline_ceilings")
    report("Training step", list(rows(options.repeats, speeds)), options, "roofline")


if __name__ == "__main__":
    main()
