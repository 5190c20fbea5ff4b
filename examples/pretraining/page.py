"""Tables of `docs/pretrained.md`, from the csv files that the other scripts wrote.

``python -m examples.pretraining.page`` puts them between the page's markers.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from examples.paths import RESULTS, ROOT

PAGE = ROOT / "docs" / "pretrained.md"
METHODS = {
    "seasonal naive": "seasonal naive",
    "damped line": "damped line",
    "AutoETS": "AutoETS",
    "AutoTheta": "AutoTheta",
    "network": "packed",
    "with shares": "packed, shares",
}

BEYOND = {
    "seasonal_naive": "seasonal naive",
    "theta": "Theta line",
    "damped": "damped line",
    "AutoETS": "AutoETS",
    "AutoTheta": "AutoTheta",
    "net": "network",
    "local": "local fit",
    "no local fit": "with shares",
    "packed": "default",
}


def choices_table(tried: pd.DataFrame) -> str:
    """Errors on the choice series by frequency; the smallest of each line is bold."""
    head = ["M4", *METHODS, "network, all choice series", "blind", "90 % interval holds"]
    lines = []
    for name, rows in tried.groupby("frequency", sort=False):
        rows = rows.set_index("candidate")
        some = [rows["mase_some"].get(candidate) for candidate in METHODS.values()]
        least = min(round(value, 2) for value in some if value is not None)
        cells = [
            "–" if v is None else f"**{v:.2f}**" if round(v, 2) == least else f"{v:.2f}"
            for v in some
        ]
        blind = rows.loc[rows.index.str.endswith("-blind"), "mase"]
        cells.append(f"{rows.loc['packed', 'mase']:.3f}")
        cells.append(f"{blind.iloc[0]:.3f}" if len(blind) else "–")
        cells.append(f"{rows.loc['packed', 'coverage_90']:.1%}")
        lines.append([str(name), *cells])
    return _markdown(head, lines)


def elsewhere_table(found: pd.DataFrame) -> str:
    """Errors on other public sets; the smallest of each line is bold."""
    methods = [name for name in found.columns if name not in ("set", "season", "coverage_90")]
    head = ["set", *(m.replace("_", " ") for m in methods), "90 % interval holds"]
    lines = []
    for _, row in found.iterrows():
        least = min(round(row[m], 3) for m in methods)
        cells = [
            f"**{row[m]:.3f}**" if round(row[m], 3) == least else f"{row[m]:.3f}" for m in methods
        ]
        lines.append([row["set"], *cells, f"{row['coverage_90']:.1%}"])
    return _markdown(head, lines)


def fine_tuned_table(found: pd.DataFrame) -> str:
    """Errors of one fit for many series, its trained weights as they came and fine-tuned."""
    head = ["data", "series", "values", "held-out loss", "as they came", "auto"]
    lines = [
        [
            row["data"],
            f"{row['n_series']:,}",
            f"{row['n_values']:,}",
            f"{row['held_out_loss']:.3f}",
            *(f"{row[fit]:.3f}" for fit in head[4:]),
            *(f"{row[f'seconds, {fit}']:.1f}" for fit in head[4:]),
        ]
        for _, row in found.iterrows()
    ]
    return _markdown([*head, "CPU s, as they came", "CPU s, auto"], lines)


def beyond_table(found: pd.DataFrame) -> str:
    """Geometric mean errors over the R datasets of a season; the smallest is bold."""
    found = found[found["corpus"] != "M4"].assign(sets=1)
    names = {1: "yearly", 4: "quarterly", 12: "monthly", 7: "daily", 5: "working days"}
    names |= {52: "weekly", 48: "half-hourly"}
    sums = found.groupby("season")[["sets", "n_cuts"]].sum()
    means = np.exp(np.log(found[list(BEYOND)]).groupby(found["season"]).mean())
    means = means.where(found.groupby("season")[list(BEYOND)].count().eq(sums["sets"], axis=0))
    lines = []
    for season, name in names.items():
        row = means.loc[season].round(2)
        cells = [
            "–" if pd.isna(v) else f"**{v:.2f}**" if v == row.min() else f"{v:.2f}" for v in row
        ]
        lines.append([name, *(f"{n}" for n in sums.loc[season]), *cells])
    return _markdown(["season", "sets", "forecasts", *BEYOND.values()], lines)


def variants_table(tried: pd.DataFrame) -> str:
    """What variants gain or lose over all, in per cent, with standard errors."""
    lines = []
    for _, row in tried[tried["group"] == "all"].iterrows():
        cells = [f"{row[c]:+.1%} ± {row[f'{c}, error']:.1%}" for c in ("M4", "choice")]
        lines.append([row["variant"], *cells])
    return _markdown(["variant", "M4, choice series", "R datasets, choice half"], lines)


def page(text: str, results: Path) -> str:
    """The page with its tables made anew."""
    tables = {
        "choices": choices_table(pd.read_csv(results / "tried.csv")),
        "elsewhere": elsewhere_table(pd.read_csv(results / "elsewhere.csv")),
        "beyond": beyond_table(pd.read_csv(results / "beyond.csv")),
        "beyond-tried": variants_table(pd.read_csv(results / "beyond_tried.csv")),
        "fine-tuned": fine_tuned_table(pd.read_csv(results / "fine_tuned.csv")),
    }
    for name, table in tables.items():
        pattern = rf"(<!-- {name} -->\n).*?(\n<!-- end -->)"
        text, n = re.subn(pattern, lambda m, t=table: m[1] + t + m[2], text, flags=re.DOTALL)
        if n != 1:
            raise ValueError(f"the page has {n} places for the table {name!r}")
    return text


def _markdown(head: list[str], lines: list[list[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    PAGE.write_text(page(PAGE.read_text("utf-8"), RESULTS / "pretraining"), encoding="utf-8")


if __name__ == "__main__":
    main()
