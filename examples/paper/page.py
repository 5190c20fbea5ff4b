"""Put the result tables into the docs page, ours beside the paper's.

::

    python -m examples.paper.page

The page ``docs/results/paper.md`` is written by hand but for the parts between the lines
``<!-- table NAME -->`` and ``<!-- end -->``, which this script replaces from the CSV files in
``docs/results/paper``. It draws the figures there, too. A run that is missing shows as a dash.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path

import pandas as pd

from examples.command_line import script_parser
from examples.paper import figures
from examples.paper.efficiency import FIGURE_5, draw, with_errors
from examples.paper.future_work_table import future_work_table
from examples.paper.m4_tables import m4_networks_table, m4_table, rehearsal_table, zero_shot_table
from examples.paper.models import MODELS
from examples.paper.network_tables import channels_table, efficiency_table, networks_table
from examples.paper.results import whole_text
from examples.paper.tables import (
    ablation_table,
    averages_table,
    baselines_table,
    context_table,
    cost_table,
    default_table,
    long_term_table,
)
from examples.paths import PAPER_RESULTS, RESULTS

PAGE = RESULTS / "paper.md"


def read(name: str, folder: Path = PAPER_RESULTS) -> pd.DataFrame:
    """Finished runs; an empty frame where there are none."""
    text = whole_text(folder / f"{name}.csv")
    return pd.read_csv(io.StringIO(text)) if text else pd.DataFrame()


def tables(folder: Path = PAPER_RESULTS) -> dict[str, str]:
    """All tables of the page by name."""
    of = cache(partial(read, folder=folder))
    runs = of("long_term")
    return {
        **{
            f"long_term {name}": long_term_table(runs, name, model.in_paper)
            for name, model in MODELS.items()
            if model.in_paper
        },
        "long_term default": default_table(of("default")),
        "networks": networks_table(runs),
        "efficiency": efficiency_table(with_errors(of("efficiency"), runs)),
        "channels": channels_table(of("efficiency_channels")),
        "averages": averages_table(runs),
        "baselines": baselines_table(runs, of("baselines")),
        "m4": m4_table(of("m4")),
        "m4 rehearsal": rehearsal_table(of("m4")),
        "m4 networks": m4_networks_table(of("m4")),
        "m4 zero-shot": zero_shot_table(of("m4_zero_shot")),
        "ablation": ablation_table(runs, of("ablation")),
        "future_work": future_work_table(runs, of("future_work")),
        "context_length": context_table(runs, of("context_length")),
        "context_cost": cost_table(of("context_cost")),
    }


def filled(page: str, found: Mapping[str, str]) -> str:
    """Replace the tables of a page.

    Raises
    ------
    ValueError
        If the page has a table that is not known, or lacks one.
    """
    names = re.findall(r"<!-- table (.+?) -->", page)
    if sorted(names) != sorted(found):
        raise ValueError(f"the page has the tables {sorted(names)}, not {sorted(found)}")
    return re.sub(
        r"(<!-- table (.+?) -->\n).*?(<!-- end -->)",
        lambda match: f"{match[1]}\n{found[match[2]]}\n\n{match[3]}",
        page,
        flags=re.DOTALL,
    )


def main(arguments: list[str] | None = None) -> None:
    """Fill the page and draw the figures."""
    script_parser(__doc__).parse_args(arguments)
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), tables()), encoding="utf-8")
    draw(with_errors(read("efficiency"), read("long_term")), FIGURE_5)
    figures.draw_context_length(read("long_term"), read("context_length"), read("context_cost"))


if __name__ == "__main__":
    main()
