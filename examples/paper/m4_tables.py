"""Tables of the docs page on M4, ours beside the paper's."""

from __future__ import annotations

import pandas as pd

from examples.paper.m4 import AVERAGED, group_errors, row_errors
from examples.paper.m4_data import FREQUENCIES, GROUPS, owa
from examples.paper.m4_recipes import OF_SIGMA, OTHER_NETWORKS, RECIPES
from examples.paper.m4_zero_shot import WEIGHTS
from examples.paper.published import published
from examples.paper.results import settings_text
from examples.paper.tables import markdown, number, with_spread

CHOSEN = "best in rehearsal"
ERRORS = ("sMAPE", "MASE", "OWA")


def m4_table(runs: pd.DataFrame) -> str:
    """Table 3: every recipe in the groups of the paper, deviations over seeds."""
    runs = of_sigma(own_recipes(runs))
    if runs.empty:
        return "No run yet."
    rows = []
    runs = pd.concat([runs[runs["choose"] != "rehearsal"], chosen_runs(runs)])
    for (recipe, choose), part in runs.groupby(["recipe", "choose"], sort=False):
        if recipe.endswith(AVERAGED):
            # Groups need all of their frequencies over the same seeds.
            n_seeds = n_averaged(part)
            part, recipe = part[n_seeds == n_seeds.max()], f"{recipe} over {n_seeds.max()} seeds"
        for group in GROUPS:
            seeds = (own.to_dict("records") for _, own in part.groupby("seed"))
            scores = pd.DataFrame([s for own in seeds if (s := group_errors(own, group))])
            if scores.empty:
                continue
            row: list[object] = [group, recipe, choose]
            for name in ("smape", "mase", "owa"):
                theirs = published(9, "Sigma", group, name, context="")
                row += [with_spread(scores[name].mean(), scores[name].std()), number(theirs)]
            ratio, pooled = scores["owa"].mean() / theirs, scores["owa_pooled"].mean()
            rows.append([*row, number(ratio), number(pooled), len(scores)])
    rows.sort(key=lambda row: list(GROUPS).index(row[0]))
    header = ["group", "recipe", "epoch chosen on", "sMAPE", "paper", "MASE", "paper", "OWA"]
    return markdown([*header, "paper", "ratio", "OWA, pooled", "runs"], rows)


def m4_networks_table(runs: pd.DataFrame) -> str:
    """Table 11: other networks beside Sigma in the paper's protocol, frequencies with runs."""
    runs = own_recipes(runs)
    if runs.empty:
        return "No run yet."
    runs = runs[(runs["choose"] == "train") & runs["recipe"].isin(["paper", *OTHER_NETWORKS])]
    rows = []
    for name, own in runs.groupby("frequency", sort=False):
        if not own["recipe"].isin(OTHER_NETWORKS).any():
            continue
        for recipe, part in own.groupby("recipe", sort=False):
            scores = [owa(*row_errors(row)) for row in part.to_dict("records")]
            means = (part["smape"].mean(), part["mase"].mean(), sum(scores) / len(scores))
            network = "sigma" if recipe == "paper" else recipe
            seconds = f"{part['seconds'].astype(float).mean():.0f}"
            rows.append([name, network, *map(number, means), seconds, len(part)])
    rows.sort(key=lambda row: list(FREQUENCIES).index(row[0]))
    return markdown(["frequency", "network", *ERRORS, "fit s", "seeds"], rows)


def zero_shot_table(rows: pd.DataFrame) -> str:
    """Forecasts without any fit, by frequency and whole; OWA is the competition's."""
    if rows.empty:
        return "No run yet."
    lines: list[list[object]] = []
    for name, own in rows.groupby("frequency", sort=False):
        line: list[object] = [name, int(own["n_series"].iloc[0])]
        for weights in WEIGHTS:
            for found in own[own["weights"] == weights].to_dict("records"):
                line += [number(found["smape"]), number(found["mase"])]
                line.append(number(owa(*row_errors(found))))
        lines.append(line)
    return markdown(["group", "series", *(f"{e}, {w}" for w in WEIGHTS for e in ERRORS)], lines)


def own_recipes(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs with the settings that their recipe has now; of averages, those over the most seeds."""
    if runs.empty:
        return runs
    pairs = zip(runs["recipe"].str.removesuffix(AVERAGED), runs["frequency"], strict=True)
    runs = runs[runs["settings"] == [settings_text(RECIPES[r](name)) for r, name in pairs]]
    n_seeds = n_averaged(runs)
    most = n_seeds.groupby([runs["recipe"], runs["frequency"], runs["choose"]]).transform("max")
    return runs[n_seeds == most]


def of_sigma(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs of Sigma's recipes, averages included."""
    if runs.empty:
        return runs
    return runs[runs["recipe"].str.removesuffix(AVERAGED).isin(OF_SIGMA)]


def n_averaged(runs: pd.DataFrame) -> pd.Series:
    """Seeds of every average; 1 for a single run."""
    return runs["seed"].astype(str).str.count(r"\+") + 1


def owa_by_frequency(runs: pd.DataFrame, choose: str) -> pd.DataFrame:
    """Mean OWA over seeds, frequencies by recipes."""
    own = runs[runs["choose"] == choose] if len(runs) else runs
    if own.empty:
        return pd.DataFrame()
    scores = [owa(*row_errors(row)) for row in own.to_dict("records")]
    table = own.assign(owa=scores)
    return table.pivot_table(index="frequency", columns="recipe", values="owa", sort=False)


def chosen_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs of the recipe that did best in rehearsal, frequency by frequency, and averages."""
    rehearsal = owa_by_frequency(runs, "rehearsal")
    if rehearsal.empty:
        return rehearsal
    best = runs["frequency"].map(rehearsal.idxmin(axis=1))
    trained = runs["choose"] == "train"
    return pd.concat(
        runs[trained & (runs["recipe"] == best + kind)].assign(recipe=CHOSEN + kind)
        for kind in ("", AVERAGED)
    )


def rehearsal_table(runs: pd.DataFrame) -> str:
    """OWA of every recipe by frequency: in rehearsal, where it is chosen, and on the test set."""
    runs = of_sigma(own_recipes(runs))
    rehearsal, test = (owa_by_frequency(runs, choose) for choose in ("rehearsal", "train"))
    recipes = [*dict.fromkeys([*rehearsal.columns, *test.columns])]
    if not recipes:
        return "No run yet."

    def cell(table: pd.DataFrame, name: str, recipe: str) -> str:
        known = name in table.index and recipe in table.columns
        return number(table.at[name, recipe] if known else float("nan"))

    rows = [
        [name, *(f"{cell(rehearsal, name, r)} / {cell(test, name, r)}" for r in recipes)]
        for name in FREQUENCIES
    ]
    return markdown(["frequency", *recipes], rows)
