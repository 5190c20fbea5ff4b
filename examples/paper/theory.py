"""Figures 2, 3, 8 and 9 and the forecastability column of Table 5 of the Sigma paper.

    python -m examples.paper.theory --data ../shared/data --out docs/results/theory

writes properties.csv (Figures 2 and 8), curves.csv and gaps.csv (Figures 3 and 9),
forecastability.csv (Table 5) and one picture for each figure. Takes about five minutes on two
cores. Figure 2 and 3 show the Traffic set, which is not among the data; they are the same
pictures as 8 and 9.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from examples.command_line import add_data_argument, script_parser
from examples.paths import RESULTS
from skscale.operators import (
    AveragePooling,
    MaxPooling,
    MovingAverage,
    Segmentation,
    Subsampling,
    WaveletApproximation,
)
from skscale.theory import forecastability, quantization_gap

FILES = {
    "ETTh1": "ett/ETTh1.csv.xz",
    "ETTh2": "ett/ETTh2.csv.xz",
    "ETTm1": "ett/ETTm1.csv.xz",
    "ETTm2": "ett/ETTm2.csv.xz",
    "Exchange": "exchange_rate/exchange_rate.csv.xz",
    "Weather": "weather/weather.csv.xz",
}
PAPER_BEST_SCALE = {"ETTh1": 12.4} | dict.fromkeys(list(FILES)[1:], 15.6)
PAPER_FORECASTABILITY = dict(zip(FILES, (0.38, 0.45, 0.46, 0.55, 0.41, 0.75), strict=True))
SCALES = (1, 2, 4, 8, 16)
LENGTHS = (96, 192, 336, 720)
FIGURE_LENGTH = 720
WINDOWS = 40
# Figures 2 and 8 draw the wavelets over the same axis 1, 2, 4, 8, 16 as the others; sixteen
# halvings would need 65,536 points, so their axis must be the factor 2**level.
OPERATORS = {
    "moving average": MovingAverage,
    "average pooling": AveragePooling,
    "max pooling": MaxPooling,
    "subsampling": Subsampling,
    "segmentation": Segmentation,
    "wavelet": WaveletApproximation,
}


def load(folder: Path, name: str) -> np.ndarray:
    """Columns as rows, z-scored; Weather's sentinel -9999 becomes the last value before it."""
    frame = pd.read_csv(folder / FILES[name]).drop(columns="date")
    frame = frame.mask(frame == -9999).ffill().bfill()
    return ((frame - frame.mean()) / frame.std()).to_numpy().T


def windows(series: np.ndarray, length: int, count: int = WINDOWS) -> np.ndarray:
    """``count`` evenly spaced windows of every column, constant ones left out."""
    starts = np.linspace(0, series.shape[1] - length, count).astype(int)
    cut = np.concatenate([series[:, s : s + length] for s in starts])
    return cut[np.ptp(cut, axis=1) > 1e-9]


def apply(operator: type, x: np.ndarray, scale: int) -> np.ndarray:
    if operator is not WaveletApproximation:
        return operator(scale=scale).fit_transform(x)
    return x if scale == 1 else operator(scale=scale.bit_length() - 1).fit_transform(x)


def properties(name: str, series: np.ndarray) -> list[dict]:
    """Figures 2 and 8: mean distance of successive windows, and mean energy, by scale."""
    x = windows(series, FIGURE_LENGTH)
    rows = []
    for label, operator in OPERATORS.items():
        for scale in SCALES:
            y = apply(operator, x, scale)
            rows.append(
                {
                    "dataset": name,
                    "operator": label,
                    "scale": scale,
                    "distance": np.linalg.norm(y[1:] - y[:-1], axis=1).mean(),
                    "energy": np.square(y).sum(1).mean(),
                    "largest_expansion": _expansion(x, y),
                }
            )
    return rows


def _expansion(x: np.ndarray, y: np.ndarray) -> float:
    before, after = (np.linalg.norm(z[1:] - z[:-1], axis=1) for z in (x, y))
    return (after[before > 0] / before[before > 0]).max()


def gaps(name: str, series: np.ndarray) -> tuple[list[dict], list[dict]]:
    """Figures 3 and 9: mean forecastability by real scale, and gap and bound of each sample."""
    curves, samples = [], []
    for length in LENGTHS:
        result = quantization_gap(windows(series, length))
        curves += [
            {"dataset": name, "length": length, "scale": s, "forecastability": v}
            for s, v in zip(result.scales, result.curve, strict=True)
        ]
        samples += [
            {"dataset": name, "length": length, "gap": g, "bound": b, "uniform_gap": u, "scale": s}
            for g, b, u, s in zip(
                result.gap,
                result.lower_bound,
                result.uniform_gap,
                result.uniform_scale,
                strict=True,
            )
        ]
    return curves, samples


