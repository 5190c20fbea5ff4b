"""M4 (Table 3 of the Sigma paper): six frequencies through the panel interface, resumable.

::

    python -m examples.paper.m4 --frequency Hourly Weekly --seeds 0 1 2

One network for each frequency, fitted on all of its series at once by one of the recipes of
`m4_recipes`: Sigma's, or another network's by its name. The epoch is chosen on the last part of
the training data: the last horizon, or a fifth of the points used where that is more. Recipes are
to be compared in a ``--rehearsal``, which takes the last horizon of the training data for the
test set.

``--choose test`` chooses the epoch on the competition's test set, as the published protocol
does; that is a leak, and here to show what it is worth.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import NamedTuple
from zlib import crc32

import numpy as np

from examples.command_line import positive, script_parser
from examples.paper.m4_data import (
    FREQUENCIES,
    GROUPS,
    M4,
    M4Errors,
    errors,
    load_m4,
    owa,
    panel_frame,
    pooled,
)
from examples.paper.m4_recipes import OF_SIGMA, OTHER_NETWORKS, RECIPES, forecaster_of
from examples.paper.results import ResultTable, settings_text, versions_text
from examples.paper.runs import add_shared_arguments
from examples.paths import ROOT
from skscale import SigmaForecaster
from skscale.forecasting import NetworkForecaster

KEYS = ("recipe", "frequency", "choose", "seed", "settings")
VALUES = (
    *("smape", "mase", "naive2_smape", "naive2_mase", "n_series"),
    *("epochs", "best_epoch", "seconds", "versions"),
)

AVERAGED = ", averaged"  # behind the recipe whose seeds' forecasts were averaged


def forecast(
    settings: Mapping[str, object],
    data: M4,
    seed: int,
    estimator: type[NetworkForecaster] = SigmaForecaster,
) -> tuple[np.ndarray, dict[str, list]]:
    """Forecasts (n_series, horizon) of one network for all series, and its history."""
    parameters = dict(settings)
    recent = parameters.pop("recent")
    forecaster = estimator(
        prediction_length=data.frequency.horizon,
        season_length=data.frequency.season,
        # The weights of the package have seen most of these series; `m4_zero_shot` has their table.
        pretrained=None,
        random_state=seed,
        **parameters,
    )
    forecaster.fit(panel_frame(data.names, data.recent(recent)))
    values = forecaster.predict(fh=range(1, data.frequency.horizon + 1))
    return values.to_numpy().reshape(data.test.shape), forecaster.history_


def chosen_on_test(
    settings: Mapping[str, object], data: M4, seed: int
) -> tuple[np.ndarray, dict[str, object]]:
    """Forecasts of the epoch with the best sMAPE on the test set: a leak.

    Every number of epochs is a run of its own, and nothing is held out. The schedule must not
    look ahead, so that a short run is the start of a long one.
    """
    if not can_leak(settings):
        raise ValueError(f"the schedule of {dict(settings)} depends on max_epochs")
    whole = dict(settings) | {"validation_fraction": 0}
    found = [
        forecast(whole | {"max_epochs": n + 1}, data, seed) for n in range(settings["max_epochs"])
    ]
    scores = [errors(values, data).smape for values, _ in found]
    best = int(np.argmin(scores))
    return found[best][0], found[-1][1] | {"best_epoch": best}


def can_leak(settings: Mapping[str, object]) -> bool:
    """Whether a short run is the start of a long one, as `chosen_on_test` needs."""
    return settings.get("lr_schedule") in ("halving", "constant")


def run(
    key: Mapping[str, object], settings: Mapping[str, object], data: M4, kept: Path
) -> dict[str, object]:
    """Fit with one seed, keep the forecasts and score them; the `VALUES` of a row."""
    started = perf_counter()
    way = chosen_on_test
    if key["choose"] != "test":
        way = partial(forecast, estimator=forecaster_of(str(key["recipe"])))
    values, history = way(settings, data, int(str(key["seed"])))
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.save(kept, values.astype(np.float32))
    return scores(values, data) | {
        "epochs": len(history["train_loss"]),
        "best_epoch": history["best_epoch"] + 1,
        "seconds": f"{perf_counter() - started:.1f}",
        "versions": versions_text(),
    }


def finished_run(
    table: ResultTable,
    key: Mapping[str, object],
    settings: Mapping[str, object],
    data: Callable[[], M4],
    kept: Path,
) -> dict[str, str]:
    """Row of a run, computed only if the table lacks it; ``data`` is loaded only then."""
    return table.row(key, lambda: run(key, settings, data(), kept))


def scores(values: np.ndarray, data: M4) -> dict[str, object]:
    """Errors of forecasts and of Naive2, as a row of the table holds them."""
    found, naive2 = errors(values, data), errors(data.naive2, data)
    columns = {"smape": found.smape, "mase": found.mase}
    columns |= {"naive2_smape": naive2.smape, "naive2_mase": naive2.mase}
    return {name: f"{value:.4f}" for name, value in columns.items()} | {"n_series": len(data.names)}


def averaged(files: Sequence[Path], load: Callable[[], M4]) -> dict[str, object]:
    """Score the mean of the forecasts in ``files``; the `VALUES` of a row."""
    values = np.mean([np.load(file) for file in files], axis=0, dtype=np.float64)
    return scores(values, load()) | {
        **dict.fromkeys(("epochs", "best_epoch", "seconds"), ""),
        "versions": versions_text(),
    }


def finished_runs(args: argparse.Namespace, table: ResultTable) -> Iterator[dict[str, str]]:
    """Rows of all runs asked for, run only where the table lacks them.

    Behind the seeds of a frequency stands their average, where all of their forecasts are kept.
    """
    choose = "rehearsal" if args.rehearsal else args.choose
    for name, recipe in product(args.frequency, args.recipe):
        data = cache(partial(_load, name, args))
        settings = _settings(name, recipe, args)
        text = settings_text(settings)
        files = []
        for seed in args.seeds:
            key = dict(zip(KEYS, (recipe, name, choose, seed, text), strict=True))
            files.append(args.forecasts / f"{recipe}-{name}-{choose}-{seed}-{_short(text)}.npy")
            yield finished_run(table, key, settings, data, files[-1])
        if len(files) > 1:
            key |= {"recipe": recipe + AVERAGED, "seed": "+".join(map(str, args.seeds))}
            missing = [file for file in files if not file.is_file()]
            if missing and table.find(key) is None:
                print(f"{name} {recipe}: no average, there is no {missing[0]}")
                continue
            yield table.row(key, partial(averaged, files, data))


def _settings(name: str, recipe: str, args: argparse.Namespace) -> dict[str, object]:
    settings = RECIPES[recipe](name)
    return settings if args.max_epochs is None else settings | {"max_epochs": args.max_epochs}


def _load(name: str, args: argparse.Namespace) -> M4:
    data = load_m4(name, args.data)
    return data.rehearsal() if args.rehearsal else data


def _short(settings: str) -> str:
    return f"{crc32(settings.encode()):08x}"


def row_errors(row: Mapping[str, str]) -> tuple[M4Errors, M4Errors]:
    """Errors of a run and those of Naive2 on the same series."""
    found = M4Errors(float(row["smape"]), float(row["mase"]))
    return found, M4Errors(float(row["naive2_smape"]), float(row["naive2_mase"]))


class GroupErrors(NamedTuple):
    """Errors of a group of frequencies.

    ``owa`` is the mean of the frequencies' OWAs, weighted by their series, as in the paper's
    tables; ``owa_pooled`` is the competition's, from the group's own mean errors.
    """

    smape: float
    mase: float
    owa: float
    owa_pooled: float


def group_errors(rows: Iterable[Mapping[str, str]], group: str) -> GroupErrors | None:
    """Errors of a group from one row each of its frequencies; None if one lacks."""
    by_name = {row["frequency"]: row for row in rows}
    if not set(GROUPS[group]) <= set(by_name):
        return None
    members = [by_name[name] for name in GROUPS[group]]
    weights = [int(row["n_series"]) for row in members]
    pairs = [row_errors(row) for row in members]
    found, naive2 = (pooled([pair[i] for pair in pairs], weights) for i in (0, 1))
    mean = float(np.average([owa(*pair) for pair in pairs], weights=weights))
    return GroupErrors(*found, mean, owa(found, naive2))


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = script_parser(__doc__)
    parser.add_argument(
        *("--frequency",),
        nargs="+",
        choices=FREQUENCIES,
        default=list(FREQUENCIES),
        help="a network each",
    )
    parser.add_argument(
        "--recipe", nargs="+", choices=RECIPES, default=list(OF_SIGMA), help="see m4_recipes.py"
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--choose", choices=("train", "test"), default="train", help="data that choose the epoch"
    )
    way.add_argument("--rehearsal", action="store_true", help="end one horizon earlier")
    parser.add_argument("--max-epochs", type=positive, help="in the place of the recipe's own")
    parser.add_argument(
        "--forecasts", type=Path, default=ROOT / "build" / "m4", help="folder that keeps forecasts"
    )
    add_shared_arguments(parser, "m4.csv")
    args = parser.parse_args(arguments)
    if args.choose == "test":
        for name, recipe in product(args.frequency, args.recipe):
            if recipe in OTHER_NETWORKS:
                parser.error(f"--choose test: {recipe!r} is trained without a leak alone")
            if not can_leak(_settings(name, recipe, args)):
                parser.error(f"--choose test: the schedule of {recipe!r} depends on max_epochs")
    return args


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing and print every row and the groups."""
    args = parse(arguments)
    finished = []
    for row in finished_runs(args, ResultTable(args.out, KEYS, VALUES)):
        finished.append(row)
        found, naive2 = row_errors(row)
        training = f", best epoch {row['best_epoch']} of {row['epochs']}" if row["epochs"] else ""
        print(
            f"{row['recipe']} {row['frequency']} seed {row['seed']}: sMAPE {found.smape:.3f} "
            f"MASE {found.mase:.3f} OWA {owa(found, naive2):.3f}{training}",
            flush=True,
        )
    for recipe, seed in dict.fromkeys((row["recipe"], row["seed"]) for row in finished):
        own = [row for row in finished if (row["recipe"], row["seed"]) == (recipe, seed)]
        for group in GROUPS:
            if (of_group := group_errors(own, group)) is not None:
                print(
                    f"{recipe} seed {seed} {group}: sMAPE {of_group.smape:.3f} MASE "
                    f"{of_group.mase:.3f} OWA {of_group.owa:.3f} ({of_group.owa_pooled:.3f} pooled)"
                )


if __name__ == "__main__":
    main()
