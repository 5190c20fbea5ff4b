"""Table of the home page, from the tables of the results.

::

    python -m examples.glance

writes it anew.
"""

from __future__ import annotations

import re

import pandas as pd

from examples.paths import RESULTS, ROOT

PAGE = ROOT / "docs" / "index.md"
OTHERS = ["seasonal naive", "AutoETS", "AutoTheta"]
PLACE = re.compile(r"(<!-- glance -->\n).*?(<!-- end -->)", re.DOTALL)


def glance() -> str:
    """Mean errors of ours beside those of others, the best in bold."""
    shipped = pd.read_csv(RESULTS / "sktime_series.csv")
    panels = pd.read_csv(RESULTS / "benchmarks" / "global_fit.csv")
    # A series that seasonal naive forecasts without error has no ratio; the results say which.
    counted = shipped[shipped["ratio"].notna()]
    rows = {f"sktime's own, {len(counted)} series": counted[[*OTHERS, "SigmaForecaster"]].mean()}
    for _, row in panels.iterrows():
        name = f"M4 {row['frequency']}, {row['n_series']} series"
        rows[name] = row[[*OTHERS, "one at a time"]].astype(float)
    lines = [f"| data | {' | '.join(OTHERS)} | SigmaForecaster |", "| --- |" + " --- |" * 4]
    for name, errors in rows.items():
        cells = [f"**{e:.3f}**" if e == errors.min() else f"{e:.3f}" for e in errors]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def filled(text: str) -> str:
    """The page with the table of today."""
    return PLACE.sub(lambda found: found[1] + glance() + found[2], text)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
