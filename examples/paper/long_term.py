"""Long-term forecasting (Tables 2 and 7 of the Sigma paper), one run a row, resumable.

::

    python -m examples.paper.long_term --dataset ETTh1 --horizon 96 --seeds 0 1 2

A run that is in the result table already, with the same settings, is not repeated.
"""

from __future__ import annotations

import argparse
import ast
import statistics
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from time import perf_counter, process_time

from examples.paper.protocol import SOURCES, Benchmark, fitted_forecast, load, score
from examples.paper.results import ResultTable, settings_text, versions_text
from skscale.forecasting import SigmaForecaster, TimeMixerForecaster

ROOT = Path(__file__).resolve().parents[2]
CONTEXT_LENGTH = 96
KEYS = ("model", "dataset", "context", "horizon", "seed", "settings")
VALUES = (
    *("mse", "mae", "windows", "epochs", "best_epoch", "valid_loss"),
    *("seconds", "cpu_seconds", "versions"),
)

# What all runs of the official scripts share: the network alone, on every window of an epoch.
SIGMA_COMMON = {
    "linear_base": False,
    "steps_per_epoch": None,
    "gradient_clip": 0.0,
    "weight_decay": 0.0,
    "n_layers": 1,
    "dropout": 0.1,
    "loss": "mse",
    "batch_size": 32,
    "max_epochs": 10,
    "patience": 3,
    "lr_schedule": "halving",
}

# Table 6. "Each branch" is scale_independence; calendar features are time_features.
SIGMA_COLUMNS = (
    *("d_model", "d_ff", "learning_rate"),
    *("scale_independence", "feature_transformation", "time_features"),
)
SIGMA_ROWS = {
    "ETTh1": (32, 16, 0.0005, True, True, False),
    "ETTh2": (32, 32, 0.0005, True, True, False),
    "ETTm1": (8, 8, 0.02, True, False, False),
    "ETTm2": (16, 32, 0.0005, False, True, False),
    "Exchange": (16, 32, 0.0001, False, True, True),
    "Weather": (8, 8, 0.005, False, True, True),
    "Electricity": (16, 32, 0.01, False, True, True),
    "Traffic": (16, 32, 0.01, False, True, True),
}


def sigma_settings(dataset: str) -> dict[str, object]:
    """Parameters of `SigmaForecaster` for one data set."""
    return SIGMA_COMMON | dict(zip(SIGMA_COLUMNS, SIGMA_ROWS[dataset], strict=True))


# The official TimeMixer scripts: learning rate, batch, blocks, d_model and epochs differ.
TIMEMIXER_COMMON = {
    **{name: SIGMA_COMMON[name] for name in ("linear_base", "steps_per_epoch", "gradient_clip")},
    "d_ff": 32,
    "down_sampling_layers": 3,
    "dropout": 0.1,
    "loss": "mse",
    "learning_rate": 0.01,
    "lr_schedule": "onecycle",
    "patience": 10,
}
TIMEMIXER_COLUMNS = ("d_model", "n_layers", "batch_size", "max_epochs")
TIMEMIXER_ROWS = {
    "ETTh1": (16, 2, 128, 10),
    "ETTh2": (16, 2, 16, 10),
    "ETTm1": (16, 2, 16, 10),
    "ETTm2": (32, 2, 128, 10),
    "Exchange": (16, 2, 32, 10),
    "Weather": (16, 3, 128, 20),
    "Electricity": (16, 3, 32, 20),
    "Traffic": (32, 3, 8, 10),
}


def timemixer_settings(dataset: str) -> dict[str, object]:
    """Parameters of `TimeMixerForecaster` for one data set."""
    return TIMEMIXER_COMMON | dict(zip(TIMEMIXER_COLUMNS, TIMEMIXER_ROWS[dataset], strict=True))


MODELS = {
    "sigma": (SigmaForecaster, sigma_settings),
    "timemixer": (TimeMixerForecaster, timemixer_settings),
}


