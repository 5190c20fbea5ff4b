"""Tables and picture of the pages on intervals, missing values, scaling, tuning and steps.

``python -m examples.benchmarks.pages`` puts the tables between the pages' markers and draws
`intervals.svg`: the share of values inside intervals, by the share that should be, for every set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import gmean

from examples.paper.tables import DASH, markdown
from examples.paths import RESULTS, ROOT

FOLDER = RESULTS / "benchmarks"
SCORES = {"coverage_80": "{:.0f}", "coverage_95": "{:.0f}", "pinball": "{:.2f}"}
SCORES |= {"scaled_score": "{:.1f}"}
TITLES = ("80 %", "95 %", "pinball", "scaled score")
DRAWN = {
    "alone": "alone",
    "together": "together",
    "conformal": "one fit, many cut-offs",
    "AutoETS": "AutoETS",
}
FEWEST = 4  # series of a panel of the picture


def whole_table(table: pd.DataFrame) -> str:
    """Scores of every method over the whole horizon."""
    rows = table[table["steps"] == "all"]
    lines = [
        [row["data"], row["method"], row["series"], *(f.format(row[s]) for s, f in SCORES.items())]
        for _, row in rows.iterrows()
    ]
    return markdown(["data", "method", "series", *TITLES], lines)


def steps_table(table: pd.DataFrame) -> str:
    """Scores of the default by thirds of the horizon."""
    table = table[table["method"].isin(["alone", "together", "conformal"])]
    lines = []
    for (data, method), rows in table.groupby(["data", "method"], sort=False):
        thirds = rows[rows["steps"] != "all"]
        cells = [" / ".join(map(f.format, thirds[score])) for score, f in SCORES.items()]
        lines.append([data, method, *cells])
    return markdown(["data", "method", *TITLES], lines)


def missing_table(table: pd.DataFrame) -> str:
    """What missing values cost."""
    ratios = ("median_ratio", "ours_ratio", "imputed_ratio", "in_time_ratio")
    lines = [
        [
            f"{row['n_series']} {row['series']}",
            row["missing"],
            f"{row['share']:.0%}",
            *(f"{row[ratio]:.2f}".replace("nan", DASH) for ratio in ratios),
            row["late"],
        ]
        for _, row in table.iterrows()
    ]
    titles = ["median ratio", "ratio of means", "imputed", "last value there", "late"]
    return markdown(["series", "missing", "share", *titles], lines)


def parquet_table(table: pd.DataFrame) -> str:
    """Time and memory of training on files, and from memory."""
    lines = [
        [
            f"{row['GB']:g}",
            f"{row['series']:,}",
            f"{row['file MB']:,.0f}",
            row["from"],
            f"{row['fit CPU s']:.0f}",
            f"{row['peak MB']:,.0f}",
        ]
        for _, row in table.iterrows()
    ]
    return markdown(["values, GB", "series", "file MB", "from", "fit CPU s", "peak MB"], lines)


def m5_table(table: pd.DataFrame) -> str:
    """Time and memory of a fit, a forecast and a backtest of daily sales."""
    seconds = ("fit s", "predict s", "backtest s")
    memory = ("with data MB", "fitted MB", "peak MB")
    lines = [
        [
            f"{row['series']:,.0f}",
            f"{row['points']:,.0f}",
            *(f"{row[name]:,.0f}" for name in (*seconds, *memory)),
        ]
        for _, row in table.iterrows()
    ]
    titles = ["data MB", "fit and predict MB", "backtest MB"]
    return markdown(["series", "points", *seconds, *titles], lines)


def processes_table(table: pd.DataFrame) -> str:
    """Seconds and memory of a fit by one process and by several."""
    lines = [
        [
            f"{row['batch']:,.0f}",
            f"{row['processes']:.0f}",
            f"{row['fit s']:.0f}",
            f"{row['epoch s']:.1f}",
            f"{row['train loss']:.4f}",
            f"{row['memory MB']:,.0f}",
        ]
        for _, row in table.iterrows()
    ]
    titles = ["batch", "processes", "fit s", "s an epoch", "training loss", "MB of a process"]
    return markdown(titles, lines)


def steps_of_networks(table: pd.DataFrame) -> str:
    """Time and memory of a training step beside the plain form's."""
    lines = [
        [
            row["model"],
            row["options"].replace("_", " "),
            row["T"],
            *(f"{row[name]:,.0f}" for name in ("plain ms", "fast ms")),
            f"{row['faster']:.2f}",
            *(f"{row[name]:,.0f}" for name in ("plain MB", "fast MB")),
        ]
        for _, row in table.iterrows()
    ]
    titles = ["plain ms", "ours ms", "faster", "plain MB", "ours MB"]
    return markdown(["network", "sizes", "T", *titles], lines)


