"""Speed and memory of every scaling operator beside plain expressions for the same numbers.

    python -m examples.benchmarks.operators

10,000 series of 720 points in float32, all in one run: for each operator the median time of
``transform``, the median of the fastest plain torch, NumPy, SciPy or PyWavelets expression,
their ratio, and the peak memory that ``transform`` adds, in copies of the input. Candidates
whose numbers differ from the operator's by more than 1e-5 of the largest value are refused:
float32 running sums over a series far from zero are fast, but not the same numbers. The
expressions are called without any check of their input; the operators check for nan, for
infinity and for the right length.
"""

import argparse
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pywt
import scipy.ndimage
import scipy.signal
import torch
from torch.nn.functional import avg_pool1d, conv1d, max_pool1d, pad

from skscale.operators import (
    AveragePooling,
    ContinuousScale,
    WaveletApproximation,
    all_operators,
)
from skscale.ops import bump_weights, discrete_gaussian, kernel_half_width, toeplitz

N_SERIES, N_TIMEPOINTS = 10_000, 720


def series() -> np.ndarray:
    """Load curves, roughly: a level of 20 with noise of 5."""
    rng = np.random.default_rng(0)
    return rng.normal(20, 5, size=(N_SERIES, N_TIMEPOINTS)).astype(np.float32)


def pooling(x: np.ndarray, s: int) -> dict[str, dict[str, Callable]]:
    t = torch.from_numpy(x)
    weights = torch.full((s,), 1 / s)
    n = N_TIMEPOINTS // s
    return {
        "AveragePooling": {
            "numpy reshape.mean": lambda: x.reshape(len(x), -1, s).mean(-1),
            "numpy add.reduceat": lambda: np.add.reduceat(x, np.arange(0, n * s, s), 1) / s,
            "torch unflatten.mean": lambda: t.unflatten(-1, (-1, s)).mean(-1),
            "torch avg_pool1d": lambda: avg_pool1d(t, s),
            "torch reshape @ weights": lambda: t.view(len(x), -1, s) @ weights,
        },
        "MaxPooling": {
            "numpy maximum.reduceat": lambda: np.maximum.reduceat(x, np.arange(0, n * s, s), 1),
            "torch unflatten.amax": lambda: t.unflatten(-1, (-1, s)).amax(-1),
            "torch max_pool1d": lambda: max_pool1d(t, s),
        },
        "MinPooling": {
            "numpy minimum.reduceat": lambda: np.minimum.reduceat(x, np.arange(0, n * s, s), 1),
            "torch unflatten.amin": lambda: t.unflatten(-1, (-1, s)).amin(-1),
            "torch -max_pool1d(-x)": lambda: -max_pool1d(-t, s),
        },
        "Subsampling": {
            "numpy slice, copied": lambda: np.ascontiguousarray(x[:, ::s]),
            "torch slice, copied": lambda: t[:, ::s].contiguous(),
        },
        "Segmentation": {
            "numpy slice, copied": lambda: x[:, :n].copy(),
            "torch slice, copied": lambda: t[:, :n].contiguous(),
        },
    }


def smoothing(x: np.ndarray, s: int) -> dict[str, dict[str, Callable]]:
    t = torch.from_numpy(x)
    box = torch.full((1, 1, s), 1 / s)
    weights = discrete_gaussian(float(s), N_TIMEPOINTS)
    width = kernel_half_width(weights, 1e-6)
    two_sided = torch.cat((weights[1 : width + 1].flip(0), weights[: width + 1]))
    matrix = toeplitz(weights)

    def running_sum(dtype: torch.dtype) -> torch.Tensor:
        total = torch.cumsum(t, -1, dtype=dtype)
        total[:, s:] -= total[:, :-s].clone()
        return (total / s).to(torch.float32)

    return {
        "MovingAverage": {
            "torch cumsum": lambda: running_sum(torch.float32),
            "torch cumsum, float64": lambda: running_sum(torch.float64),
            "torch avg_pool1d": lambda: avg_pool1d(pad(t, (s - 1, 0)), s, 1),
            "torch conv1d": lambda: conv1d(pad(t, (s - 1, 0))[:, None], box)[:, 0],
            "scipy uniform_filter1d": lambda: scipy.ndimage.uniform_filter1d(
                x, s, axis=1, mode="constant", origin=(s - 1) // 2 if s % 2 else s // 2 - 1
            ),
            "scipy lfilter": lambda: scipy.signal.lfilter(box[0, 0].numpy(), [np.float32(1)], x),
        },
        "DiscreteGaussian": {
            "torch Toeplitz matrix": lambda: t @ matrix,
            "torch conv1d": lambda: conv1d(t[:, None], two_sided[None, None], padding=width)[:, 0],
            "scipy convolve1d": lambda: scipy.ndimage.convolve1d(
                x, two_sided.numpy(), axis=1, mode="constant"
            ),
            "scipy fftconvolve": lambda: scipy.signal.fftconvolve(
                x, two_sided.numpy()[None], mode="same", axes=1
            ),
        },
    }


