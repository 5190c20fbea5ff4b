"""Tables of `docs/pretrained.md`, from the csv files that the other scripts wrote.

``python -m examples.pretraining.page`` puts them between the page's markers.
"""

from __future__ import annotations

import re
from pathlib import Path

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


def page(text: str, results: Path) -> str:
    """The page with its tables made anew."""
    tables = {
        "choices": choices_table(pd.read_csv(results / "tried.csv")),
        "elsewhere": elsewhere_table(pd.read_csv(results / "elsewhere.csv")),
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