def dataset_forecastability(name: str, series: np.ndarray) -> dict:
    """Table 5, under the choices that the paper leaves open."""
    short = windows(series, 96, 200)
    return {
        "dataset": name,
        "paper": PAPER_FORECASTABILITY[name],
        "whole series": forecastability(series).mean(),
        "whole series, linear trend removed": forecastability(series, "linear").mean(),
        "whole series, last column only": forecastability(series[-1:]).mean(),
        "windows of 96": forecastability(short).mean(),
        "windows of 720": forecastability(windows(series, 720, 200)).mean(),
        "windows of 96, level kept": forecastability(short, "none").mean(),
        "windows of 96, divided by log(2 pi)": forecastability(
            short, normalisation="density"
        ).mean(),
    }


def summary(curves: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (name, length), curve in curves.groupby(["dataset", "length"], sort=False):
        part = samples[(samples.dataset == name) & (samples.length == length)]
        best = curve.loc[curve.forecastability.idxmax()]
        whole = curve[curve.scale % 1 == 0].forecastability.max()
        rows.append(
            {
                "dataset": name,
                "length": length,
                "paper_best_scale": PAPER_BEST_SCALE[name],
                "best_scale": best.scale,
                "forecastability": best.forecastability,
                "best_whole_forecastability": whole,
                "samples": len(part),
                "gap_at_least_bound": (part.gap >= part.bound).mean(),
                "bound_above_0": (part.bound > 0).mean(),
            }
        )
    return pd.DataFrame(rows)


def draw_properties(table: pd.DataFrame, path: Path) -> None:
    import matplotlib.pyplot as plt

    names = list(table.dataset.unique())
    size = (3 * len(names), 5.2)
    figure, axes = plt.subplots(2, len(names), figsize=size, layout="tight", squeeze=False)
    for column, name in zip(axes.T, names, strict=True):
        for axis, quantity in zip(column, ("distance", "energy"), strict=True):
            for label, part in table[table.dataset == name].groupby("operator", sort=False):
                axis.plot(part.scale, part[quantity], marker=".", label=label)
            axis.set(xscale="log", yscale="log", xticks=SCALES, xticklabels=SCALES)
            axis.minorticks_off()
            axis.set(title=f"{name}: {quantity}", xlabel="scale")
    axes[0, 0].legend(fontsize=6)
    figure.savefig(path, dpi=60)
    plt.close(figure)


def draw_gaps(curves: pd.DataFrame, samples: pd.DataFrame, path: Path) -> None:
    import matplotlib.pyplot as plt

    names = list(curves.dataset.unique())
    size = (3 * len(names), 5.2)
    figure, axes = plt.subplots(2, len(names), figsize=size, layout="tight", squeeze=False)
    for (above, below), name in zip(axes.T, names, strict=True):
        for length, curve in curves[curves.dataset == name].groupby("length"):
            above.plot(curve.scale, curve.forecastability, label=f"windows of {length}")
        above.axvline(PAPER_BEST_SCALE[name], color="grey", ls=":", label="paper's maximum")
        above.set(title=f"{name}: forecastability", xlabel="scale")
        part = samples[(samples.dataset == name) & (samples.length == FIGURE_LENGTH)]
        below.plot(part.bound, part.gap, ".", ms=3)
        limit = max(part.gap.max(), part.bound.max())
        below.plot([0, limit], [0, limit], color="grey", lw=1)
        below.set(title=f"{name}: gap", xlabel="lower bound", ylabel="gap")
    axes[0, 0].legend(fontsize=6)
    figure.savefig(path, dpi=60)
    plt.close(figure)


def main() -> None:
    parser = script_parser(__doc__)
    add_data_argument(parser)
    parser.add_argument(
        "--out", type=Path, default=RESULTS / "theory", help="folder of the results"
    )
    parser.add_argument(
        "--datasets", nargs="+", default=list(FILES), choices=list(FILES), help="data sets"
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows, curves, samples, table = [], [], [], []
    for name in options.datasets:
        series = load(options.data, name)
        rows += properties(name, series)
        curve, sample = gaps(name, series)
        curves += curve
        samples += sample
        table.append(dataset_forecastability(name, series))
        print(f"{name} done", flush=True)
    frames = {
        "properties": pd.DataFrame(rows),
        "curves": pd.DataFrame(curves),
        "forecastability": pd.DataFrame(table),
    }
    gap_frame = pd.DataFrame(samples)
    frames["summary"] = summary(frames["curves"], gap_frame)
    for name, frame in frames.items():
        frame.to_csv(options.out / f"{name}.csv", index=False, float_format="%.5g")
    shown = gap_frame[gap_frame.length == FIGURE_LENGTH]
    shown.to_csv(options.out / "gaps.csv", index=False, float_format="%.4g")
    draw_properties(frames["properties"], options.out / "figure_8_properties.png")
    draw_gaps(frames["curves"], gap_frame, options.out / "figure_9_gaps.png")
    print(frames["summary"].round(4).to_string(index=False))
    print(frames["forecastability"].round(2).T.to_string(header=False))


if __name__ == "__main__":
    main()