def wavelet(x: np.ndarray, name: str) -> dict[str, Callable]:
    return {
        "pywt.dwt": lambda: pywt.dwt(x, name, mode="periodization", axis=-1)[0],
        "pywt.wavedec": lambda: pywt.wavedec(x, name, mode="periodization", level=1)[0],
    } | ({"torch reshape @ weights": lambda: haar(torch.from_numpy(x))} if name == "haar" else {})


def haar(t: torch.Tensor) -> torch.Tensor:
    return t.view(len(t), -1, 2) @ torch.full((2,), 0.5**0.5)


def blend(x: np.ndarray) -> dict[str, Callable]:
    t = torch.from_numpy(x)
    w = bump_weights(torch.tensor(1.7), 2)
    centres = 2.5 + 5 * np.arange(N_TIMEPOINTS // 5)
    cells = torch.from_numpy(np.minimum(centres // 4, N_TIMEPOINTS // 4 - 1).astype(int))
    four, five = torch.full((4,), 0.25), torch.full((5,), 0.2)

    def torch_blend() -> torch.Tensor:
        fine = t.view(len(t), -1, 4) @ four
        return w[0] * fine[:, cells] + w[1] * (t.view(len(t), -1, 5) @ five)

    return {"torch, two poolings": torch_blend}


def rows() -> list[tuple[str, object, dict[str, Callable]]]:
    x = series()
    table = []
    for s in (4, 24):
        plain = pooling(x, s) | smoothing(x, s)
        kinds = {kind.__name__: kind for kind in all_operators()}
        table += [(f"{name}({s})", kinds[name](scale=s), plain[name]) for name in plain]
    for name in ("haar", "db4", "sym8"):
        table.append((f"Wavelet({name})", WaveletApproximation(1, wavelet=name), wavelet(x, name)))
    table.append(("ContinuousScale(4.7)", ContinuousScale(AveragePooling(), 4.7), blend(x)))
    return [(label, operator.fit(x), plain) for label, operator, plain in table]


def measure(operator: object, plain: dict[str, Callable], x: np.ndarray, repeats: int) -> dict:
    ours = operator.transform(x)
    same = {}
    for name, function in plain.items():
        error = np.abs(np.asarray(function()) - ours).max() / np.abs(ours).max()
        if error <= 1e-5:
            same[name] = function
    functions = {"ours": lambda: operator.transform(x), **same}
    times: dict[str, list[float]] = {name: [] for name in functions}
    # One after the other in every round, so that a busy machine is busy for all of them.
    for _ in range(repeats):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in times.items()}
    ours_time = medians.pop("ours")
    fastest = min(medians, key=medians.get)
    return {"ours": ours_time, "plain": medians[fastest], "fastest": fastest}


def resident_kib() -> int:
    fields = Path("/proc/self/status").read_text().split("VmRSS:")[1]
    return int(fields.split()[0])


def peak_copies(index: int) -> float:
    """Peak memory that transform adds, in copies of the input; in a process of its own."""
    command = [sys.executable, __file__, "--memory-of", str(index)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def print_memory(index: int) -> None:
    x = series()
    _, operator, _ = rows()[index]
    operator.transform(x[:10])
    before = peak = resident_kib()
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.is_set():
            peak = max(peak, resident_kib())
            time.sleep(2e-4)

    watcher = threading.Thread(target=watch)
    watcher.start()
    kept = operator.transform(x)
    done.set()
    watcher.join()
    del kept
    print((peak - before) * 1024 / x.nbytes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--memory-of", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of is not None:
        print_memory(options.memory_of)
        return
    x = series()
    print(f"{N_SERIES} series of {N_TIMEPOINTS} points, float32, {torch.get_num_threads()} threads")
    print(f"{'operator':<22}{'ours ms':>9}{'plain ms':>9}{'ratio':>7}{'copies':>8}  fastest plain")
    for index, (label, operator, plain) in enumerate(rows()):
        m = measure(operator, plain, x, options.repeats)
        copies = float("nan") if options.no_memory else peak_copies(index)
        print(
            f"{label:<22}{1e3 * m['ours']:>9.1f}{1e3 * m['plain']:>9.1f}"
            f"{m['ours'] / m['plain']:>7.2f}{copies:>8.1f}  {m['fastest']}",
            flush=True,
        )


if __name__ == "__main__":
    main()
