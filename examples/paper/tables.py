"""Tables of the docs page from frames of finished runs, ours beside the paper's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import product

import numpy as np
import pandas as pd

from examples.paper import ablation, baselines
from examples.paper.context_length import CONTEXTS
from examples.paper.long_term import CONTEXT_LENGTH
from examples.paper.models import MODELS
from examples.paper.published import published
from examples.paper.results import settings_text

DATASETS = ("ETTh1", "ETTh2", "ETTm1", "ETTm2", "Exchange", "Weather")
HORIZONS = (96, 192, 336, 720)
WHOLE = "whole model"
# Settings of which a run may have less where the whole costs hours, with the words of the note.
SMALLER = {"d_model": "features", "max_epochs": "epochs"}
DASH = "–"


def own_settings(runs: pd.DataFrame, model: str) -> pd.DataFrame:
    """Runs of a model with its own settings for their data set."""
    if runs.empty:
        return runs
    runs = runs[runs["model"] == model]
    return runs[runs["settings"] == _settings(runs, model).map(settings_text)]


def _settings(runs: pd.DataFrame, model: str) -> pd.Series:
    """The model's own settings for every run, as the table of runs stores them."""
    cells = zip(runs["dataset"], runs["horizon"], strict=True)
    texts = (
        settings_text(MODELS[model].settings_at(name, int(horizon))) for name, horizon in cells
    )
    own = [json.loads(text) for text in texts]
    return pd.Series(own, index=runs.index, dtype=object)


def trained_longest(runs: pd.DataFrame, model: str) -> pd.DataFrame:
    """Runs with a model's own settings, or less of `SMALLER`: of each cell, the largest.

    A column ``shortened`` says "2 of 10 epochs" where no run had the model's own number.
    """
    if runs.empty:
        return runs.assign(shortened=pd.Series(dtype=str))
    runs = runs[runs["model"] == model]
    given = runs["settings"].map(json.loads)
    notes = [_what_is_less(g, w) for g, w in zip(given, _settings(runs, model), strict=True)]
    sizes = [tuple(g.get(name, 0) for name in SMALLER) for g in given]
    runs = runs.assign(size=sizes, shortened=notes).dropna(subset="shortened")
    largest = runs.groupby(["dataset", "context", "horizon"])["size"].transform("max")
    return runs[runs["size"] == largest]


def _what_is_less(given: dict, wanted: dict) -> str | None:
    """Say what is smaller than in a model's own settings; None if more or other things differ."""
    changed = [name for name in given | wanted if given.get(name) != wanted.get(name)]
    if any(name not in SMALLER or given[name] > wanted[name] for name in changed):
        return None
    return ", ".join(f"{given[name]} of {wanted[name]} {SMALLER[name]}" for name in changed)


