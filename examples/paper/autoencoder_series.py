"""Forms of the multi-scale autoencoder against a single scale of equal size; resumable.

Every form has as many latent values as the single scale, and the largest hidden layers with which
it has no more parameters. All are trained alike, with the same number of steps and seeds.
"two stages of scale 1" is a control: what residual stages gain without any coarser scale.

The sets come with sktime: ArrowHead, GunPoint, ItalyPowerDemand, OSULeaf with their train and test
parts, and an ECG (mitdb) in windows of 128 points, the first 70 % to train; beside them ETTh1 in
windows of 96 points, every channel on its own, and MNIST rows of 784 values.

::

    python -m examples.paper.autoencoder_series
"""

from __future__ import annotations

import statistics
from functools import partial
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd
import sktime.datasets
from numpy.lib.stride_tricks import sliding_window_view
from torch import nn

from examples.command_line import add_data_argument, script_parser
from examples.paper.mnist import load as load_mnist
from examples.paper.results import ResultTable, versions_text
from examples.paths import RESULTS
from skscale.nn import MultiScaleAutoencoderNet
from skscale.representation import MultiScaleAutoencoder

KEYS = ("set", "form", "seed")
VALUES = ("test_mse", "train_mse", "hidden", "parameters", "cpu_seconds", "versions")
COARSE = {"view": "average", "decoding": "residual"}
FORMS = {
    "single scale": {"scales": (1.0,)},
    "paper: recent half, whole": {"scales": (0.5, 1.0), "view": "recent", "decoding": "joint"},
    "coarse view, joint": {"scales": (0.25, 1.0), "view": "average", "decoding": "joint"},
    "two stages of scale 1": {"scales": (1.0, 1.0), **COARSE},
    "residual 1/4, 1": {"scales": (0.25, 1.0), **COARSE},
    "residual 1/4, 1/2, 1": {"scales": (0.25, 0.5, 1.0), **COARSE},
}
SETS = {  # latent values, hidden units of the single scale, epochs
    "ItalyPowerDemand": (8, 64, 400),
    "GunPoint": (16, 128, 400),
    "ArrowHead": (16, 128, 400),
    "OSULeaf": (16, 128, 200),
    "ECG": (16, 128, 40),
    "ETTh1": (16, 128, 20),
    "MNIST": (64, 256, 10),
}


def load(name: str, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Training and test series, (n_samples, n_timepoints), float32, scaled on the training part."""
    if name == "MNIST":
        train, test = load_mnist(folder)
        return train[:10_000], test
    if name == "ETTh1":
        table = pd.read_csv(folder / "ett" / "ETTh1.csv.xz", index_col="date").to_numpy()
        parts = table[:8_640], table[11_520:14_400]
        train, test = (_windows((p - parts[0].mean(0)) / parts[0].std(0), 96, 12) for p in parts)
        return train, test
    if name == "ECG":
        path = Path(sktime.datasets.__file__).parent / "data" / "mitdb" / "mitdb.csv"
        values = pd.read_csv(path)[["data"]].to_numpy()
        known = values[: 7 * len(values) // 10]
        scaled = (values - known.mean()) / known.std()
        return _windows(scaled[: len(known)], 128, 2), _windows(scaled[len(known) :], 128, 2)
    loaders = {
        "ItalyPowerDemand": sktime.datasets.load_italy_power_demand,
        "GunPoint": sktime.datasets.load_gunpoint,
        "ArrowHead": sktime.datasets.load_arrow_head,
        "OSULeaf": sktime.datasets.load_osuleaf,
    }
    parts = (loaders[name](split=part, return_type="numpy3D")[0] for part in ("train", "test"))
    train, test = (part[:, 0].astype(np.float32) for part in parts)
    return train, test


def _windows(values: np.ndarray, length: int, stride: int) -> np.ndarray:
    windows = sliding_window_view(values.astype(np.float32), length, axis=0)[::stride]
    return windows.reshape(-1, length)


def matched_hidden(form: str, length: int, latent: int, hidden: int) -> int:
    """Largest hidden size with which the form has no more parameters than the single scale."""
    budget = _n_parameters(_network("single scale", length, latent, hidden))
    while _n_parameters(_network(form, length, latent, hidden)) <= budget:
        hidden += 1
    while _n_parameters(_network(form, length, latent, hidden)) > budget:
        hidden -= 1
    return hidden


def _network(form: str, length: int, latent: int, hidden: int) -> nn.Module:
    sizes = latent_sizes(form, latent)
    return MultiScaleAutoencoderNet(length, latent_size=sizes, hidden_size=hidden, **FORMS[form])


def latent_sizes(form: str, latent: int) -> tuple[int, ...]:
    """Share ``latent`` values out among the scales; the last takes what remains."""
    n = len(FORMS[form]["scales"])
    return (*([latent // n] * (n - 1)), latent - latent // n * (n - 1))


def _n_parameters(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def run(key: dict[str, object], train: np.ndarray, test: np.ndarray) -> dict:
    """Train one form with one seed; the `VALUES` of its row."""
    latent, hidden, epochs = SETS[key["set"]]
    form = key["form"]
    hidden = matched_hidden(form, train.shape[1], latent, hidden)
    model = MultiScaleAutoencoder(
        **FORMS[form],
        latent_size=latent_sizes(form, latent),
        hidden_size=hidden,
        standardize=False,
        max_epochs=epochs,
        validation_fraction=0.0,
        device="cpu",
        random_state=key["seed"],
    )
    started = process_time()
    model.fit(train)
    return {
        "test_mse": f"{-model.score(test):.6f}",
        "train_mse": f"{-model.score(train):.6f}",
        "hidden": hidden,
        "parameters": _n_parameters(model.network_),
        "cpu_seconds": f"{process_time() - started:.1f}",
        "versions": versions_text(),
    }


def summary(rows: list[dict], seeds: list[int]) -> pd.DataFrame:
    """Mean test MSE of every form on every set, relative to the single scale's."""
    table = pd.DataFrame(rows).astype({"test_mse": float, "seed": int})
    table = table[table["seed"].isin(seeds)]
    mean = table.pivot_table(index="form", columns="set", values="test_mse", sort=False)
    relative = mean / mean.loc["single scale"]
    relative["geometric mean"] = np.exp(np.log(relative).mean(axis=1))
    return relative


def main() -> None:
    """Run what is missing and print the table."""
    parser = script_parser(__doc__)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), help="data sets")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], help="a run each")
    add_data_argument(parser)
    parser.add_argument(
        "--out", type=Path, default=RESULTS / "autoencoder_series.csv", help="result table"
    )
    args = parser.parse_args()
    table = ResultTable(args.out, KEYS, VALUES)
    for name in args.sets:
        train, test = load(name, args.data)
        for form in FORMS:
            keys = [dict(zip(KEYS, (name, form, seed), strict=True)) for seed in args.seeds]
            rows = [table.row(key, partial(run, key, train, test)) for key in keys]
            errors = [float(row["test_mse"]) for row in rows]
            print(f"{name:<18}{form:<28}{statistics.mean(errors):>10.6f}", flush=True)
    print(summary([row for row in table.rows() if row["set"] in args.sets], args.seeds).round(3))


if __name__ == "__main__":
    main()
