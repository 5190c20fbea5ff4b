"""Sigma's future work as a table: each change beside Sigma, over the seeds that both have."""

from __future__ import annotations

from collections.abc import Iterator

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
    return markdown(header, rows) + "\n\n" + "\n".join(_summaries(found))


def _cell(runs: pd.DataFrame, dataset: str, horizon: int) -> Iterator[tuple]:
    """Set, horizon, model, errors and seeds of Sigma and of each change of it."""
    wanted = (dataset, CONTEXT_LENGTH, horizon, settings_text(sigma_settings(dataset)))
    keys = ["dataset", "context", "horizon", "settings"]
    runs = runs[(runs[keys] == pd.Series(wanted, keys)).all(axis=1)]
    sigma = _by_seed(runs, "sigma")
    yield dataset, horizon, "Sigma", _compared(sigma, sigma[:0]), len(sigma)
    for name in VARIANTS:
        changed = _by_seed(runs, name)
        yield dataset, horizon, name, _compared(changed, sigma), len(changed)


def _by_seed(runs: pd.DataFrame, model: str) -> pd.DataFrame:
    return runs[runs["model"] == model].set_index("seed")[list(METRICS)].astype(float)


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


def _summaries(found: list[tuple]) -> Iterator[str]:
    """In how many cells each change is ahead of Sigma or behind it by more than the deviation."""
    for name in VARIANTS:
        errors = pd.concat([cell for *_, model, cell, _ in found if model == name])
        known = errors.loc["mse", "difference"].dropna()
        yield (
            f"- {name}: MSE lower than Sigma's by more than the deviation in {(known < -1).sum()} "
            f"of {len(known)} cells, higher in {(known > 1).sum()}."
        )
