"""One run of the long-term protocol: fit, score, a row of a result table."""

from __future__ import annotations

import argparse
import statistics
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import perf_counter, process_time

import torch
from sktime.forecasting.base import BaseForecaster

from examples.command_line import add_data_argument, positive
from examples.paper.models import build
from examples.paper.protocol import Benchmark, score
from examples.paper.results import ResultTable, versions_text
from examples.paper.rolling import rolled_forecast
from examples.paths import PAPER_RESULTS
from skscale.forecasting import NetworkForecaster

KEYS = ("model", "dataset", "context", "horizon", "seed", "settings")
VALUES = (
    *("mse", "mae", "windows", "epochs", "best_epoch", "valid_loss"),
    *("seconds", "cpu_seconds", "versions"),
)


def run(
    estimator: type[BaseForecaster],
    settings: Mapping[str, object],
    key: Mapping[str, object],
    data: Benchmark,
    stride: int = 1,
) -> dict[str, object]:
    """Fit one model with one seed and score it; the `VALUES` of its row."""
    context, horizon, seed = (int(str(key[name])) for name in ("context", "horizon", "seed"))
    data.test_cuts(horizon)  # fails before the fit if the horizon is too long
    # The seed is for networks without one of their own.
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        # Every sktime forecaster, and every column's copy of one, says what comes with 1.3.
        warnings.filterwarnings("ignore", ".*remember_data", FutureWarning)
        forecaster = build(estimator, settings, data, context=context, horizon=horizon, seed=seed)
        if not isinstance(forecaster, NetworkForecaster):
            # The default before 1.3; some look the rows before a cut up there.
            forecaster.set_config(remember_data=True)
        started, cpu_started = perf_counter(), process_time()
        forecaster.fit(data.known, fh=range(1, horizon + 1))
        seconds, cpu_seconds = perf_counter() - started, process_time() - cpu_started
        errors = score(rolled_forecast(forecaster, data, horizon), data, horizon, stride)
    return {
        "mse": f"{errors.mse:.6f}",
        "mae": f"{errors.mae:.6f}",
        "windows": errors.n_windows,
        **_training(getattr(forecaster, "history_", None)),
        "seconds": f"{seconds:.1f}",
        "cpu_seconds": f"{cpu_seconds:.1f}",
        "versions": versions_text(),
    }


def finished_run(
    table: ResultTable,
    key: Mapping[str, object],
    estimator: type[BaseForecaster],
    settings: Mapping[str, object],
    data: Callable[[], Benchmark],
    stride: int = 1,
) -> dict[str, str]:
    """Row of a run, computed only if the table lacks it; ``data`` is loaded only then."""
    return table.row(key, lambda: run(estimator, settings, key, data(), stride))


def _training(history: Mapping[str, list] | None) -> dict[str, object]:
    """What `history_` of our forecasters says; others do not tell."""
    if history is None:
        return {"epochs": "", "best_epoch": "", "valid_loss": ""}
    best = history["best_epoch"]
    return {
        "epochs": len(history["train_loss"]),
        "best_epoch": best + 1,
        "valid_loss": f"{min(history['valid_loss']):.6f}",
    }


def add_shared_arguments(
    parser: argparse.ArgumentParser, out: str, seeds: Sequence[int] = (0, 1, 2)
) -> None:
    """Options of all scripts: seeds, data folder, result file."""
    parser.add_argument("--seeds", nargs="+", type=int, default=list(seeds), help="a run each")
    add_data_argument(parser)
    parser.add_argument(
        *("--out",),
        type=Path,
        default=PAPER_RESULTS / out,
        help="result table; runs that are there already are not repeated",
    )


def add_variant_arguments(
    parser: argparse.ArgumentParser, variants: Iterable[str], context: int
) -> None:
    """Options of the scripts that compare changes of one network."""
    names = list(variants)
    parser.add_argument(
        "--variant", nargs="+", choices=names, default=names, help="rows of the table"
    )
    parser.add_argument("--context", type=positive, default=context, help="points of a window")
    parser.add_argument("--max-epochs", type=positive, default=10, help="epochs at most")


def print_runs(rows: Iterable[Mapping[str, str]]) -> None:
    """Print every run as it ends, then the means over seeds."""
    cells: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
    for row in rows:
        cell = tuple(row[name] for name in ("model", "dataset", "context", "horizon"))
        cells.setdefault(cell, []).append(row)
        print(*cell, run_text(row), flush=True)
    for cell, group in cells.items():
        print(*cell, mean_text(group))


def run_text(row: Mapping[str, str]) -> str:
    """One line on a finished run."""
    epochs = f", best epoch {row['best_epoch']} of {row['epochs']}" if row["epochs"] else ""
    return (
        f"seed {row['seed']}: MSE {float(row['mse']):.4f} MAE {float(row['mae']):.4f} over "
        f"{row['windows']} windows{epochs}, {row['seconds']} s ({row['cpu_seconds']} s CPU)"
    )


def spread(values: list[float]) -> str:
    """Mean, and the deviation over seeds where there are several."""
    mean = f"{statistics.mean(values):.4f}"
    return f"{mean} +- {statistics.stdev(values):.4f}" if len(values) > 1 else mean


def mean_text(rows: list[Mapping[str, str]]) -> str:
    """Means over the seeds of one cell."""
    mse, mae = ([float(row[name]) for row in rows] for name in ("mse", "mae"))
    return f"mean of {len(rows)}: MSE {spread(mse)} MAE {spread(mae)}"
