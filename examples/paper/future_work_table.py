"""Sigma's future work as a table: each change beside Sigma, over the seeds that both have."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from examples.paper.future_work import DATASETS, HORIZONS, VARIANTS
from examples.paper.long_term import CONTEXT_LENGTH
from examples.paper.models import sigma_settings
from examples.paper.results import settings_text
from examples.paper.tables import DASH, markdown, with_spread

METRICS = ("mse", "mae")


def future_work_table(runs: pd.DataFrame, variants: pd.DataFrame) -> str:
    """Errors of every cell, and how far from Sigma's in units of their deviation over seeds."""
    if variants.empty:
        return "No run yet."
    every = pd.concat([runs, variants])
    found = [
        row for name in DATASETS for horizon in HORIZONS for row in _cell(every, name, horizon)
    ]
    header = ["set", "T", "model", "MSE", "difference", "MAE", "difference", "seeds"]
    rows = [[*names, *_texts(errors), seeds] for *names, errors, seeds in found]
    return markdown(header, rows) + "\n\n" + "\n".join(_summaries(found, every))


def _cell(runs: pd.DataFrame, dataset: str, horizon: int) -> Iterator[tuple]:
    """Set, horizon, model, errors and seeds of Sigma and of each change of it."""
    sigma = _by_seed(runs, dataset, horizon, "sigma")
    yield dataset, horizon, "Sigma", _compared(sigma, sigma[:0]), len(sigma)
    for name in VARIANTS:
        changed = _by_seed(runs, dataset, horizon, name)
        yield dataset, horizon, name, _compared(changed, sigma), len(changed)


def _by_seed(runs: pd.DataFrame, dataset: str, horizon: int, model: str) -> pd.DataFrame:
    """Errors of the runs of one cell with Sigma's settings, by seed."""
    wanted = (model, dataset, CONTEXT_LENGTH, horizon, settings_text(sigma_settings(dataset)))
    keys = ["model", "dataset", "context", "horizon", "settings"]
    runs = runs[(runs[keys] == pd.Series(wanted, keys)).all(axis=1)]
    return runs.set_index("seed")[list(METRICS)].astype(float)


def _compared(changed: pd.DataFrame, sigma: pd.DataFrame) -> pd.DataFrame:
    """Mean, deviation and difference of both errors; nan where there are too few seeds."""
    both = changed.index.intersection(sigma.index)
    deviation = ((changed.loc[both].var() + sigma.loc[both].var()) / 2).pow(0.5)
    return pd.DataFrame(
        {
            "mean": changed.mean(),
            "deviation": changed.std(),
            "difference": (changed.loc[both].mean() - sigma.loc[both].mean()) / deviation,
        }
    )


def _texts(errors: pd.DataFrame) -> Iterator[str]:
    for metric in METRICS:
        mean, deviation, difference = errors.loc[metric]
        yield with_spread(mean, deviation)
        yield DASH if np.isnan(difference) else f"{difference:+.1f}"


def _summaries(found: list[tuple], runs: pd.DataFrame) -> Iterator[str]:
    """In how many cells each change is ahead of Sigma or behind it by more than the deviation."""
    for name in VARIANTS:
        errors = pd.concat([cell for *_, model, cell, _ in found if model == name])
        known = errors.loc["mse", "difference"].dropna()
        beyond = f"{(known < -1).sum()} of {len(known)} cells, higher in {(known > 1).sum()}"
        text = f"- {name}: MSE lower than Sigma's by more than the deviation in {beyond}"
        changes = 100 * _changes(runs, name)
        if len(changes) > 1:
            text += (
                f"; over {len(changes)} pairs of runs with one seed {changes.mean():+.1f} % ± "
                f"{changes.sem():.1f} %, lower in {(changes < 0).sum()}"
            )
        yield f"{text}."


def _changes(runs: pd.DataFrame, name: str) -> pd.Series:
    """Logarithms of the MSE of a change over that of Sigma with the same seed, of all cells."""
    found = []
    for dataset, horizon in product(DATASETS, HORIZONS):
        changed, sigma = (_by_seed(runs, dataset, horizon, m)["mse"] for m in (name, "sigma"))
        found.append(np.log(changed / sigma).dropna())
    return pd.concat(found)