def cells(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean, deviation and number of seeds of every cell."""
    if runs.empty:
        columns = ["mse", "mae", "mse_sd", "mae_sd", "seeds"]
        index = pd.MultiIndex.from_arrays([[], [], []], names=["dataset", "context", "horizon"])
        return pd.DataFrame(columns=columns, index=index, dtype=float)
    groups = runs.groupby(["dataset", "context", "horizon"])
    spread = groups[["mse", "mae"]].std().add_suffix("_sd")
    return pd.concat([groups[["mse", "mae"]].mean(), spread, groups.size().rename("seeds")], axis=1)


def number(value: float, digits: int = 3) -> str:
    """Return a number, or a dash where there is none."""
    return DASH if np.isnan(value) else f"{value:.{digits}f}"


def with_spread(mean: float, deviation: float, digits: int = 3) -> str:
    """Mean and deviation over seeds."""
    if np.isnan(mean) or np.isnan(deviation):
        return number(mean, digits)
    return f"{mean:.{digits}f} ± {deviation:.{digits}f}"


def markdown(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Build a Markdown table."""
    header = list(header)
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def ratios(found: pd.DataFrame, model: str, metric: str = "mse") -> pd.Series:
    """Ours over the paper's, for every cell of Table 7 at context 96 that was run."""
    own = {
        (dataset, horizon): found.at[(dataset, 96, horizon), metric]
        / published(7, model, dataset, metric, horizon=horizon)
        for dataset in DATASETS
        for horizon in HORIZONS
        if (dataset, 96, horizon) in found.index
    }
    return pd.Series(own, dtype=float)


def long_term_table(runs: pd.DataFrame, model: str, paper: str) -> str:
    """Table 7 for one model: every cell, ours beside the paper's."""
    runs = trained_longest(runs, model)
    found = cells(runs)
    shortened = runs.groupby(["dataset", "context", "horizon"])["shortened"].first()
    rows = []
    for dataset in DATASETS:
        for horizon in HORIZONS:
            row: list[object] = [dataset, horizon]
            key = (dataset, 96, horizon)
            for metric in ("mse", "mae"):
                theirs = published(7, paper, dataset, metric, horizon=horizon)
                ours, deviation = (
                    (found.at[key, metric], found.at[key, f"{metric}_sd"])
                    if key in found.index
                    else (np.nan, np.nan)
                )
                row += [with_spread(ours, deviation), number(theirs), number(ours / theirs)]
            seeds = int(found.at[key, "seeds"]) if key in found.index else 0
            note = shortened.get(key, "")
            rows.append([*row, f"{seeds}, {note}" if note else seeds])
    header = ["set", "T", "MSE", "paper", "ratio", "MAE", "paper", "ratio", "seeds"]
    return markdown(header, rows) + "\n\n" + ratio_summary(ratios(found, paper))


def ratio_summary(found: pd.Series) -> str:
    """One sentence on the ratios of all cells."""
    if found.empty:
        return "No run yet."
    dataset, horizon = found.idxmax()
    better, off = int((found <= 1).sum()), int(((found - 1).abs() > 0.02).sum())
    return (
        f"MSE, {len(found)} of {len(DATASETS) * len(HORIZONS)} cells: mean ratio "
        f"{found.mean():.3f}, {better} at or below the paper, worst {found.max():.3f} "
        f"({dataset}, {horizon}), {off} off by more than 2 %."
    )


def default_table(runs: pd.DataFrame) -> str:
    """`SigmaForecaster` as it comes: at the paper's context, and at the best of several.

    The context is chosen by validation loss, cell by cell; it may be the paper's.
    """
    own = own_settings(runs, "default")
    if own.empty:
        return "No run yet."
    rows = []
    for dataset, horizon in product(DATASETS, HORIZONS):
        cell = own[(own["dataset"] == dataset) & (own["horizon"] == horizon)]
        at_context = cell.groupby("context")[["mse", "mae", "valid_loss"]].mean()
        best = at_context["valid_loss"].idxmin() if len(at_context) > 1 else np.nan
        row: list[object] = [dataset, horizon]
        for metric in ("mse", "mae"):
            theirs = published(7, "Sigma", dataset, metric, horizon=horizon)
            same = at_context[metric].get(96, np.nan)
            free = at_context[metric].get(best, np.nan)
            row += map(number, (theirs, same, same / theirs, free, free / theirs))
        rows.append([*row, number(best, 0), cell["seed"].nunique()])
    header = ["default, L = 96", "ratio", "free L", "ratio"]
    return markdown(["set", "T", "MSE, paper", *header, "MAE, paper", *header, "L", "seeds"], rows)


def averages_table(runs: pd.DataFrame) -> str:
    """Tables 2 and 8: means over the four horizons, with the deviation over seeds."""
    own = own_settings(runs, "sigma")
    own = own[own["context"] == CONTEXT_LENGTH] if len(own) else own
    rows = []
    for dataset in DATASETS:
        row: list[object] = [dataset]
        mine = own[own["dataset"] == dataset] if len(own) else own
        for metric in ("mse", "mae"):
            theirs, deviation = (
                published(8, "Sigma", dataset, name, horizon="mean")
                for name in (metric, f"{metric}_sd")
            )
            row += [horizon_mean(mine, metric), with_spread(theirs, deviation)]
        rows.append(row)
    return markdown(["set", "MSE", "paper", "MAE", "paper"], rows)


def horizon_mean(runs: pd.DataFrame, metric: str) -> str:
    """Mean over the four horizons; a dash unless all are there."""
    if runs.empty:
        return DASH
    by_seed = runs.pivot_table(index="seed", columns="horizon", values=metric)
    if not set(HORIZONS) <= set(by_seed.columns):
        return DASH
    whole = by_seed[list(HORIZONS)].dropna().mean(axis=1)
    mean = by_seed[list(HORIZONS)].mean().mean()
    return with_spread(mean, whole.std() if len(whole) > 1 else np.nan)


def baselines_table(runs: pd.DataFrame, others: pd.DataFrame) -> str:
    """MSE of sktime's forecasters through the same protocol, beside Sigma."""
    if others.empty:
        return "No run yet."
    names = (baselines.NAIVE, *baselines.LINEAR)
    found = [cells(own_settings(runs, "sigma"))]
    for name in names:
        own = others[others["model"] == name]
        wanted = own["dataset"].map(lambda d, n=name: settings_text(baselines.settings(n, d)))
        found.append(cells(own[own["settings"] == wanted]))
    rows = []
    for dataset, horizon in product(DATASETS, HORIZONS):
        key = (dataset, CONTEXT_LENGTH, horizon)
        values = [frame.at[key, "mse"] if key in frame.index else np.nan for frame in found]
        paper = published(10, "DLinear", dataset, "mse", horizon=horizon)
        rows.append([dataset, horizon, *map(number, values), number(paper)])
    header = ["set", "T", "Sigma", *(name.split(":")[-1] for name in names), "DLinear, paper"]
    return markdown(header, rows)


def ablation_table(runs: pd.DataFrame, variants: pd.DataFrame) -> str:
    """Table 4: the whole model and six variants."""
    whole = own_settings(runs, "sigma")
    parts = {WHOLE: whole} | {name: variant_runs(variants, name) for name in ablation.VARIANTS}
    cell = {
        "dataset": ablation.DATASET,
        "context": CONTEXT_LENGTH,
        "horizon": ablation.HORIZON,
    }
    rows = []
    for name, part in parts.items():
        if len(part):
            part = part[(part[list(cell)] == pd.Series(cell)).all(axis=1)]
        row: list[object] = [name]
        for metric in ("mse", "mae"):
            theirs = published(4, name, ablation.DATASET, metric, horizon=ablation.HORIZON)
            values = part[metric] if len(part) else pd.Series(dtype=float)
            row += [with_spread(values.mean(), values.std()), number(theirs)]
            row += [number(values.mean() / theirs)] if metric == "mse" else []
        rows.append([*row, len(part)])
    return markdown(["model", "MSE", "paper", "ratio", "MAE", "paper", "seeds"], rows)


def variant_runs(runs: pd.DataFrame, name: str) -> pd.DataFrame:
    """Runs of a variant with the paper's settings."""
    if runs.empty:
        return runs
    changes = ablation.VARIANTS[name]
    wanted = settings_text(MODELS["sigma"].settings(ablation.DATASET) | changes)
    return runs[(runs["model"] == name) & (runs["settings"] == wanted)]


def context_table(runs: pd.DataFrame, contexts: pd.DataFrame) -> str:
    """Table 13, ETTh1: MSE over contexts, ours and the paper's."""
    found = cells(own_settings(pd.concat([runs, contexts]), "sigma"))
    rows = []
    for context in CONTEXTS:
        row: list[object] = [context]
        for horizon in HORIZONS:
            key = ("ETTh1", context, horizon)
            ours = found.at[key, "mse"] if key in found.index else np.nan
            theirs = published(13, "Sigma", "ETTh1", "mse", context=context, horizon=horizon)
            row += [number(ours), number(theirs)]
        rows.append(row)
    header = [text for horizon in HORIZONS for text in (f"T = {horizon}", "paper")]
    return markdown(["L", *header], rows)


def cost_table(costs: pd.DataFrame) -> str:
    """Figure 7b: milliseconds and megabytes of a training step."""
    if costs.empty:
        return "Not measured yet."
    rows = [[r.context, r.horizon, f"{r.ms:.1f}", f"{r.megabytes:.1f}"] for r in costs.itertuples()]
    return markdown(["L", "T", "ms", "MB"], rows)