def run(key: Mapping[str, object], settings: dict[str, object], data: Benchmark) -> dict:
    """Fit one model with one seed and score it; a row of the result table."""
    estimator, _ = MODELS[key["model"]]
    horizon = key["horizon"]
    forecaster = estimator(
        context_length=key["context"],
        prediction_length=horizon,
        validation_fraction=data.validation_fraction,
        random_state=key["seed"],
        **settings,
    )
    started, cpu_started = perf_counter(), process_time()
    forecaster.fit(data.known)
    seconds, cpu_seconds = perf_counter() - started, process_time() - cpu_started
    errors = score(fitted_forecast(forecaster, data), data, horizon)
    history = forecaster.history_
    return {
        **key,
        "mse": f"{errors.mse:.6f}",
        "mae": f"{errors.mae:.6f}",
        "windows": errors.n_windows,
        "epochs": len(history["train_loss"]),
        "best_epoch": history["best_epoch"] + 1,
        "valid_loss": f"{history['valid_loss'][history['best_epoch']]:.6f}",
        "seconds": f"{seconds:.1f}",
        "cpu_seconds": f"{cpu_seconds:.1f}",
        "versions": versions_text(),
    }


def finished_runs(args: argparse.Namespace, table: ResultTable) -> Iterator[dict]:
    """Rows of all runs asked for, run only where the table lacks them."""
    for model, dataset in product(args.model, args.dataset):
        data = None
        estimator, settings_of = MODELS[model]
        settings = settings_of(dataset) | _changes(args, estimator)
        for horizon, seed in product(args.horizon, args.seeds):
            values = (model, dataset, args.context, horizon, seed, settings_text(settings))
            key = dict(zip(KEYS, values, strict=True))
            if table.find(key) is None:
                data = data or load(dataset, args.data)
                table.append(run(key, settings, data))
            yield table.find(key)


def _changes(args: argparse.Namespace, estimator: type) -> dict[str, object]:
    """Settings given on the command line."""
    changes = {} if args.max_epochs is None else {"max_epochs": args.max_epochs}
    for text in args.set:
        name, equals, value = text.partition("=")
        if not equals or name not in estimator().get_params():
            raise SystemExit(f"--set takes parameter=value of the forecaster, got {text!r}")
        try:
            changes[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            changes[name] = value
    return changes


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", nargs="+", choices=MODELS, default=["sigma"])
    parser.add_argument("--dataset", nargs="+", choices=SOURCES, default=list(SOURCES)[:6])
    parser.add_argument("--horizon", nargs="+", type=int, default=[96, 192, 336, 720])
    parser.add_argument("--context", type=int, default=CONTEXT_LENGTH)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--max-epochs", type=int, help="at most so many epochs (default 10)")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="KEY=VALUE", help="change the forecaster"
    )
    parser.add_argument(
        "--out", type=Path, default=ROOT / "docs" / "results" / "paper" / "long_term.csv"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing and print every row and the means over seeds."""
    args = parse(arguments)
    cells: dict[tuple, list[dict]] = {}
    for row in finished_runs(args, ResultTable(args.out, KEYS, VALUES)):
        cells.setdefault((row["model"], row["dataset"], row["horizon"]), []).append(row)
        print(
            f"{row['model']} {row['dataset']} {row['horizon']} seed {row['seed']}: "
            f"MSE {float(row['mse']):.4f} MAE {float(row['mae']):.4f} over {row['windows']} "
            f"windows, best epoch {row['best_epoch']} of {row['epochs']}, "
            f"{row['seconds']} s ({row['cpu_seconds']} s CPU)",
            flush=True,
        )
    for cell, rows in cells.items():
        mse, mae = ([float(row[name]) for row in rows] for name in ("mse", "mae"))
        print(*cell, f"mean of {len(rows)}: MSE {_spread(mse)} MAE {_spread(mae)}")


def _spread(values: list[float]) -> str:
    """Mean, and the deviation over seeds where there are several."""
    mean = f"{statistics.mean(values):.4f}"
    return f"{mean} +- {statistics.stdev(values):.4f}" if len(values) > 1 else mean


if __name__ == "__main__":
    main()