def search_table(table: pd.DataFrame) -> str:
    """Errors of every column, then its seconds; the last row has ratios to the first column."""
    methods = [name.removesuffix(" s") for name in table if name.endswith(" s")]
    lines = [
        [
            row["series"],
            *(f"{row[name]:.3f}" for name in methods),
            *(f"{row[f'{name} s']:.1f}" for name in methods),
        ]
        for _, row in table.iterrows()
    ]
    ratios = (gmean(table[name] / table[methods[0]]) for name in methods)
    lines.append(["ratio", *(f"{ratio:.2f}" for ratio in ratios), *([""] * len(methods))])
    return markdown(["series", *methods, *(f"s, {name}" for name in methods)], lines)


def page(text: str, tables: Mapping[str, str]) -> str:
    """A page with its tables made anew."""
    for name, table in tables.items():
        pattern = rf"(<!-- {name} -->\n).*?(\n<!-- end -->)"
        text, n = re.subn(pattern, lambda m, t=table: m[1] + t + m[2], text, flags=re.DOTALL)
        if n != 1:
            raise ValueError(f"the page has {n} places for the table {name!r}")
    return text


def pages() -> Iterable[tuple[Path, dict[str, str]]]:
    """Every page and its tables by name."""
    intervals = pd.read_csv(FOLDER / "intervals.csv")
    tables = {"whole": whole_table(intervals), "steps": steps_table(intervals)}
    yield ROOT / "docs" / "intervals.md", tables
    missing = missing_table(pd.read_csv(FOLDER / "missing.csv"))
    yield ROOT / "docs" / "missing.md", {"missing": missing}
    makers = {"m5_size": m5_table, "processes": processes_table, "parquet": parquet_table}
    large = {name: make(pd.read_csv(FOLDER / f"{name}.csv")) for name, make in makers.items()}
    yield ROOT / "docs" / "scaling.md", large
    parts = ("spaces", "fresh", "halving")
    searches = {part: search_table(pd.read_csv(FOLDER / f"search_{part}.csv")) for part in parts}
    yield ROOT / "docs" / "tuning.md", searches
    steps = steps_of_networks(pd.read_csv(FOLDER / "training_step_networks.csv"))
    yield RESULTS / "index.md", {"steps of networks": steps}


def picture(table: pd.DataFrame) -> Figure:
    """Reliability of intervals: observed by nominal coverage, a panel for every set."""
    drawn = table[(table["steps"] == "all") & table["method"].isin(DRAWN)]
    drawn = drawn[drawn["series"] >= FEWEST]
    columns = [name for name in table.columns if name.startswith("coverage_")]
    nominal = [int(name.removeprefix("coverage_")) for name in columns]
    names = list(dict.fromkeys(drawn["data"]))
    figure = Figure(figsize=(9, 2.1 * -(-len(names) // 4)), layout="constrained")
    grid = figure.subplots(-(-len(names) // 4), 4, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(names) :]:
        axes.set_axis_off()
    for axes, name in zip(grid.flat, names, strict=False):
        axes.plot([0, 100], [0, 100], color="gray", lw=0.8)
        for _, row in drawn[drawn["data"] == name].iterrows():
            place = list(DRAWN).index(row["method"])
            label = DRAWN[row["method"]]
            axes.plot(nominal, row[columns], "o-", ms=3, lw=1, color=f"C{place}", label=label)
        axes.set_title(name, fontsize=9)
    lines = {
        label: line
        for axes in grid.flat
        for line, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(lines.values(), lines.keys(), loc="outside upper center", ncols=4, fontsize=8)
    figure.supxlabel("nominal coverage, %", fontsize=9)
    figure.supylabel("observed, %", fontsize=9)
    return figure


def main() -> None:
    """Write the pages and the picture."""
    for path, tables in pages():
        path.write_text(page(path.read_text("utf-8"), tables), encoding="utf-8")
    figure = picture(pd.read_csv(FOLDER / "intervals.csv"))
    figure.savefig(FOLDER / "intervals.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
